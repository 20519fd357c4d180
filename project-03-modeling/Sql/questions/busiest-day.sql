-- question: Which was the busiest day at each origin?
-- grain: one row is one origin; of two days with as many flights the earlier one
-- chart: origin+date / flights
-- Read from agg_origin_hour. Trap avoided: max(flights) with a date beside it is no answer in SQL; row_number() says which row is meant,
-- and breaks ties by the date.
WITH origin_day AS (
    SELECT origin_airport_key, sched_date_key, sum(flights) AS flights, sum(on_time) AS on_time
    FROM agg_origin_hour
    GROUP BY 1, 2
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY origin_airport_key ORDER BY flights DESC, sched_date_key) AS place FROM origin_day
)
SELECT o.faa AS origin, d.date, d.weekday_name AS weekday, r.flights,
    round(100.0 * r.on_time / r.flights, 1) AS on_time_pct
FROM ranked r
JOIN dim_airport o ON o.airport_key = r.origin_airport_key
JOIN dim_date d ON d.date_key = r.sched_date_key
WHERE r.place = 1
ORDER BY o.faa
