SELECT substr(f.sched_dep_local, 1, 7) AS month, f.carrier, coalesce(a.name, 'unknown') AS airline,
    count(*) AS flights,
    round(100.0 * sum(CASE WHEN f.arr_delay < 15 THEN 1 ELSE 0 END) / count(*), 1) AS on_time_pct
FROM flights f
LEFT JOIN airlines a ON a.carrier = f.carrier
GROUP BY 1, 2, 3
ORDER BY 1, 2
