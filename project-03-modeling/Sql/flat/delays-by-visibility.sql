WITH seen AS (
    SELECT CASE WHEN w.visib_mi < 1 THEN 'below 1 mi' WHEN w.visib_mi < 5 THEN '1 to 4 mi' WHEN w.visib_mi < 10 THEN '5 to 9 mi' WHEN w.visib_mi IS NOT NULL THEN '10 mi' ELSE 'unknown' END AS visibility,
        w.visib_mi, f.dep_delay, f.is_cancelled, f.arr_delay
    FROM flights f
    LEFT JOIN weather w ON w.origin = f.origin AND w.hour_utc = substr(f.sched_dep_utc, 1, 13) || ':00:00Z'
)
SELECT visibility, count(*) AS flights,
    round(1.0 * coalesce(sum(dep_delay), 0) / nullif(sum(1 - is_cancelled), 0), 1) AS mean_dep_delay,
    round(100.0 * sum(is_cancelled) / count(*), 1) AS cancelled_pct,
    round(100.0 * sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) / count(*), 1) AS on_time_pct
FROM seen
GROUP BY visibility
ORDER BY coalesce(min(visib_mi), 1000)
