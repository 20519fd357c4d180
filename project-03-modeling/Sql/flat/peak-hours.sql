SELECT CAST(substr(sched_dep_local, 12, 2) AS INTEGER) AS hour, count(*) AS flights,
    round(1.0 * sum(dep_delay) / nullif(sum(1 - is_cancelled), 0), 1) AS mean_dep_delay,
    round(100.0 * sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) / count(*), 1) AS on_time_pct
FROM flights
GROUP BY 1
ORDER BY 1
