-- Of two departures at one instant, which one aircraft can't make and real data have, the first is the one with the smaller delay.
WITH departure AS (
    SELECT tailnum, substr(sched_dep_local, 1, 10) AS date, coalesce(dep_delay, 0) AS delay,
        row_number() OVER (PARTITION BY tailnum, substr(sched_dep_local, 1, 10) ORDER BY dep_utc, dep_delay) AS number
    FROM flights
    WHERE is_cancelled = 0 AND tailnum IS NOT NULL
), day AS (
    SELECT tailnum, date, sum(CASE WHEN number = 1 THEN delay ELSE 0 END) AS first_delay, count(*) - 1 AS later, sum(CASE WHEN number > 1 THEN delay ELSE 0 END) AS later_delay
    FROM departure
    GROUP BY tailnum, date
    HAVING count(*) > 1
)
SELECT CASE WHEN first_delay < 15 THEN 'less than 15 min late' WHEN first_delay < 30 THEN '15 to 29 min late' WHEN first_delay < 60 THEN '30 to 59 min late' ELSE '60 min late and more' END AS first_departure,
    count(*) AS aircraft_days, sum(later) AS later_departures,
    round(1.0 * sum(later_delay) / sum(later), 1) AS mean_later_dep_delay
FROM day
GROUP BY 1
ORDER BY min(first_delay)
