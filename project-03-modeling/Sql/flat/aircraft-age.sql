-- An aircraft is as its latest row says that is effective on the day of the flight; its first row holds for the time before as well.
WITH valid AS (
    SELECT tailnum, year_built,
        CASE WHEN row_number() OVER w = 1 THEN '' ELSE effective_from END AS since, coalesce(lead(effective_from) OVER w, '9999') AS until
    FROM planes
    WINDOW w AS (PARTITION BY tailnum ORDER BY coalesce(effective_from, ''))
), aged AS (
    SELECT CAST(substr(f.sched_dep_local, 1, 4) AS INTEGER) - p.year_built AS years, f.is_cancelled, f.arr_delay
    FROM flights f
    LEFT JOIN valid p ON p.tailnum = f.tailnum AND substr(f.sched_dep_local, 1, 10) >= p.since AND substr(f.sched_dep_local, 1, 10) < p.until
)
SELECT CASE WHEN years < 5 THEN 'below 5 years' WHEN years < 10 THEN '5 to 9 years' WHEN years < 15 THEN '10 to 14 years' WHEN years < 20 THEN '15 to 19 years' WHEN years IS NOT NULL THEN '20 years and more' ELSE 'unknown' END AS age,
    count(*) AS flights,
    round(100.0 * sum(is_cancelled) / count(*), 1) AS cancelled_pct,
    round(100.0 * sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) / count(*), 1) AS on_time_pct,
    round(1.0 * coalesce(sum(arr_delay), 0) / nullif(count(arr_delay), 0), 1) AS mean_arr_delay
FROM aged
GROUP BY 1
ORDER BY coalesce(min(years), 1000)
