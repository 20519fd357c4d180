WITH seen AS (
    SELECT CASE WHEN w.wind_speed_mph < 10 THEN 'below 10 mph' WHEN w.wind_speed_mph < 20 THEN '10 to 19 mph' WHEN w.wind_speed_mph IS NOT NULL THEN '20 mph and more' ELSE 'unknown' END AS wind,
        CASE WHEN w.precip_in = 0 THEN 'dry' WHEN w.precip_in <= 0.1 THEN 'up to 0.1 in' WHEN w.precip_in IS NOT NULL THEN 'more than 0.1 in' ELSE 'unknown' END AS precipitation,
        coalesce(w.wind_speed_mph, 1000) AS mph, coalesce(w.precip_in, 1000) AS inches, f.dep_delay, f.is_cancelled, f.arr_delay
    FROM flights f
    LEFT JOIN weather w ON w.origin = f.origin AND w.hour_utc = substr(f.sched_dep_utc, 1, 13) || ':00:00Z'
)
SELECT wind, precipitation, count(*) AS flights,
    round(1.0 * coalesce(sum(dep_delay), 0) / nullif(sum(1 - is_cancelled), 0), 1) AS mean_dep_delay,
    round(100.0 * sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) / count(*), 1) AS on_time_pct
FROM seen
GROUP BY wind, precipitation
ORDER BY CASE WHEN min(mph) < 10 THEN 1 WHEN min(mph) < 20 THEN 2 WHEN min(mph) < 1000 THEN 3 ELSE 4 END, min(inches)
