-- The store of a topic's events. Grain: see above each table. Times: UTC; *_ms are milliseconds since 1970.

-- One row a topic of one broker. A topic that was deleted and made again, and one of an embedded broker that was started again, has another
-- incarnation: its offsets begin at 0 again and mean other records.
CREATE TABLE IF NOT EXISTS topics (
    topic_id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    incarnation TEXT NOT NULL UNIQUE,
    partitions INTEGER NOT NULL
) STRICT;

-- One row an event id.
CREATE TABLE IF NOT EXISTS events (
    event_id TEXT PRIMARY KEY,
    event_type TEXT NOT NULL,
    event_time TEXT NOT NULL,
    key TEXT,
    schema_version INTEGER NOT NULL,
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    produced_at_ms INTEGER NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    payload TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a sink and partition: where reading began (0, unless --from said otherwise), where it goes on, and what became of the records between.
-- next - first = stored + duplicates + dead_lettered, where every offset is a record.
CREATE TABLE IF NOT EXISTS offsets (
    sink TEXT NOT NULL,
    topic_id INTEGER NOT NULL REFERENCES topics,
    partition INTEGER NOT NULL,
    first INTEGER NOT NULL DEFAULT 0,
    next INTEGER NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0,
    duplicates INTEGER NOT NULL DEFAULT 0,
    dead_lettered INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sink, topic_id, partition)
) STRICT, WITHOUT ROWID;

-- One row a record that is no valid event. pointer_sent: the dead-letter topic has its pointer. replayed_at_ms: when its replay was acknowledged.
CREATE TABLE IF NOT EXISTS dead_letters (
    id INTEGER PRIMARY KEY,
    topic_id INTEGER NOT NULL REFERENCES topics,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    event_id TEXT,
    key BLOB,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    headers TEXT NOT NULL,
    payload BLOB,
    at_ms INTEGER NOT NULL,
    pointer_sent INTEGER NOT NULL DEFAULT 0,
    replayed_at_ms INTEGER,
    UNIQUE (topic_id, partition, "offset")
) STRICT;

-- One row a Parquet file that is part of the lake. The files of a partition follow each other: first_offset of one is next_offset of another.
-- A file that is not here is not part of the lake. path is relative to the lake's folder; NULL: no record of the range is an event.
CREATE TABLE IF NOT EXISTS lake_files (
    topic_id INTEGER NOT NULL REFERENCES topics,
    partition INTEGER NOT NULL,
    first_offset INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    path TEXT UNIQUE,
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (topic_id, partition, first_offset)
) STRICT, WITHOUT ROWID;

-- One row an event of the lake: what is sent again is recognised by its id. The lake could read without `events`, so it has ids of its own.
CREATE TABLE IF NOT EXISTS lake_ids (event_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
