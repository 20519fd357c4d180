-- question: What share of the known aircraft flies on each day of the week?
-- grain: one row is one day of the week
-- chart: weekday / flown_pct
-- Read from fact_aircraft_day, which has a row for an aircraft that stood still as well. Trap avoided: in the flights an aircraft that did
-- not fly has no row, so a share of the fleet can't be counted from them alone.
WITH day AS (
    SELECT date_key, count(*) AS aircraft, sum(departed > 0) AS flown, sum(air_minutes) AS air_minutes
    FROM fact_aircraft_day
    GROUP BY date_key
)
SELECT d.weekday_name AS weekday, count(*) AS days, sum(aircraft) AS aircraft_days, sum(flown) AS flown,
    round(100.0 * sum(flown) / sum(aircraft), 1) AS flown_pct,
    round(1.0 * sum(air_minutes) / nullif(sum(flown), 0), 1) AS mean_air_minutes
FROM day
JOIN dim_date d USING (date_key)
GROUP BY d.weekday, d.weekday_name
ORDER BY d.weekday
