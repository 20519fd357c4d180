-- grain: one law that a warehouse breaks, in words; no row when all hold. Foreign keys are checked beside (PRAGMA foreign_key_check).

-- every aggregate counts the same flights, and sums the same minutes
SELECT 'agg_origin_hour has ' || h.flights || ' flights and ' || h.arr || ' minutes of arrival delay, agg_route_month ' || r.flights || ' and ' || r.arr AS broken
FROM (SELECT sum(flights) AS flights, sum(arr_delay_minutes) AS arr, sum(distance_miles) AS miles FROM agg_origin_hour) h,
     (SELECT sum(flights) AS flights, sum(arr_delay_minutes) AS arr, sum(distance_miles) AS miles FROM agg_route_month) r
WHERE (h.flights, h.arr, h.miles) IS NOT (r.flights, r.arr, r.miles)
UNION ALL
SELECT 'agg_aircraft_month has ' || a.flights || ' flights, agg_route_month ' || r.flights
FROM (SELECT sum(flights) AS flights, sum(distance_miles) AS miles, sum(air_minutes) AS air, sum(dep_delay_minutes) AS dep FROM agg_aircraft_month) a,
     (SELECT sum(flights) AS flights, sum(distance_miles) AS miles, sum(air_minutes) AS air, sum(dep_delay_minutes) AS dep FROM agg_route_month) r
WHERE (a.flights, a.miles, a.air, a.dep) IS NOT (r.flights, r.miles, r.air, r.dep)
UNION ALL
SELECT 'agg_delay_month has ' || a.flights || ' flights, agg_route_month ' || r.flights
FROM (SELECT sum(flights) AS flights, sum(arr_delay_minutes) AS arr FROM agg_delay_month) a, (SELECT sum(flights) AS flights, sum(arr_delay_minutes) AS arr FROM agg_route_month) r
WHERE (a.flights, a.arr) IS NOT (r.flights, r.arr)
UNION ALL
SELECT 'fact_aircraft_day has ' || d.rows || ' rows of ' || a.aircraft || ' aircraft on ' || d.days || ' days'
FROM (SELECT count(*) AS rows, coalesce(julianday(max(b.date)) - julianday(min(b.date)) + 1, 0) AS days FROM fact_aircraft_day JOIN dim_date b USING (date_key)) d,
     (SELECT count(DISTINCT tailnum) AS aircraft FROM dim_aircraft WHERE aircraft_key > 0) a
WHERE d.rows <> a.aircraft * d.days
UNION ALL
SELECT 'fact_aircraft_day reaches from ' || d.first || ' to ' || d.last || ', the flights from ' || h.first || ' to ' || h.last
FROM (SELECT min(date_key) AS first, max(date_key) AS last FROM fact_aircraft_day) d, (SELECT min(sched_date_key) AS first, max(sched_date_key) AS last FROM agg_origin_hour) h
WHERE (d.first, d.last) IS NOT (h.first, h.last) AND EXISTS (SELECT 1 FROM dim_aircraft WHERE aircraft_key > 0)
UNION ALL
SELECT 'fact_aircraft_day has ' || d.flights || ' flights of known aircraft, agg_aircraft_month ' || a.flights
FROM (SELECT coalesce(sum(flights), 0) AS flights FROM fact_aircraft_day) d, (SELECT coalesce(sum(flights), 0) AS flights FROM agg_aircraft_month WHERE aircraft_key > 0) a
WHERE d.flights <> a.flights
UNION ALL
-- the members that stand for nothing
SELECT 'a dimension lacks -1 or -2'
WHERE 14 <> (SELECT count(*) FROM dim_date WHERE date_key < 0) + (SELECT count(*) FROM dim_time_of_day WHERE time_key < 0) + (SELECT count(*) FROM dim_airport WHERE airport_key < 0) + (SELECT count(*) FROM dim_airline WHERE airline_key < 0)
          + (SELECT count(*) FROM dim_aircraft WHERE aircraft_key < 0) + (SELECT count(*) FROM dim_delay_group WHERE delay_group_key < 0) + (SELECT count(*) FROM dim_weather WHERE weather_key < 0)
UNION ALL
-- the versions of an aircraft: each begins where one ends, or with time; each ends where one begins, or never, and is then the current
-- one. With (tailnum, valid_from) unique and valid_from < valid_to that leaves no gap and no overlap
SELECT * FROM (SELECT a.tailnum || ' has a version ' || a.valid_from || ' to ' || a.valid_to || ', is_current ' || a.is_current || ', with a gap or an overlap beside it'
FROM dim_aircraft a
WHERE a.is_current <> (a.valid_to = '9999-12-31')
   OR a.valid_to <> '9999-12-31' AND NOT EXISTS (SELECT 1 FROM dim_aircraft b WHERE b.tailnum = a.tailnum AND b.valid_from = a.valid_to)
   OR a.valid_from <> '0001-01-01' AND NOT EXISTS (SELECT 1 FROM dim_aircraft b WHERE b.tailnum = a.tailnum AND b.valid_to = a.valid_from)
LIMIT 3)
UNION ALL
SELECT 'of ' || tails || ' aircraft ' || firsts || ' have a first version and ' || lasts || ' a current one'
FROM (SELECT count(DISTINCT tailnum) AS tails, sum(valid_from = '0001-01-01') AS firsts, sum(is_current) AS lasts FROM dim_aircraft)
WHERE tails <> firsts OR tails <> lasts
