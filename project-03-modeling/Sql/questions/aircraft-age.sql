-- question: Are older aircraft cancelled or delayed more often?
-- grain: one row is one group of ages; the age is the year of the flight less the year in which the aircraft was built
-- chart: age / on_time_pct
-- Read from agg_aircraft_month: a month lies in one year, so all its flights of an aircraft have the same age. Trap to mind: a cancelled
-- flight often has no aircraft in the source and falls to unknown, so the other groups have too few cancellations.
WITH aged AS (
    SELECT min(max(m.month_key / 100 - a.year_built, 0) / 5 * 5, 20) AS years, -- NULL where the year is unknown
        sum(m.flights) AS flights, sum(m.cancelled) AS cancelled, sum(m.diverted) AS diverted, sum(m.on_time) AS on_time, sum(m.arr_delay_minutes) AS arr_delay_minutes
    FROM agg_aircraft_month m
    JOIN dim_aircraft a USING (aircraft_key)
    GROUP BY 1
)
SELECT CASE years WHEN 0 THEN 'below 5 years' WHEN 5 THEN '5 to 9 years' WHEN 10 THEN '10 to 14 years' WHEN 15 THEN '15 to 19 years' WHEN 20 THEN '20 years and more' ELSE 'unknown' END AS age,
    flights,
    round(100.0 * cancelled / flights, 1) AS cancelled_pct,
    round(100.0 * on_time / flights, 1) AS on_time_pct,
    round(1.0 * arr_delay_minutes / nullif(flights - cancelled - diverted, 0), 1) AS mean_arr_delay
FROM aged
ORDER BY years IS NULL, years
