-- The day of the week is by Sakamoto's formula, 0 is Sunday. (y - y % 4) / 4 is a division of whole numbers in every engine.
WITH origin_day AS (
    SELECT origin, substr(sched_dep_local, 1, 10) AS date, count(*) AS flights, sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) AS on_time
    FROM flights
    GROUP BY 1, 2
), ranked AS (
    SELECT origin_day.*, row_number() OVER (PARTITION BY origin ORDER BY flights DESC, date) AS place FROM origin_day
), parts AS (
    SELECT ranked.*, CAST(substr(date, 1, 4) AS INTEGER) - CASE WHEN substr(date, 6, 2) < '03' THEN 1 ELSE 0 END AS y,
        CAST(substr('032503514624', CAST(substr(date, 6, 2) AS INTEGER), 1) AS INTEGER) AS t, CAST(substr(date, 9, 2) AS INTEGER) AS d
    FROM ranked
    WHERE place = 1
)
SELECT origin, date,
    CASE (y + (y - y % 4) / 4 - (y - y % 100) / 100 + (y - y % 400) / 400 + t + d) % 7 WHEN 0 THEN 'Sunday' WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' ELSE 'Saturday' END AS weekday,
    flights, round(100.0 * on_time / flights, 1) AS on_time_pct
FROM parts
ORDER BY origin
