-- The day of the week is by Sakamoto's formula, 0 is Sunday. (y - y % 4) / 4 is a division of whole numbers in every engine.
WITH day AS (
    SELECT substr(sched_dep_local, 1, 10) AS date, count(*) AS flights, count(arr_delay) AS arrived, sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) AS on_time, coalesce(sum(arr_delay), 0) AS arr_delay
    FROM flights
    GROUP BY 1
), parts AS (
    SELECT day.*, CAST(substr(date, 1, 4) AS INTEGER) - CASE WHEN substr(date, 6, 2) < '03' THEN 1 ELSE 0 END AS y,
        CAST(substr('032503514624', CAST(substr(date, 6, 2) AS INTEGER), 1) AS INTEGER) AS t, CAST(substr(date, 9, 2) AS INTEGER) AS d
    FROM day
), typed AS (
    SELECT parts.*, CASE (y + (y - y % 4) / 4 - (y - y % 100) / 100 + (y - y % 400) / 400 + t + d) % 7 WHEN 0 THEN 'weekend' WHEN 6 THEN 'weekend' ELSE 'weekday' END AS day_type
    FROM parts
)
SELECT day_type, count(*) AS days, sum(flights) AS flights,
    round(1.0 * sum(flights) / count(*), 1) AS flights_per_day,
    round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_pct,
    round(1.0 * sum(arr_delay) / nullif(sum(arrived), 0), 1) AS mean_arr_delay
FROM typed
GROUP BY day_type
ORDER BY day_type
