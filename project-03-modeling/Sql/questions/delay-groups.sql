-- question: How are the arrival delays distributed?
-- grain: one row is one group of arrival delays, a quarter of an hour wide
-- chart: arrival_delay / flights
-- Read from agg_delay_month, the one aggregate that keeps the groups. Trap avoided: flights that did not arrive have a member of their
-- own (not applicable), so the shares are of all flights and add up to 100.
WITH delay AS (
    SELECT delay_group_key, sum(flights) AS flights
    FROM agg_delay_month
    GROUP BY delay_group_key
)
SELECT g.name AS arrival_delay, d.flights,
    round(100.0 * d.flights / sum(d.flights) OVER (), 1) AS share_pct
FROM delay d
JOIN dim_delay_group g USING (delay_group_key)
ORDER BY g.delay_group_key < 0, g.delay_group_key
