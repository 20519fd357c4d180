-- The day of the week is by Sakamoto's formula, 0 is Sunday. (y - y % 4) / 4 is a division of whole numbers in every engine.
-- A holiday of a fixed date that falls on a Saturday is observed on the Friday before, one on a Sunday on the Monday after.
WITH day AS (
    SELECT substr(sched_dep_local, 1, 10) AS date, count(*) AS flights, count(arr_delay) AS arrived, sum(CASE WHEN arr_delay < 15 THEN 1 ELSE 0 END) AS on_time, coalesce(sum(arr_delay), 0) AS arr_delay
    FROM flights
    GROUP BY 1
), parts AS (
    SELECT day.*, substr(date, 6, 5) AS md, substr(date, 6, 2) AS m, CAST(substr(date, 9, 2) AS INTEGER) AS d, CAST(substr(date, 1, 4) AS INTEGER) AS year,
        CAST(substr(date, 1, 4) AS INTEGER) - CASE WHEN substr(date, 6, 2) < '03' THEN 1 ELSE 0 END AS y, CAST(substr('032503514624', CAST(substr(date, 6, 2) AS INTEGER), 1) AS INTEGER) AS t
    FROM day
), dated AS (
    SELECT parts.*, (y + (y - y % 4) / 4 - (y - y % 100) / 100 + (y - y % 400) / 400 + t + d) % 7 AS w FROM parts
), named AS (
    SELECT dated.*, CASE
        WHEN md = '01-01' THEN 'New Year''s Day'
        WHEN md = '06-19' AND year >= 2021 THEN 'Juneteenth National Independence Day'
        WHEN md = '07-04' THEN 'Independence Day'
        WHEN md = '11-11' THEN 'Veterans Day'
        WHEN md = '12-25' THEN 'Christmas Day'
        WHEN m = '01' AND w = 1 AND d BETWEEN 15 AND 21 AND year >= 1986 THEN 'Birthday of Martin Luther King, Jr.'
        WHEN m = '02' AND w = 1 AND d BETWEEN 15 AND 21 THEN 'Washington''s Birthday'
        WHEN m = '05' AND w = 1 AND d >= 25 THEN 'Memorial Day'
        WHEN m = '09' AND w = 1 AND d <= 7 THEN 'Labor Day'
        WHEN m = '10' AND w = 1 AND d BETWEEN 8 AND 14 THEN 'Columbus Day'
        WHEN m = '11' AND w = 4 AND d BETWEEN 22 AND 28 THEN 'Thanksgiving Day'
        WHEN w = 5 AND md = '12-31' OR w = 1 AND md = '01-02' THEN 'New Year''s Day (observed)'
        WHEN (w = 5 AND md = '06-18' OR w = 1 AND md = '06-20') AND year >= 2021 THEN 'Juneteenth National Independence Day (observed)'
        WHEN w = 5 AND md = '07-03' OR w = 1 AND md = '07-05' THEN 'Independence Day (observed)'
        WHEN w = 5 AND md = '11-10' OR w = 1 AND md = '11-12' THEN 'Veterans Day (observed)'
        WHEN w = 5 AND md = '12-24' OR w = 1 AND md = '12-26' THEN 'Christmas Day (observed)'
        ELSE 'other days' END AS holiday
    FROM dated
)
SELECT holiday, count(*) AS days,
    round(1.0 * sum(flights) / count(*), 1) AS flights_per_day,
    round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_pct,
    round(1.0 * sum(arr_delay) / nullif(sum(arrived), 0), 1) AS mean_arr_delay
FROM named
GROUP BY holiday
ORDER BY CASE holiday WHEN 'other days' THEN 1 ELSE 0 END, holiday
