-- An aircraft is as its latest row says that is effective on the day of the flight; its first row holds for the time before as well.
WITH valid AS (
    SELECT tailnum, manufacturer,
        CASE WHEN row_number() OVER w = 1 THEN '' ELSE effective_from END AS since, coalesce(lead(effective_from) OVER w, '9999') AS until
    FROM planes
    WINDOW w AS (PARTITION BY tailnum ORDER BY coalesce(effective_from, ''))
)
SELECT coalesce(p.manufacturer, 'unknown') AS manufacturer, count(*) AS flights,
    round(100.0 * count(*) / (SELECT count(*) FROM flights), 1) AS share_pct,
    coalesce(sum(f.air_time), 0) AS air_minutes
FROM flights f
LEFT JOIN valid p ON p.tailnum = f.tailnum AND substr(f.sched_dep_local, 1, 10) >= p.since AND substr(f.sched_dep_local, 1, 10) < p.until
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 10
