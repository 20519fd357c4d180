-- The day of the week is by Sakamoto's formula, 0 is Sunday. (y - y % 4) / 4 is a division of whole numbers in every engine.
-- The calendar counts every day from the first flight to the last, for on a day without flights the whole fleet stands still.
WITH RECURSIVE edge AS (
    SELECT min(substr(sched_dep_local, 1, 10)) AS first, max(substr(sched_dep_local, 1, 10)) AS last FROM flights
), year(y, last_y) AS (
    SELECT CAST(substr(first, 1, 4) AS INTEGER), CAST(substr(last, 1, 4) AS INTEGER) FROM edge
    UNION ALL
    SELECT y + 1, last_y FROM year WHERE y < last_y
), number(n) AS (
    SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 31
), calendar AS (
    SELECT y, m.n AS m, d.n AS d, CAST(y AS TEXT) || '-' || substr(CAST(100 + m.n AS TEXT), 2, 2) || '-' || substr(CAST(100 + d.n AS TEXT), 2, 2) AS date
    FROM year, number m, number d
    WHERE m.n <= 12 AND d.n <= CASE WHEN m.n IN (4, 6, 9, 11) THEN 30 WHEN m.n <> 2 THEN 31 WHEN y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0) THEN 29 ELSE 28 END
), flown AS (
    SELECT date, count(*) AS aircraft, sum(minutes) AS minutes
    FROM (SELECT substr(sched_dep_local, 1, 10) AS date, tailnum, coalesce(sum(air_time), 0) AS minutes FROM flights WHERE is_cancelled = 0 AND tailnum IS NOT NULL GROUP BY 1, 2) aircraft_day
    GROUP BY date
), parts AS (
    SELECT CASE WHEN c.m < 3 THEN c.y - 1 ELSE c.y END AS y, CAST(substr('032503514624', c.m, 1) AS INTEGER) AS t, c.d, coalesce(f.aircraft, 0) AS aircraft, coalesce(f.minutes, 0) AS minutes
    FROM edge JOIN calendar c ON c.date BETWEEN edge.first AND edge.last LEFT JOIN flown f ON f.date = c.date
), dated AS (
    SELECT parts.*, (y + (y - y % 4) / 4 - (y - y % 100) / 100 + (y - y % 400) / 400 + t + d) % 7 AS w FROM parts
), fleet AS (
    SELECT count(*) AS known FROM (SELECT tailnum FROM planes UNION SELECT tailnum FROM flights WHERE tailnum IS NOT NULL) tails
)
SELECT CASE w WHEN 0 THEN 'Sunday' WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' ELSE 'Saturday' END AS weekday,
    count(*) AS days, count(*) * min(known) AS aircraft_days, sum(aircraft) AS flown,
    round(100.0 * sum(aircraft) / (count(*) * min(known)), 1) AS flown_pct,
    round(1.0 * sum(minutes) / nullif(sum(aircraft), 0), 1) AS mean_air_minutes
FROM dated, fleet
GROUP BY w
ORDER BY CASE w WHEN 0 THEN 7 ELSE w END
