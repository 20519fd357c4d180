-- question: Which routes with at least 50 flights are the least punctual?
-- grain: one row is one route, over all months and carriers; the 15 worst
-- chart: origin+dest / on_time_pct
-- Read from agg_route_month. dim_airport is joined twice, in two roles. Trap avoided: without a minimum of flights a route of two
-- flights, both late, would be the worst of all.
WITH route AS (
    SELECT origin_airport_key, dest_airport_key, sum(flights) AS flights, sum(on_time) AS on_time,
        sum(arr_delay_minutes) AS arr_delay_minutes, sum(flights - cancelled - diverted) AS arrived
    FROM agg_route_month
    GROUP BY 1, 2
    HAVING sum(flights) >= 50
)
SELECT o.faa AS origin, d.faa AS dest, r.flights,
    round(100.0 * r.on_time / r.flights, 1) AS on_time_pct,
    round(1.0 * r.arr_delay_minutes / nullif(r.arrived, 0), 1) AS mean_arr_delay
FROM route r
JOIN dim_airport o ON o.airport_key = r.origin_airport_key
JOIN dim_airport d ON d.airport_key = r.dest_airport_key
ORDER BY on_time_pct, r.flights DESC, origin, dest
LIMIT 15
