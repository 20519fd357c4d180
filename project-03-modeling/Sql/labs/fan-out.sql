-- How many miles were the flights of the warehouse to fly? Every flight has its distance once.
SELECT count(*) AS flights, sum(distance_miles) AS miles
FROM fact_flight;

-- WRONG. What was the weather at their origin? A day has up to 24 hours of weather, and each flight meets all of them: it is counted
-- as often. The join is by columns that are not unique in fact_weather_hour.
SELECT count(*) AS flights, sum(f.distance_miles) AS miles
FROM fact_flight f
JOIN fact_weather_hour w ON w.airport_key = f.origin_airport_key AND w.date_key = f.sched_date_key;

-- Right. The fact has one key for the weather of its hour.
SELECT count(*) AS flights, sum(f.distance_miles) AS miles
FROM fact_flight f
JOIN dim_weather w ON w.weather_key = f.weather_key;

-- WRONG. Which aircraft flew them? By tail number a flight meets every version of its aircraft. Few have more than one: the total is
-- off by little, and nobody notices.
SELECT count(*) AS flights, sum(f.distance_miles) AS miles
FROM fact_flight f
JOIN dim_aircraft a ON a.aircraft_key = f.aircraft_key
JOIN dim_aircraft v ON v.tailnum = a.tailnum;

-- Right. The surrogate key stands for one version: the one that was valid on the day.
SELECT count(*) AS flights, sum(f.distance_miles) AS miles
FROM fact_flight f
JOIN dim_aircraft a ON a.aircraft_key = f.aircraft_key;

-- WRONG, and there is no error message: an average hides the fan-out, for it is off by less than the sum.
SELECT round(avg(f.distance_miles), 1) AS mean_miles
FROM fact_flight f
JOIN dim_aircraft a ON a.aircraft_key = f.aircraft_key
JOIN dim_aircraft v ON v.tailnum = a.tailnum;

-- Right.
SELECT round(avg(f.distance_miles), 1) AS mean_miles
FROM fact_flight f;
