WITH origin_month AS (
    SELECT origin, substr(sched_dep_local, 1, 7) AS month, count(*) AS flights, sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) AS on_time
    FROM flights
    GROUP BY 1, 2
), beside AS (
    SELECT origin_month.*, lag(month) OVER w AS previous_month, lag(flights) OVER w AS flights_before, lag(on_time) OVER w AS on_time_before
    FROM origin_month
    WINDOW w AS (PARTITION BY origin ORDER BY month)
)
SELECT origin, month, flights,
    round(100.0 * on_time / flights, 1) AS on_time_pct,
    previous_month,
    flights - flights_before AS flights_change,
    round(100.0 * on_time / flights - 100.0 * on_time_before / flights_before, 1) AS on_time_pct_change
FROM beside
ORDER BY origin, month
