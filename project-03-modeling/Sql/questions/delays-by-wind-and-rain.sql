-- question: How do wind and precipitation at the origin delay the departures?
-- grain: one row is one band of wind with one band of precipitation
-- chart: wind+precipitation / mean_dep_delay
-- Read from agg_origin_hour. dim_weather is a small dimension of the combinations that occurred: one key stands for all bands, and two
-- of them are grouped here. Trap to mind: a band of a few flights has a mean that says little, so the flights stand beside it.
WITH weather AS (
    SELECT weather_key, sum(flights) AS flights, sum(cancelled) AS cancelled, sum(on_time) AS on_time, sum(dep_delay_minutes) AS dep_delay_minutes
    FROM agg_origin_hour
    GROUP BY weather_key
)
SELECT w.wind, w.precipitation, sum(flights) AS flights,
    round(1.0 * sum(dep_delay_minutes) / nullif(sum(flights - cancelled), 0), 1) AS mean_dep_delay,
    round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_pct
FROM weather
JOIN dim_weather w USING (weather_key)
GROUP BY w.wind, w.precipitation
ORDER BY CASE w.wind WHEN 'below 10 mph' THEN 1 WHEN '10 to 19 mph' THEN 2 WHEN '20 mph and more' THEN 3 ELSE 4 END,
    CASE w.precipitation WHEN 'dry' THEN 1 WHEN 'up to 0.1 in' THEN 2 WHEN 'more than 0.1 in' THEN 3 ELSE 4 END
