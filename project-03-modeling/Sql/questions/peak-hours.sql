-- question: In which hours of the day are most flights scheduled, and how late do they leave?
-- grain: one row is one local hour of scheduled departure, over all days
-- chart: hour / flights
-- Read from agg_origin_hour. It is summed by day and hour first, in the order in which it is stored, so only that little is sorted.
-- Trap avoided: the delay is divided by the flights that departed, not by those that were scheduled.
WITH day_hour AS (
    SELECT sched_date_key, sched_hour, sum(flights) AS flights, sum(cancelled) AS cancelled, sum(on_time) AS on_time, sum(dep_delay_minutes) AS dep_delay_minutes
    FROM agg_origin_hour
    GROUP BY sched_date_key, sched_hour
)
SELECT sched_hour AS hour, sum(flights) AS flights,
    round(1.0 * sum(dep_delay_minutes) / nullif(sum(flights - cancelled), 0), 1) AS mean_dep_delay,
    round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_pct
FROM day_hour
GROUP BY sched_hour
ORDER BY sched_hour
