-- question: How do holidays differ from other days?
-- grain: one row is one federal holiday, over the years, or all other days together
-- chart: holiday / on_time_pct
-- Read from agg_origin_hour, summed by day; the holiday is an attribute of dim_date. Trap to mind: a holiday has few days, so its figures
-- are those of the weather of these days as well. Days count that had a flight.
WITH day AS (
    SELECT sched_date_key, sum(flights) AS flights, sum(cancelled) AS cancelled, sum(diverted) AS diverted, sum(on_time) AS on_time, sum(arr_delay_minutes) AS arr_delay_minutes
    FROM agg_origin_hour
    GROUP BY sched_date_key
)
SELECT CASE d.holiday WHEN 'none' THEN 'other days' ELSE d.holiday END AS holiday, count(*) AS days,
    round(1.0 * sum(flights) / count(*), 1) AS flights_per_day,
    round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_pct,
    round(1.0 * sum(arr_delay_minutes) / nullif(sum(flights - cancelled - diverted), 0), 1) AS mean_arr_delay
FROM day
JOIN dim_date d ON d.date_key = day.sched_date_key
GROUP BY d.holiday
ORDER BY d.holiday = 'none', d.holiday
