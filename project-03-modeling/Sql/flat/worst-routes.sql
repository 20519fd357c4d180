SELECT origin, dest, count(*) AS flights,
    round(100.0 * sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) / count(*), 1) AS on_time_pct,
    round(1.0 * sum(arr_delay) / nullif(count(arr_delay), 0), 1) AS mean_arr_delay
FROM flights
GROUP BY origin, dest
HAVING count(*) >= 50
ORDER BY 4, 3 DESC, 1, 2
LIMIT 15
