-- grain: one clean flight
-- Business columns: what analysts ask for, computed once. The zones come from the airports; a destination that is not among them
-- has no local times of arrival. arr_utc is the first instant after take-off plus air time at which the clocks there show arr_time.
WITH timed AS (
  SELECT f.*, o.tzone AS origin_zone, d.tzone AS dest_zone,
         strftime('%Y-%m-%dT%H:%M:%SZ', f.time_hour, '+' || f.minute || ' minutes') AS sched_dep_utc
  FROM clean_flights f
  LEFT JOIN clean_airports o ON o.faa = f.origin
  LEFT JOIN clean_airports d ON d.faa = f.dest
),
departed AS (
  SELECT *, strftime('%Y-%m-%dT%H:%M:%SZ', sched_dep_utc, dep_delay || ' minutes') AS dep_utc FROM timed
),
arrived AS (
  SELECT *, next_local_time(strftime('%Y-%m-%dT%H:%M:%SZ', dep_utc, '+' || coalesce(air_time, 0) || ' minutes'), arr_time, dest_zone) AS arr_utc FROM departed
)
SELECT
  a.carrier, a.flight, a.tailnum, a.origin, a.dest,
  a.origin || '-' || a.dest AS route,
  a.sched_dep_utc, a.dep_utc, a.arr_utc,
  local_time(a.sched_dep_utc, a.origin_zone) AS sched_dep_local,
  local_time(a.dep_utc, a.origin_zone) AS dep_local,
  local_time(a.arr_utc, a.dest_zone) AS arr_local,
  a.dep_delay, a.arr_delay, a.air_time, a.distance,
  CASE WHEN a.dep_time IS NULL THEN 'cancelled'
       WHEN a.dep_delay < 0 THEN 'early'
       WHEN a.dep_delay < 15 THEN 'on time'
       WHEN a.dep_delay < 60 THEN 'late'
       ELSE 'very late' END AS dep_delay_group,
  a.dep_time IS NULL AS is_cancelled,
  a.dep_time IS NOT NULL AND a.air_time IS NULL AS is_diverted,
  strftime('%w', printf('%04d-%02d-%02d', a.year, a.month, a.day)) IN ('0', '6') AS is_weekend,
  CASE WHEN a.distance < 500 THEN 'under 500 miles'
       WHEN a.distance < 1000 THEN '500 to 999 miles'
       WHEN a.distance < 2000 THEN '1,000 to 1,999 miles'
       ELSE '2,000 miles and more' END AS distance_band,
  a.year - p.year AS aircraft_age_years,
  p.manufacturer, p.model, p.seats,
  a._drop, a._file, a._row
FROM arrived a
LEFT JOIN clean_planes p ON p.tailnum = a.tailnum
ORDER BY a.sched_dep_utc, a.carrier, a.flight
