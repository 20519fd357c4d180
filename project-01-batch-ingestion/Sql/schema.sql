-- The store's own tables. The tables of data are made by contract (Store.TableSql).

-- grain: one run of the program
CREATE TABLE IF NOT EXISTS ingestion_runs (
    run_id         INTEGER PRIMARY KEY,
    started_utc    TEXT NOT NULL,
    ended_utc      TEXT,
    status         TEXT NOT NULL,     -- running, done, failed, interrupted; a killed run stays 'running'
    files          INTEGER NOT NULL DEFAULT 0,
    rows_loaded    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- grain: one file in one run, what became of it
CREATE TABLE IF NOT EXISTS ingestion_files (
    run_id         INTEGER NOT NULL REFERENCES ingestion_runs,
    name           TEXT NOT NULL,
    table_name     TEXT,
    sha256         TEXT NOT NULL,
    bytes          INTEGER NOT NULL,
    rows_read      INTEGER NOT NULL,
    rows_loaded    INTEGER NOT NULL,
    rows_rejected  INTEGER NOT NULL,
    rows_duplicate INTEGER NOT NULL,
    status         TEXT NOT NULL,     -- loaded, replaced, reloaded, skipped, failed
    reason         TEXT,              -- why it was skipped or failed
    started_utc    TEXT NOT NULL,
    ended_utc      TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
) STRICT;

-- grain: one name under which a file arrived, with the content that it has now
CREATE TABLE IF NOT EXISTS source_names (
    name           TEXT PRIMARY KEY,
    table_name     TEXT NOT NULL,
    sha256         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- grain: one content that is loaded now; it may have arrived under several names
CREATE TABLE IF NOT EXISTS source_contents (
    table_name     TEXT NOT NULL,
    sha256         TEXT NOT NULL,
    source_file    TEXT NOT NULL,     -- the smallest of its names: what _source_file says
    made_by        TEXT NOT NULL,     -- the contract and the reference tables that its rows were made by
    run_id         INTEGER NOT NULL,
    rows_read      INTEGER NOT NULL,
    rows_loaded    INTEGER NOT NULL,
    rows_rejected  INTEGER NOT NULL,
    rows_duplicate INTEGER NOT NULL,
    lake_sha256    TEXT,              -- of its Parquet file; NULL when the run wrote none
    PRIMARY KEY (table_name, sha256),
    UNIQUE (table_name, source_file),
    CHECK (rows_read = rows_loaded + rows_rejected + rows_duplicate)
) STRICT, WITHOUT ROWID;

-- grain: one row of a file that broke its contract, in the run that read it. Of a file that failed for too many
-- of them the first 1,000 are kept, of a file that could not be read to its end none
CREATE TABLE IF NOT EXISTS rejected_rows (
    run_id         INTEGER NOT NULL,
    file           TEXT NOT NULL,
    row            INTEGER NOT NULL,  -- 1 is the first row of data
    byte_offset    INTEGER NOT NULL,  -- in the unpacked file
    "column"       TEXT,              -- as the file calls it; NULL when the row as a whole is broken
    rule           TEXT NOT NULL,
    expected       TEXT NOT NULL,
    found          TEXT NOT NULL,
    raw            TEXT NOT NULL,
    PRIMARY KEY (file, row, run_id)
) STRICT, WITHOUT ROWID;

-- grain: one row whose key another row has; it waits here until that one goes
CREATE TABLE IF NOT EXISTS duplicate_rows (
    table_name     TEXT NOT NULL,
    key            TEXT NOT NULL,     -- the key's values as a JSON array
    file           TEXT NOT NULL,
    row            INTEGER NOT NULL,
    "values"       TEXT NOT NULL,     -- the typed row as a JSON array, in the order of the table's columns
    run_id         INTEGER NOT NULL,
    PRIMARY KEY (table_name, key, file, row)
) STRICT, WITHOUT ROWID;

-- grain: one kind of warning in one file
CREATE TABLE IF NOT EXISTS ingestion_warnings (
    run_id         INTEGER NOT NULL,
    file           TEXT NOT NULL,
    "column"       TEXT NOT NULL,
    rule           TEXT NOT NULL,
    rows           INTEGER NOT NULL,
    example        TEXT NOT NULL,
    PRIMARY KEY (file, "column", rule)
) STRICT, WITHOUT ROWID;
