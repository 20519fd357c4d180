-- The same dimensions, snowflaked: each attribute stands once, at the level that it depends on. A star repeats it in every row
-- and saves the joins; a snowflake says what depends on what, and is kept as views, so that there is one truth.

-- grain: one manufacturer
CREATE VIEW IF NOT EXISTS snow_manufacturer AS
SELECT DISTINCT manufacturer FROM dim_aircraft;

-- grain: one model of a manufacturer. Seats depend on the version of an aircraft, not on its model: they stay there
CREATE VIEW IF NOT EXISTS snow_model AS
SELECT DISTINCT manufacturer, model FROM dim_aircraft;

-- grain: one version of an aircraft
CREATE VIEW IF NOT EXISTS snow_aircraft AS
SELECT aircraft_key, tailnum, valid_from, valid_to, is_current, manufacturer, model, year_built, type, engines, seats, engine FROM dim_aircraft;

-- grain: one time zone
CREATE VIEW IF NOT EXISTS snow_time_zone AS
SELECT DISTINCT tzone FROM dim_airport;

-- grain: one airport
CREATE VIEW IF NOT EXISTS snow_airport AS
SELECT airport_key, faa, name, lat, lon, altitude_ft, tzone FROM dim_airport;

-- Shrunken dimensions, for tables of a coarser grain: a join to dim_date by month would multiply every row by the days of the month.

-- grain: one month of the calendar
CREATE VIEW IF NOT EXISTS dim_month AS
SELECT DISTINCT month_key, year_month, year, quarter, month_name FROM dim_date;

-- grain: one hour of the day
CREATE VIEW IF NOT EXISTS dim_hour AS
SELECT DISTINCT hour, part_of_day FROM dim_time_of_day WHERE hour IS NOT NULL;
