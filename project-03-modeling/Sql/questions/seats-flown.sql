-- question: How many seats did each carrier bring to their destination in each month?
-- grain: one row is one carrier in one month
-- chart: month+carrier / seats_flown
-- Read from agg_aircraft_month: it keeps apart the versions of an aircraft, so a flight counts the seats that were fitted on its day.
-- Trap avoided: joined by tailnum, an aircraft of two versions would count each flight twice. Aircraft without known seats add none;
-- arrived_seats_unknown says how many flights that are.
SELECT substr(m.month_key, 1, 4) || '-' || substr(m.month_key, 5) AS month, l.carrier,
    sum(m.flights - m.cancelled - m.diverted) AS arrived,
    sum(CASE WHEN a.seats IS NULL THEN m.flights - m.cancelled - m.diverted ELSE 0 END) AS arrived_seats_unknown,
    coalesce(sum(a.seats * (m.flights - m.cancelled - m.diverted)), 0) AS seats_flown
FROM agg_aircraft_month m
JOIN dim_aircraft a USING (aircraft_key)
JOIN dim_airline l USING (airline_key)
GROUP BY m.month_key, m.airline_key
ORDER BY m.month_key, l.carrier
