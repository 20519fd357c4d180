namespace Orchestrator;

/// <summary>The functions at the head of a DAG file, in Python. A file has only those that it calls.</summary>
static partial class DagFile
{
    // BashOperator keeps the last line of the output, and ours is JSON. append_env: else the app would lose PATH, HOME and DOTNET_ROOT.
    const string App = """"
        def app(task_id, *sources):
            """What a BashOperator needs to run a task of the app. What the sources returned goes through
            the environment, for no shell may read it. Exit code 99 makes the task skipped."""
            env = {
                "INTERVAL": "{{ data_interval_start.isoformat() }}/{{ data_interval_end.isoformat() }}",
                "TRY_NUMBER": "{{ ti.try_number }}",
            }
            command = f'{COMMAND} {task_id} {FOLDERS} --interval "$INTERVAL" --try-number "$TRY_NUMBER"'
            for number, source in enumerate(sources):
                env[f"XCOM_{number}"] = f"{source}={{{{ ti.xcom_pull(task_ids='{source}') | tojson }}}}"
                command += f' --xcom "$XCOM_{number}"'
            return {
                "bash_command": command,
                "env": env,
                "append_env": True,
                "skip_on_exit_code": 99,
                "output_processor": json.loads,
            }
        """";

    // BashSensor can't add to the environment, it can only replace it: hence the values in the command.
    const string Look = """"
        def look(task_id, *sources):
            """What a BashSensor needs to look once whether something is there: exit code 75 is "not yet".
            Jinja's tojson writes ' as \\u0027, so that no value can end the quotes around it."""
            command = f"{COMMAND} {task_id} {FOLDERS} --try-number {{{{ ti.try_number }}}}"
            command += " --interval {{ data_interval_start.isoformat() }}/{{ data_interval_end.isoformat() }}"
            for source in sources:
                command += f" --xcom '{source}={{{{ ti.xcom_pull(task_ids=\"{source}\") | tojson }}}}'"
            return {"bash_command": command, "retry_exit_code": 75}
        """";

    const string Run = """"
        def run(context, task_id, *sources):
            """Runs a task of the app that decides something; its last line is the decision."""
            command = f'{COMMAND} {task_id} {FOLDERS} "$@"'
            interval = f"{context['data_interval_start'].isoformat()}/{context['data_interval_end'].isoformat()}"
            arguments = ["--interval", interval, "--try-number", str(context["ti"].try_number)]
            for source in sources:
                arguments += ["--xcom", f"{source}={json.dumps(context['ti'].xcom_pull(task_ids=source))}"]
            done = subprocess.run(["bash", "-c", command, "bash", *arguments], stdout=subprocess.PIPE, text=True)
            if done.returncode == 99:
                raise AirflowSkipException("there was nothing to do")
            if done.returncode == 100:
                raise AirflowFailException("the app says that trying again would not help")
            done.check_returncode()
            decision = json.loads(done.stdout.splitlines()[-1])
            # Airflow itself drops what a task returns that skips others.
            context["ti"].xcom_push(key="return_value", value=decision)
            return decision
        """";

    // BashOperator fails alike for all exit codes but 99. Its message is all that a retry policy gets to see.
    const string NoRetry = """"
        class NoRetryWhenFailedForGood(RetryPolicy):
            """Exit code 100 of the app: trying again would not help."""

            def evaluate(self, exception, try_number, max_tries, context=None):
                if str(exception).endswith("non-zero exit code 100."):
                    return RetryDecision.fail("the app says that trying again would not help")
                return RetryDecision.default()
        """";

    const string DeadlineMissed = """"
        def deadline_missed(context):
            """Goes to the log of the callback. A message to somebody is to be sent from here."""
            print(f"missed its deadline: {context['dag_run']['dag_id']} {context['dag_run']['dag_run_id']}")
        """";
}
