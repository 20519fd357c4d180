using KafkaIngest;

SQLitePCL.Batteries_V2.Init();
SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MULTITHREAD);      // each connection has one thread at a time: no lock a call
var app = new CommandLine("Streaming ingestion: events from producers through Kafka into durable storage (SQLite and Parquet).");
Verbs.Add(app);
ViewVerbs.Add(app);
BenchVerb.Add(app);
CommonVerbs.Add(app, stop => new Checklist { Stop = stop }.Items(), CrashLab.Plan, Checklist.Steps);
return await app.Run(args);
