-- The facts, and what is counted from them.

-- grain: one load of a folder
CREATE TABLE IF NOT EXISTS loads (
    load_id        INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    sha256         TEXT NOT NULL UNIQUE,  -- of its files' names and contents
    as_of          TEXT NOT NULL UNIQUE,  -- when the source was asked, UTC: of two loads the later one is right
    loaded_utc     TEXT NOT NULL
) STRICT;

-- grain: one table in one load, and what became of the rows that came
CREATE TABLE IF NOT EXISTS load_audit (
    load_id        INTEGER NOT NULL REFERENCES loads,
    table_name     TEXT NOT NULL,
    rows_read      INTEGER NOT NULL,
    inserted       INTEGER NOT NULL,      -- of dim_aircraft: observations, not versions
    changed        INTEGER NOT NULL,
    unchanged      INTEGER NOT NULL,
    stale          INTEGER NOT NULL,      -- a later load has spoken of it already
    inferred       INTEGER NOT NULL,      -- members that a fact named and no snapshot had: not among the rows read
    repointed      INTEGER NOT NULL,      -- facts that were there and now point to another version, or another weather
    removed        INTEGER NOT NULL,      -- facts that were there and were withdrawn
    PRIMARY KEY (load_id, table_name),
    CHECK (rows_read = inserted + changed + unchanged + stale)
) STRICT, WITHOUT ROWID;

-- grain: one scheduled flight
-- The first four columns are its key. Measures are additive; those of a flight that has none (it did not depart, or did not
-- arrive) are NULL, which sums and averages leave out. flight_number has no dimension: it is degenerate.
CREATE TABLE IF NOT EXISTS fact_flight (
    sched_dep_utc      INTEGER NOT NULL,  -- seconds since 1970
    origin_airport_key INTEGER NOT NULL REFERENCES dim_airport,
    airline_key        INTEGER NOT NULL REFERENCES dim_airline,
    flight_number      INTEGER NOT NULL,
    dest_airport_key   INTEGER NOT NULL REFERENCES dim_airport,
    aircraft_key       INTEGER NOT NULL REFERENCES dim_aircraft,     -- the version that was valid on the scheduled date
    sched_date_key     INTEGER NOT NULL REFERENCES dim_date,         -- local
    sched_time_key     INTEGER NOT NULL REFERENCES dim_time_of_day,  -- local
    actual_date_key    INTEGER NOT NULL REFERENCES dim_date,         -- of departure; -2 when it was cancelled
    actual_time_key    INTEGER NOT NULL REFERENCES dim_time_of_day,
    delay_group_key    INTEGER NOT NULL REFERENCES dim_delay_group,  -- of arrival; -2 when it did not arrive as planned
    weather_key        INTEGER NOT NULL REFERENCES dim_weather,      -- at the origin, in the hour of scheduled departure
    cancelled          INTEGER NOT NULL,  -- 1 or 0, so that sums count
    diverted           INTEGER NOT NULL,
    on_time            INTEGER NOT NULL,  -- arrived less than 15 minutes late; 0 when cancelled or diverted
    dep_delay_minutes  INTEGER,
    arr_delay_minutes  INTEGER,
    air_minutes        INTEGER,
    distance_miles     INTEGER NOT NULL,
    load_id            INTEGER NOT NULL REFERENCES loads,
    PRIMARY KEY (sched_dep_utc, origin_airport_key, airline_key, flight_number),
    CHECK (cancelled IN (0, 1) AND diverted IN (0, 1) AND cancelled + diverted + (arr_delay_minutes IS NOT NULL) = 1),
    CHECK ((actual_date_key = -2) = cancelled AND (dep_delay_minutes IS NULL) = cancelled AND (air_minutes IS NULL OR cancelled = 0)),
    CHECK (on_time = (arr_delay_minutes IS NOT NULL AND arr_delay_minutes < 15))
) STRICT, WITHOUT ROWID;

-- grain: one scheduled flight that the source has taken back, with the load that said so
CREATE TABLE IF NOT EXISTS withdrawn_flight (
    sched_dep_utc      INTEGER NOT NULL,
    origin_airport_key INTEGER NOT NULL REFERENCES dim_airport,
    airline_key        INTEGER NOT NULL REFERENCES dim_airline,
    flight_number      INTEGER NOT NULL,
    load_id            INTEGER NOT NULL REFERENCES loads,
    PRIMARY KEY (sched_dep_utc, origin_airport_key, airline_key, flight_number)
) STRICT, WITHOUT ROWID;

-- grain: one airport, one hour
-- Not the grain of a flight: joined to flights by airport and date it multiplies them (dotnet run -- lab fan-out).
CREATE TABLE IF NOT EXISTS fact_weather_hour (
    airport_key    INTEGER NOT NULL REFERENCES dim_airport,
    hour_utc       INTEGER NOT NULL,      -- seconds since 1970, of its beginning
    date_key       INTEGER NOT NULL REFERENCES dim_date,             -- UTC
    weather_key    INTEGER NOT NULL REFERENCES dim_weather,
    temp_f         REAL,
    wind_speed_mph REAL,
    precip_in      REAL,
    visib_mi       REAL,
    as_of          TEXT NOT NULL,
    PRIMARY KEY (airport_key, hour_utc)
) STRICT, WITHOUT ROWID;

-- grain: one known aircraft, one day, flown or not (a periodic snapshot)
-- air_minutes_to_date is semi-additive: it may be summed over aircraft, and not over days.
CREATE TABLE IF NOT EXISTS fact_aircraft_day (
    date_key            INTEGER NOT NULL REFERENCES dim_date,
    aircraft_key        INTEGER NOT NULL REFERENCES dim_aircraft,    -- the version that was valid on the day
    flights             INTEGER NOT NULL, -- scheduled
    departed            INTEGER NOT NULL,
    air_minutes         INTEGER NOT NULL,
    air_minutes_to_date INTEGER NOT NULL, -- since the first day of the facts
    first_dep_delay     INTEGER,          -- minutes, of the flight that departed first
    later_departed      INTEGER NOT NULL, -- the flights after the first
    later_dep_delay     INTEGER NOT NULL, -- the sum of their delays, minutes
    PRIMARY KEY (date_key, aircraft_key)
) STRICT, WITHOUT ROWID;

-- grain: one route (origin, destination), one airline, one month
CREATE TABLE IF NOT EXISTS agg_route_month (
    month_key          INTEGER NOT NULL,
    origin_airport_key INTEGER NOT NULL REFERENCES dim_airport,
    dest_airport_key   INTEGER NOT NULL REFERENCES dim_airport,
    airline_key        INTEGER NOT NULL REFERENCES dim_airline,
    flights            INTEGER NOT NULL,
    cancelled          INTEGER NOT NULL,
    diverted           INTEGER NOT NULL,
    on_time            INTEGER NOT NULL,
    dep_delay_minutes  INTEGER NOT NULL,
    arr_delay_minutes  INTEGER NOT NULL,
    air_minutes        INTEGER NOT NULL,
    distance_miles     INTEGER NOT NULL,
    PRIMARY KEY (month_key, origin_airport_key, dest_airport_key, airline_key)
) STRICT, WITHOUT ROWID;

-- grain: one hour of a day at one origin, with its weather (an hour that occurs twice, when summer time ends, may have two)
CREATE TABLE IF NOT EXISTS agg_origin_hour (
    sched_date_key     INTEGER NOT NULL REFERENCES dim_date,
    sched_hour         INTEGER NOT NULL,  -- local
    origin_airport_key INTEGER NOT NULL REFERENCES dim_airport,
    weather_key        INTEGER NOT NULL REFERENCES dim_weather,
    flights            INTEGER NOT NULL,
    cancelled          INTEGER NOT NULL,
    diverted           INTEGER NOT NULL,
    on_time            INTEGER NOT NULL,
    dep_delay_minutes  INTEGER NOT NULL,
    arr_delay_minutes  INTEGER NOT NULL,
    air_minutes        INTEGER NOT NULL,
    distance_miles     INTEGER NOT NULL,
    PRIMARY KEY (sched_date_key, sched_hour, origin_airport_key, weather_key)
) STRICT, WITHOUT ROWID;

-- grain: one version of an aircraft, one airline, one month
CREATE TABLE IF NOT EXISTS agg_aircraft_month (
    month_key          INTEGER NOT NULL,
    aircraft_key       INTEGER NOT NULL REFERENCES dim_aircraft,
    airline_key        INTEGER NOT NULL REFERENCES dim_airline,
    flights            INTEGER NOT NULL,
    cancelled          INTEGER NOT NULL,
    diverted           INTEGER NOT NULL,
    on_time            INTEGER NOT NULL,
    dep_delay_minutes  INTEGER NOT NULL,
    arr_delay_minutes  INTEGER NOT NULL,
    air_minutes        INTEGER NOT NULL,
    distance_miles     INTEGER NOT NULL,
    PRIMARY KEY (month_key, aircraft_key, airline_key)
) STRICT, WITHOUT ROWID;

-- grain: one group of arrival delays, one origin, one airline, one month
CREATE TABLE IF NOT EXISTS agg_delay_month (
    month_key          INTEGER NOT NULL,
    delay_group_key    INTEGER NOT NULL REFERENCES dim_delay_group,
    origin_airport_key INTEGER NOT NULL REFERENCES dim_airport,
    airline_key        INTEGER NOT NULL REFERENCES dim_airline,
    flights            INTEGER NOT NULL,
    cancelled          INTEGER NOT NULL,
    diverted           INTEGER NOT NULL,
    on_time            INTEGER NOT NULL,
    dep_delay_minutes  INTEGER NOT NULL,
    arr_delay_minutes  INTEGER NOT NULL,
    air_minutes        INTEGER NOT NULL,
    distance_miles     INTEGER NOT NULL,
    PRIMARY KEY (month_key, delay_group_key, origin_airport_key, airline_key)
) STRICT, WITHOUT ROWID;
