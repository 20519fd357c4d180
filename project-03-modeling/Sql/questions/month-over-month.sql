-- question: How did flights and punctuality change from month to month at each origin?
-- grain: one row is one origin in one month
-- chart: origin+month / on_time_pct_change
-- Read from agg_route_month. Trap to mind: lag() takes the row before, which is another month than the one before where an origin had a
-- month without flights; previous_month says which it is. A month that is not over yet has fewer flights, its rate is comparable.
WITH origin_month AS (
    SELECT origin_airport_key, month_key, sum(flights) AS flights, sum(on_time) AS on_time
    FROM agg_route_month
    GROUP BY month_key, origin_airport_key
)
SELECT o.faa AS origin, substr(m.month_key, 1, 4) || '-' || substr(m.month_key, 5) AS month, m.flights,
    round(100.0 * m.on_time / m.flights, 1) AS on_time_pct,
    lag(substr(m.month_key, 1, 4) || '-' || substr(m.month_key, 5)) OVER w AS previous_month,
    m.flights - lag(m.flights) OVER w AS flights_change,
    round(100.0 * m.on_time / m.flights - 100.0 * lag(m.on_time) OVER w / lag(m.flights) OVER w, 1) AS on_time_pct_change
FROM origin_month m
JOIN dim_airport o ON o.airport_key = m.origin_airport_key
WINDOW w AS (PARTITION BY m.origin_airport_key ORDER BY m.month_key)
ORDER BY o.faa, m.month_key
