SELECT CASE
        WHEN arr_delay IS NULL THEN 'not applicable'
        WHEN arr_delay < -15 THEN 'early by more than 15'
        WHEN arr_delay < 0 THEN 'early by 15 to 1'
        WHEN arr_delay < 15 THEN 'late by 0 to 14'
        WHEN arr_delay < 30 THEN 'late by 15 to 29'
        WHEN arr_delay < 45 THEN 'late by 30 to 44'
        WHEN arr_delay < 60 THEN 'late by 45 to 59'
        WHEN arr_delay < 75 THEN 'late by 60 to 74'
        WHEN arr_delay < 90 THEN 'late by 75 to 89'
        WHEN arr_delay < 105 THEN 'late by 90 to 104'
        WHEN arr_delay < 120 THEN 'late by 105 to 119'
        WHEN arr_delay < 135 THEN 'late by 120 to 134'
        WHEN arr_delay < 150 THEN 'late by 135 to 149'
        WHEN arr_delay < 165 THEN 'late by 150 to 164'
        WHEN arr_delay < 180 THEN 'late by 165 to 179'
        ELSE 'late by 180 and more'
    END AS arrival_delay,
    count(*) AS flights,
    round(100.0 * count(*) / (SELECT count(*) FROM flights), 1) AS share_pct
FROM flights
GROUP BY 1
ORDER BY coalesce(min(arr_delay), 1000000)
