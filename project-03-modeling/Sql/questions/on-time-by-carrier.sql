-- question: How punctual was each carrier in each month?
-- grain: one row is one carrier in one month
-- chart: month+carrier / on_time_pct
-- Read from agg_route_month: a carrier's month is a sum over its routes. Trap avoided: the mean of the routes' rates would give a
-- route of ten flights the weight of one of a thousand. Sums are divided once, at the end. Cancelled and diverted count as late.
SELECT substr(r.month_key, 1, 4) || '-' || substr(r.month_key, 5) AS month, a.carrier, a.name AS airline,
    sum(r.flights) AS flights,
    round(100.0 * sum(r.on_time) / sum(r.flights), 1) AS on_time_pct
FROM agg_route_month r
JOIN dim_airline a USING (airline_key)
GROUP BY r.month_key, r.airline_key
ORDER BY r.month_key, a.carrier
