-- An aircraft is as its latest row says that is effective on the day of the flight; its first row holds for the time before as well.
WITH valid AS (
    SELECT tailnum, seats,
        CASE WHEN row_number() OVER w = 1 THEN '' ELSE effective_from END AS since, coalesce(lead(effective_from) OVER w, '9999') AS until
    FROM planes
    WINDOW w AS (PARTITION BY tailnum ORDER BY coalesce(effective_from, ''))
)
SELECT substr(f.sched_dep_local, 1, 7) AS month, f.carrier,
    count(f.arr_delay) AS arrived,
    sum(CASE WHEN f.arr_delay IS NOT NULL AND p.seats IS NULL THEN 1 ELSE 0 END) AS arrived_seats_unknown,
    coalesce(sum(CASE WHEN f.arr_delay IS NOT NULL THEN p.seats END), 0) AS seats_flown
FROM flights f
LEFT JOIN valid p ON p.tailnum = f.tailnum AND substr(f.sched_dep_local, 1, 10) >= p.since AND substr(f.sched_dep_local, 1, 10) < p.until
GROUP BY 1, 2
ORDER BY 1, 2
