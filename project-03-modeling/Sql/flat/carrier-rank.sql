WITH carrier_month AS (
    SELECT substr(sched_dep_local, 1, 7) AS month, carrier, count(arr_delay) AS arrived, 1.0 * sum(arr_delay) / count(arr_delay) AS mean
    FROM flights
    WHERE arr_delay IS NOT NULL
    GROUP BY 1, 2
)
SELECT month, rank() OVER (PARTITION BY month ORDER BY mean) AS rank, carrier, arrived, round(mean, 1) AS mean_arr_delay
FROM carrier_month
ORDER BY 1, 2, 3
