-- One aircraft, three versions: cabins were changed on two days. Half-open intervals: valid_to is the first day of the next version.
SELECT aircraft_key, tailnum, valid_from, valid_to, is_current, seats
FROM dim_aircraft
WHERE tailnum = 'N328AA'
ORDER BY valid_from;

-- Its flights in the warehouse, each with the version that was valid on its day.
SELECT v.valid_from, v.seats, count(*) AS flights, min(d.date) AS first_day, max(d.date) AS last_day
FROM fact_flight f
JOIN dim_aircraft v ON v.aircraft_key = f.aircraft_key
JOIN dim_date d ON d.date_key = f.sched_date_key
WHERE v.tailnum = 'N328AA'
GROUP BY v.valid_from, v.seats
ORDER BY v.valid_from;

-- How many seats did the arrived flights of January have? As it was: the fact's own version.
SELECT l.carrier, sum(a.seats) AS seats_as_it_was
FROM fact_flight f
JOIN dim_aircraft a ON a.aircraft_key = f.aircraft_key
JOIN dim_airline l ON l.airline_key = f.airline_key
JOIN dim_date d ON d.date_key = f.sched_date_key
WHERE d.year_month = '2013-01' AND f.cancelled + f.diverted = 0
GROUP BY l.carrier
ORDER BY seats_as_it_was DESC
LIMIT 5;

-- As it is now: the same flights, with today's version of each aircraft. It answers another question: how many seats would they have
-- if they were flown again?
SELECT l.carrier, sum(now.seats) AS seats_as_it_is_now
FROM fact_flight f
JOIN dim_aircraft a ON a.aircraft_key = f.aircraft_key
JOIN dim_aircraft now ON now.tailnum = a.tailnum AND now.is_current = 1
JOIN dim_airline l ON l.airline_key = f.airline_key
JOIN dim_date d ON d.date_key = f.sched_date_key
WHERE d.year_month = '2013-01' AND f.cancelled + f.diverted = 0
GROUP BY l.carrier
ORDER BY seats_as_it_is_now DESC
LIMIT 5;
