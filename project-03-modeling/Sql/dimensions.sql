-- The dimensions. Each has the members -1 (unknown: the source does not say) and -2 (not applicable: there is nothing to say),
-- so that no foreign key is ever NULL and every join keeps every fact.

-- grain: one surrogate key ever given. Rows are only added: a key outlives a reload and a rebuild, and is never given twice
CREATE TABLE IF NOT EXISTS key_map (
    dimension      TEXT NOT NULL,
    natural_key    TEXT NOT NULL,
    valid_from     TEXT NOT NULL,         -- of a type-2 version; '' in the other dimensions
    surrogate_key  INTEGER NOT NULL,
    PRIMARY KEY (dimension, natural_key, valid_from),
    UNIQUE (dimension, surrogate_key)
) STRICT, WITHOUT ROWID;

-- grain: one day. The calendar is complete: whole years, from the first to the last that a flight or an hour of weather touches
CREATE TABLE IF NOT EXISTS dim_date (
    date_key       INTEGER PRIMARY KEY,   -- 20130131
    date           TEXT NOT NULL UNIQUE,  -- 2013-01-31
    year           INTEGER,
    quarter        INTEGER,
    month          INTEGER,               -- 1 to 12
    month_name     TEXT NOT NULL,
    year_month     TEXT NOT NULL,         -- 2013-01
    month_key      INTEGER NOT NULL,      -- 201301
    day            INTEGER,
    day_of_year    INTEGER,
    iso_year       INTEGER,               -- the year of the ISO week: 2012-12-31 lies in week 1 of 2013
    iso_week       INTEGER,
    weekday        INTEGER,               -- 1 is Monday
    weekday_name   TEXT NOT NULL,
    day_type       TEXT NOT NULL,         -- weekday, weekend
    holiday        TEXT NOT NULL          -- of the federal government of the United States; 'none' on other days
) STRICT;

-- grain: one minute of the day
CREATE TABLE IF NOT EXISTS dim_time_of_day (
    time_key       INTEGER PRIMARY KEY,   -- minutes since midnight
    time           TEXT NOT NULL UNIQUE,  -- 05:17
    hour           INTEGER,
    minute         INTEGER,
    part_of_day    TEXT NOT NULL          -- night (0 to 5), morning (6 to 11), afternoon (12 to 17), evening (18 to 23)
) STRICT;

-- grain: one airport, as it is now (type 1)
CREATE TABLE IF NOT EXISTS dim_airport (
    airport_key    INTEGER PRIMARY KEY,
    faa            TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    lat            REAL,
    lon            REAL,
    altitude_ft    INTEGER,
    tzone          TEXT NOT NULL,         -- IANA name; 'unknown' where the source has none
    is_inferred    INTEGER NOT NULL,      -- 1 while all that is known is that a flight went there
    as_of          TEXT NOT NULL          -- of the snapshot that says so; '' while inferred
) STRICT;

-- grain: one airline, as it is now (type 1)
CREATE TABLE IF NOT EXISTS dim_airline (
    airline_key    INTEGER PRIMARY KEY,
    carrier        TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    is_inferred    INTEGER NOT NULL,
    as_of          TEXT NOT NULL
) STRICT;

-- grain: one aircraft for as long as nothing about it changes (type 2)
-- Intervals are half-open, [valid_from, valid_to). The first begins with time, the last has no end: a flight of any day finds one.
CREATE TABLE IF NOT EXISTS dim_aircraft (
    aircraft_key   INTEGER PRIMARY KEY,
    tailnum        TEXT NOT NULL,
    valid_from     TEXT NOT NULL,         -- a date
    valid_to       TEXT NOT NULL,         -- the first date on which it does not hold any more
    is_current     INTEGER NOT NULL,
    is_inferred    INTEGER NOT NULL,
    year_built     INTEGER,
    type           TEXT NOT NULL,
    manufacturer   TEXT NOT NULL,
    model          TEXT NOT NULL,
    engines        INTEGER,
    seats          INTEGER,
    engine         TEXT NOT NULL,
    UNIQUE (tailnum, valid_from),
    CHECK (valid_from < valid_to)
) STRICT;

-- grain: one group of arrival delays, a quarter of an hour wide, as the Bureau of Transportation Statistics groups them
CREATE TABLE IF NOT EXISTS dim_delay_group (
    delay_group_key INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    from_minutes   INTEGER,               -- NULL: no lower end
    to_minutes     INTEGER                -- the first minute of the next group
) STRICT;

-- grain: one combination of weather bands that occurred
CREATE TABLE IF NOT EXISTS dim_weather (
    weather_key    INTEGER PRIMARY KEY,
    temperature    TEXT NOT NULL,
    wind           TEXT NOT NULL,
    precipitation  TEXT NOT NULL,
    visibility     TEXT NOT NULL,
    UNIQUE (temperature, wind, precipitation, visibility)
) STRICT;

-- grain: what the registry said of one aircraft from one day on. dim_aircraft follows from it
CREATE TABLE IF NOT EXISTS aircraft_history (
    tailnum        TEXT NOT NULL,
    effective_from TEXT NOT NULL,         -- '' is: since before the registry's records
    as_of          TEXT NOT NULL,         -- of the latest snapshot that says so
    year_built     INTEGER,
    type           TEXT NOT NULL,
    manufacturer   TEXT NOT NULL,
    model          TEXT NOT NULL,
    engines        INTEGER,
    seats          INTEGER,
    engine         TEXT NOT NULL,
    PRIMARY KEY (tailnum, effective_from)
) STRICT, WITHOUT ROWID;
