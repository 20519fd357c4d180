-- question: How are the arrival delays distributed?
-- grain: one row is one group of arrival delays, a quarter of an hour wide
-- chart: arrival_delay / flights
-- Read from fact_flight: no aggregate keeps the groups. Trap avoided: flights that did not arrive have a member of their own
-- (not applicable), so the shares are of all flights and add up to 100.
SELECT g.name AS arrival_delay, c.flights,
    round(100.0 * c.flights / sum(c.flights) OVER (), 1) AS share_pct
FROM (SELECT delay_group_key, count(*) AS flights FROM fact_flight GROUP BY delay_group_key) c
JOIN dim_delay_group g USING (delay_group_key)
ORDER BY g.delay_group_key < 0, g.delay_group_key
