-- question: How many flights were scheduled up to each day?
-- grain: one row is one day that had a flight
-- chart: date / running_total
-- Read from agg_origin_hour, summed by day in the order in which it is stored. The running total is a window over these few rows, not
-- over the flights. Trap avoided: the date is the local one of the timetable, not that of the actual departure.
WITH day AS (
    SELECT sched_date_key, sum(flights) AS flights
    FROM agg_origin_hour
    GROUP BY sched_date_key
)
SELECT d.date, day.flights, sum(day.flights) OVER (ORDER BY d.date ROWS UNBOUNDED PRECEDING) AS running_total
FROM day
JOIN dim_date d ON d.date_key = day.sched_date_key
ORDER BY d.date
