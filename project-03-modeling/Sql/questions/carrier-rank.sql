-- question: Which carriers arrive with the least delay, month by month?
-- grain: one row is one carrier in one month
-- chart: month+carrier / mean_arr_delay
-- Read from agg_route_month. The rank is of the exact mean, not of the rounded one, so two carriers share a rank only when they are equal.
-- Trap avoided: a carrier of which nothing arrived in a month has no mean, and is left out instead of ranked first.
WITH carrier_month AS (
    SELECT month_key, airline_key, sum(arr_delay_minutes) AS arr_delay_minutes, sum(flights - cancelled - diverted) AS arrived
    FROM agg_route_month
    GROUP BY month_key, airline_key
    HAVING sum(flights - cancelled - diverted) > 0
)
SELECT substr(c.month_key, 1, 4) || '-' || substr(c.month_key, 5) AS month,
    rank() OVER (PARTITION BY c.month_key ORDER BY 1.0 * c.arr_delay_minutes / c.arrived) AS rank,
    a.carrier, c.arrived,
    round(1.0 * c.arr_delay_minutes / c.arrived, 1) AS mean_arr_delay
FROM carrier_month c
JOIN dim_airline a USING (airline_key)
ORDER BY c.month_key, rank, a.carrier
