-- question: How much do flights suffer from poor visibility at the origin?
-- grain: one row is one band of visibility in the hour of scheduled departure
-- chart: visibility / mean_dep_delay
-- Read from agg_origin_hour, whose weather key says in which weather its flights were. Trap avoided: fact_weather_hour has another grain,
-- and joined by airport and day it would multiply the flights. Flights of an hour without weather stay, as unknown.
WITH weather AS (
    SELECT weather_key, sum(flights) AS flights, sum(cancelled) AS cancelled, sum(on_time) AS on_time, sum(dep_delay_minutes) AS dep_delay_minutes
    FROM agg_origin_hour
    GROUP BY weather_key
)
SELECT w.visibility, sum(flights) AS flights,
    round(1.0 * sum(dep_delay_minutes) / nullif(sum(flights - cancelled), 0), 1) AS mean_dep_delay,
    round(100.0 * sum(cancelled) / sum(flights), 1) AS cancelled_pct,
    round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_pct
FROM weather
JOIN dim_weather w USING (weather_key)
GROUP BY w.visibility
ORDER BY CASE w.visibility WHEN 'below 1 mi' THEN 1 WHEN '1 to 4 mi' THEN 2 WHEN '5 to 9 mi' THEN 3 WHEN '10 mi' THEN 4 ELSE 5 END
