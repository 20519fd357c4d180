-- grain: one fact of an aircraft whose versions begin on other days than before, from the first such day on
-- moved_key (aircraft_key, tailnum): a temporary table of all keys that were ever given to these aircraft, from key_map. The parameter is the
-- smallest of the days. A scan from that day on: an index on aircraft_key would make every load slower to make a rare one faster.
UPDATE fact_flight
SET aircraft_key = v.aircraft_key
FROM moved_key m
JOIN dim_aircraft v ON v.tailnum = m.tailnum
WHERE m.aircraft_key = fact_flight.aircraft_key
  AND fact_flight.sched_dep_utc >= unixepoch($first, '-1 day')
  AND fact_flight.sched_date_key >= CAST(replace(v.valid_from, '-', '') AS INTEGER)
  AND fact_flight.sched_date_key < CAST(replace(v.valid_to, '-', '') AS INTEGER)
  AND v.aircraft_key <> fact_flight.aircraft_key
RETURNING sched_date_key
