-- question: When an aircraft's first departure of the day is late, how late are its later ones?
-- grain: one row is one group of delays of the first departure, over all days of aircraft with at least two departures
-- chart: first_departure / mean_later_dep_delay
-- Read from fact_aircraft_day, which keeps the first delay and the sum of the later ones. From the flights it takes a window over every
-- aircraft's day. Trap avoided: a day has one version of an aircraft, so a new version does not begin a new day.
WITH day AS (
    SELECT CASE WHEN first_dep_delay < 15 THEN 0 WHEN first_dep_delay < 30 THEN 15 WHEN first_dep_delay < 60 THEN 30 ELSE 60 END AS late,
        count(*) AS aircraft_days, sum(later_departed) AS later_departures, sum(later_dep_delay) AS later_dep_delay
    FROM fact_aircraft_day
    WHERE later_departed > 0
    GROUP BY 1
)
SELECT CASE late WHEN 0 THEN 'less than 15 min late' WHEN 15 THEN '15 to 29 min late' WHEN 30 THEN '30 to 59 min late' ELSE '60 min late and more' END AS first_departure,
    aircraft_days, later_departures,
    round(1.0 * later_dep_delay / later_departures, 1) AS mean_later_dep_delay
FROM day
ORDER BY late
