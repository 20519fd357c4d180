-- question: Are older aircraft cancelled or delayed more often?
-- grain: one row is one group of ages; the age is the year of the flight less the year in which the aircraft was built
-- chart: age / on_time_pct
-- Read from agg_aircraft_month: a month lies in one year, so the age of all its flights is the same. Trap to mind: a cancelled flight
-- often has no aircraft in the source and falls to unknown, so the other groups have too few cancellations.
WITH aged AS (
    SELECT m.month_key / 100 - a.year_built AS age, m.flights, m.cancelled, m.diverted, m.on_time, m.arr_delay_minutes
    FROM agg_aircraft_month m
    JOIN dim_aircraft a USING (aircraft_key)
)
SELECT CASE WHEN age IS NULL THEN 'unknown' WHEN age < 5 THEN 'below 5 years' WHEN age < 10 THEN '5 to 9 years' WHEN age < 15 THEN '10 to 14 years' WHEN age < 20 THEN '15 to 19 years' ELSE '20 years and more' END AS age,
    sum(flights) AS flights,
    round(100.0 * sum(cancelled) / sum(flights), 1) AS cancelled_pct,
    round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_pct,
    round(1.0 * sum(arr_delay_minutes) / nullif(sum(flights - cancelled - diverted), 0), 1) AS mean_arr_delay
FROM aged
GROUP BY 1
ORDER BY min(age) IS NULL, min(age)
