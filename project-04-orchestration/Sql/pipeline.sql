-- The tables of the pipeline. Each is partitioned by day: a run replaces the rows of its day and touches no other. No column holds a
-- time of the clock or the name of a run, so the same days give the same rows whoever computed them, and when.

-- grain: one scheduled flight; the source's time_hour is UTC, dep_time is local hhmm, null when the flight was cancelled
CREATE TABLE IF NOT EXISTS flight
(
    day         TEXT    NOT NULL,
    origin      TEXT    NOT NULL,
    carrier     TEXT    NOT NULL,
    flight      INTEGER NOT NULL,
    time_hour   TEXT    NOT NULL,
    dest        TEXT    NOT NULL,
    tail_number TEXT,
    dep_time    INTEGER,
    dep_delay   INTEGER,
    arr_delay   INTEGER,
    air_time    INTEGER,
    distance    INTEGER NOT NULL CHECK (distance > 0),
    PRIMARY KEY (day, origin, carrier, flight, time_hour)
) STRICT, WITHOUT ROWID;

-- grain: one day, carrier and origin; delays in minutes as sum and count, because means of means are wrong
CREATE TABLE IF NOT EXISTS daily_carrier
(
    day             TEXT    NOT NULL,
    carrier         TEXT    NOT NULL,
    origin          TEXT    NOT NULL,
    flights         INTEGER NOT NULL,
    cancelled       INTEGER NOT NULL,
    dep_delay_sum   INTEGER NOT NULL,
    dep_delay_count INTEGER NOT NULL,
    arr_delay_sum   INTEGER NOT NULL,
    arr_delay_count INTEGER NOT NULL,
    PRIMARY KEY (day, carrier, origin)
) STRICT, WITHOUT ROWID;

-- grain: one day that was published with a warning
CREATE TABLE IF NOT EXISTS quality_alert
(
    day                  TEXT    NOT NULL PRIMARY KEY,
    rows                 INTEGER NOT NULL,
    missing_tail_numbers INTEGER NOT NULL,
    warning              TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- grain: one published day; rows are those of its report
CREATE TABLE IF NOT EXISTS published_day
(
    day       TEXT    NOT NULL PRIMARY KEY,
    rows      INTEGER NOT NULL,
    flights   INTEGER NOT NULL,
    cancelled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
