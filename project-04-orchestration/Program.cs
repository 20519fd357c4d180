using Orchestrator;

var app = new CommandLine("Orchestration: a small, durable scheduler with Airflow's semantics.");
CommonVerbs.Add(app, _ => new Checklist().Items(), CrashLab.Plan, Checklist.Steps);
return await app.Run(args);
