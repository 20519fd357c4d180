-- grain: one day, carrier and origin; $1 is the day
INSERT INTO daily_carrier (day, carrier, origin, flights, cancelled, dep_delay_sum, dep_delay_count, arr_delay_sum, arr_delay_count)
SELECT day, carrier, origin,
       count(*), sum(dep_time IS NULL),
       coalesce(sum(dep_delay), 0), count(dep_delay),
       coalesce(sum(arr_delay), 0), count(arr_delay)
FROM flight
WHERE day = $1
GROUP BY day, carrier, origin
