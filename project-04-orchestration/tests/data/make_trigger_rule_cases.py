"""Asks a real Airflow what its trigger rules say, and writes airflow-trigger-rules.csv beside this file.

    PYTHON_OF_AIRFLOW_3.3 make_trigger_rule_cases.py

A case is a rule and the states of one, two or three upstream tasks ("none" has not ended). The answer is what Airflow's own
TriggerRuleDep does with a task in that place: wait, run, skip, or upstream_failed.
"""
import csv
import itertools
import pathlib
from types import SimpleNamespace

from airflow.ti_deps.deps.trigger_rule_dep import TriggerRuleDep

RULES = ["all_success", "all_failed", "all_done", "all_done_min_one_success", "all_skipped", "one_success", "one_failed",
         "one_done", "none_failed", "none_failed_min_one_success", "none_skipped", "always"]
STATES = ["none", "success", "failed", "skipped", "upstream_failed", "removed"]


class Task(SimpleNamespace):
    """As much of an operator as the rule looks at: no setup, nothing mapped, in no group."""
    is_setup = is_teardown = False
    task_group = None

    def get_needs_expansion(self):
        return False

    def get_closest_mapped_task_group(self):
        return None


def ask(rule, states):
    upstream = [Task(task_id=f"u{i}") for i in range(len(states))]
    finished = [SimpleNamespace(task_id=t.task_id, state=s, task=t, map_index=-1) for t, s in zip(upstream, states) if s != "none"]
    task = Task(task_id="t", trigger_rule=rule, upstream_task_ids={t.task_id for t in upstream}, upstream_list=upstream,
                get_upstreams_only_setups=lambda: [])
    ended = []
    instance = SimpleNamespace(task=task, map_index=-1, get_dagrun=lambda session: None,
                               set_state=lambda state, session: ended.append(str(state.value)) or True)
    context = SimpleNamespace(flag_upstream_failed=True, wait_for_past_depends_before_skipping=False, have_changed_ti_states=False,
                              ensure_finished_tis=lambda run, session: finished)
    holds = all(status.passed for status in TriggerRuleDep()._get_dep_statuses(instance, context, session=None))
    if ended:
        return {"skipped": "skip"}.get(ended[-1], ended[-1])
    return "run" if holds else "wait"


with open(pathlib.Path(__file__).parent / "airflow-trigger-rules.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["trigger_rule", "upstream_states", "verdict"])
    for rule in RULES:
        for count in (1, 2, 3):
            for states in itertools.combinations_with_replacement(STATES, count):
                out.writerow([rule, " ".join(states), ask(rule, states)])
