WITH day AS (
    SELECT substr(sched_dep_local, 1, 10) AS date, count(*) AS flights
    FROM flights
    GROUP BY 1
)
SELECT date, flights, sum(flights) OVER (ORDER BY date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
FROM day
ORDER BY date
