-- question: Whose aircraft fly most?
-- grain: one row is one manufacturer, over all months; the ten with most flights
-- chart: manufacturer / flights
-- Read from agg_aircraft_month, summed by version first. Trap to mind: the registry writes some manufacturers in two ways (AIRBUS, AIRBUS
-- INDUSTRIE); they are kept as they came, for a merge is a decision about data and belongs in the curated layer.
WITH version AS (
    SELECT aircraft_key, sum(flights) AS flights, sum(air_minutes) AS air_minutes
    FROM agg_aircraft_month
    GROUP BY aircraft_key
)
SELECT a.manufacturer, sum(v.flights) AS flights,
    round(100.0 * sum(v.flights) / sum(sum(v.flights)) OVER (), 1) AS share_pct,
    sum(v.air_minutes) AS air_minutes
FROM version v
JOIN dim_aircraft a USING (aircraft_key)
GROUP BY a.manufacturer
ORDER BY flights DESC, a.manufacturer
LIMIT 10
