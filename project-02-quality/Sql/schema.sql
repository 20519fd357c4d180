-- The account of the runs. It stays, whatever the gate says. The layers (raw_T, checked_T, clean_T, curated_T for each table T,
-- and quarantine and duplicates) are swapped as a whole when a run is published.

-- One row: one run, that is one drop taken in, or one replay. Times are UTC, ISO 8601.
CREATE TABLE IF NOT EXISTS quality_runs (
  run_id       INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL,              -- drop, replay
  drop_name    TEXT,                       -- NULL for a replay
  as_of        TEXT,                       -- what freshness is measured from; NULL where nobody said
  started_utc  TEXT NOT NULL,
  status       TEXT NOT NULL,              -- running, published, held (by the gate), failed
  rules_sha256 TEXT NOT NULL,              -- of all rules files together
  reasons      TEXT,                       -- JSON: why it was held or has failed, ["…", …]
  raw          INTEGER NOT NULL DEFAULT 0, -- rows of the layers that this run built, all drops: raw = clean + quarantined + duplicates
  clean        INTEGER NOT NULL DEFAULT 0,
  quarantined  INTEGER NOT NULL DEFAULT 0,
  duplicates   INTEGER NOT NULL DEFAULT 0
);

-- One row: one rule in one run, measured on the rows of the run's drop (of all drops in a replay).
CREATE TABLE IF NOT EXISTS quality_results (
  run_id     INTEGER NOT NULL REFERENCES quality_runs,
  table_name TEXT NOT NULL,
  rule       TEXT NOT NULL,
  "check"    TEXT NOT NULL,                -- not_null, range, … and structure, type (which every table has)
  severity   TEXT NOT NULL,                -- warn, error
  rows       INTEGER NOT NULL,             -- judged: no copies, and unreadable ones in structure alone
  broken     INTEGER NOT NULL,
  pass_rate  REAL NOT NULL,                -- 0 to 1; 1 without rows. A rule about the whole table: 1 or 0
  required   REAL NOT NULL,                -- the share that must pass, 0 to 1
  measured   REAL,                         -- of a rule about the whole table: its figure, in the column's unit
  expected   TEXT NOT NULL,                -- the rule in words or SQL
  status     TEXT NOT NULL,                -- severity error: pass: no row broke it; warn: some did, and enough passed; fail: too few passed,
                                           -- and the gate holds. severity warn: pass: enough passed; warn: too few did
  sql        TEXT,                         -- lists the rows that broke it
  examples   TEXT NOT NULL,                -- JSON: up to five of {"file","row","column","found"}
  PRIMARY KEY (run_id, table_name, rule)
) WITHOUT ROWID;

-- One row: one table and drop in the layers that a run built.
CREATE TABLE IF NOT EXISTS quality_counts (
  run_id      INTEGER NOT NULL REFERENCES quality_runs,
  table_name  TEXT NOT NULL,
  drop_name   TEXT NOT NULL,
  raw         INTEGER NOT NULL,
  clean       INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  duplicates  INTEGER NOT NULL,
  PRIMARY KEY (run_id, table_name, drop_name)
) WITHOUT ROWID;

-- One row: one difference between a file's header or values and the rules.
CREATE TABLE IF NOT EXISTS schema_drift (
  run_id      INTEGER NOT NULL REFERENCES quality_runs,
  table_name  TEXT NOT NULL,
  file        TEXT NOT NULL,
  change      TEXT NOT NULL,               -- added, missing, reordered, retyped
  column_name TEXT NOT NULL,
  policy      TEXT NOT NULL,               -- ignore, fail, evolve
  detail      TEXT NOT NULL
);

-- One row: one drop that is in the layers. Its content is known by its hash.
CREATE TABLE IF NOT EXISTS drops (
  drop_name TEXT PRIMARY KEY,
  drop_no   INTEGER NOT NULL UNIQUE,       -- order of arrival: the latest drop wins
  sha256    TEXT NOT NULL,
  run_id    INTEGER NOT NULL REFERENCES quality_runs
) WITHOUT ROWID;

-- One row: one column that a drop has added, or whose type it has widened. It holds for later runs.
CREATE TABLE IF NOT EXISTS evolved_columns (
  table_name  TEXT NOT NULL,
  column_name TEXT NOT NULL,
  type        TEXT NOT NULL,
  run_id      INTEGER NOT NULL REFERENCES quality_runs,
  PRIMARY KEY (table_name, column_name)
) WITHOUT ROWID;

-- One row: one row of a raw table that broke a rule of severity error.
CREATE TABLE IF NOT EXISTS quarantine (
  table_name TEXT NOT NULL,
  _drop      TEXT NOT NULL,
  _file      TEXT NOT NULL,
  _row       INTEGER NOT NULL,             -- 1 is the first row under the header
  rules      TEXT NOT NULL,                -- JSON: every rule that it broke, warnings too, by name: ["dest_shape", …]
  reasons    TEXT NOT NULL,                -- JSON: [{"rule","severity","column","expected","found"}, …]
  raw        TEXT NOT NULL,                -- JSON: the row as it came
  PRIMARY KEY (table_name, _drop, _file, _row)
) WITHOUT ROWID;

-- One row: one row of a raw table that another one stands for.
CREATE TABLE IF NOT EXISTS duplicates (
  table_name TEXT NOT NULL,
  _drop      TEXT NOT NULL,
  _file      TEXT NOT NULL,
  _row       INTEGER NOT NULL,
  kind       TEXT NOT NULL,                -- copy: every text is the same; version: the business key is the same
  kept_drop  TEXT NOT NULL,
  kept_file  TEXT NOT NULL,
  kept_row   INTEGER NOT NULL,
  PRIMARY KEY (table_name, _drop, _file, _row)
) WITHOUT ROWID;
