-- question: Is the weekend quieter than a weekday, and more punctual?
-- grain: one row is one type of day
-- chart: day_type / on_time_pct
-- Read from agg_origin_hour, summed by day; what kind of day it was is an attribute of dim_date. Trap avoided: there are five weekdays
-- and two days of weekend, so flights are compared for each day. Days count that had a flight.
WITH day AS (
    SELECT sched_date_key, sum(flights) AS flights, sum(cancelled) AS cancelled, sum(diverted) AS diverted, sum(on_time) AS on_time, sum(arr_delay_minutes) AS arr_delay_minutes
    FROM agg_origin_hour
    GROUP BY sched_date_key
)
SELECT d.day_type, count(*) AS days, sum(flights) AS flights,
    round(1.0 * sum(flights) / count(*), 1) AS flights_per_day,
    round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_pct,
    round(1.0 * sum(arr_delay_minutes) / nullif(sum(flights - cancelled - diverted), 0), 1) AS mean_arr_delay
FROM day
JOIN dim_date d ON d.date_key = day.sched_date_key
GROUP BY d.day_type
ORDER BY d.day_type
