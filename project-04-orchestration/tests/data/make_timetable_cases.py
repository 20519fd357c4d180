"""Asks the timetables of a real Apache Airflow what they answer, and writes the table that TimetableTests compares with.

Run it with the Python of an Airflow 3.3 installation; nothing is read from its database, and no scheduler is needed:

    AIRFLOW_HOME=$(mktemp -d) AIRFLOW_PYTHON tests/data/make_timetable_cases.py > tests/data/airflow-timetables.csv

A row is a question and its answer. Questions: catchup and latest ask for the next run with and without catchup, manual
for the interval of a run triggered at `now`. Times are UTC; an empty answer means that there is no further run. Where
Airflow itself breaks down, run_after is "raises" and the error's name.
"""

import csv
import sys
from datetime import datetime, timedelta, timezone

from airflow._shared.timezones.timezone import coerce_datetime, parse_timezone
from airflow.timetables import interval, trigger
from airflow.timetables.base import DataInterval, TimeRestriction

COLUMNS = "timetable schedule zone question now last_start last_end earliest latest start end run_after".split()
NEW_YORK, BERLIN, KOLKATA = "America/New_York", "Europe/Berlin", "Asia/Kolkata"
LORD_HOWE, APIA, UTC = "Australia/Lord_Howe", "Pacific/Apia", "UTC"
KINDS = ("data-interval", "trigger")
rows = {}


def utc(text):
    """A moment from its text: `2013-03-10`, `2013-03-10 07:30`, with seconds if need be."""
    return coerce_datetime(datetime.fromisoformat(text).replace(tzinfo=timezone.utc)) if text else None


def text(moment):
    return "" if moment is None else moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def timetable(kind, schedule, zone):
    if kind == "delta":
        return interval.DeltaDataIntervalTimetable(timedelta(seconds=int(schedule)))
    if kind == "trigger":
        return trigger.CronTriggerTimetable(schedule, timezone=parse_timezone(zone))
    return interval.CronDataIntervalTimetable(schedule, parse_timezone(zone))


def ask(kind, schedule, zone, question, now="", last=None, earliest="", latest=""):
    """Puts one question, keeps it with its answer, and gives the answer's interval."""
    now, earliest, latest = utc(now), utc(earliest), utc(latest)
    last = last and DataInterval(*last)
    # both modules hold the clock under a name of their own
    interval.utcnow = trigger.utcnow = lambda: now
    table = timetable(kind, schedule, zone)
    answer, after = (None, None), ""
    try:
        if question == "manual":
            answer = table.infer_manual_data_interval(run_after=now)
        else:
            bounds = TimeRestriction(earliest, latest, question == "catchup")
            run = table.next_dagrun_info(last_automated_data_interval=last, restriction=bounds)
            if run:
                answer, after = run.data_interval, text(run.run_after)
    except Exception as error:
        after = "raises " + type(error).__name__
    key = (kind, schedule, zone, question, text(now), *map(text, last or (None, None)), text(earliest), text(latest))
    rows[key] = (*map(text, answer), after)
    return answer if answer[0] else None


def walk(kind, schedule, zone, start, steps):
    """Run after run from a start date, each with the interval of the one before as its last run."""
    last = None
    for _ in range(steps):
        last = ask(kind, schedule, zone, "catchup", "", last, start)
        if last is None:
            break


# Run after run: plain schedules, then those that touch a change of the clock. Start dates are seldom at a tick.
for schedule, zone, start, steps in [
    ("@hourly", UTC, "2013-01-01 00:30", 2), ("@daily", UTC, "2013-01-01", 3), ("@midnight", UTC, "2013-01-01", 1),
    ("@weekly", UTC, "2013-01-01", 2), ("@monthly", UTC, "2012-12-15", 3), ("@quarterly", UTC, "2013-01-01 00:01", 3),
    ("@yearly", UTC, "2012-02-29", 2), ("@annually", UTC, "2013-01-01", 1),
    ("*/15 * * * *", UTC, "2013-01-01 00:07:31", 3), ("7/20 * * * *", UTC, "2013-01-01", 3), ("59/15 * * * *", UTC, "2013-01-01", 2),
    ("*/7 * * * *", UTC, "2013-01-01 00:50", 3), ("*/90 * * * *", UTC, "2013-01-01", 2), ("5-20/5,50 22-2 * * *", UTC, "2013-01-01 02:10", 5),
    ("0 6 L * *", UTC, "2012-01-15", 4), ("0 6 15,L * *", UTC, "2013-02-01", 3), ("0 6 27-L * *", UTC, "2013-02-01", 3), ("0 0 31 * *", UTC, "2013-01-01", 4),
    ("0 0 29 2 *", UTC, "2013-01-01", 2), ("0 0 29 2 *", UTC, "1896-03-01", 2), ("0 0 30,31 1-3 *", UTC, "2013-01-30", 4), ("0 0 25-5 * *", UTC, "2013-01-04", 4),
    ("0 0 13 * 5", UTC, "2013-09-01", 4), ("0 0 13,L * FRI-MON", UTC, "2013-01-29", 4), ("0 0 31 2 5", UTC, "2013-02-01", 2),
    ("0 0 */1 * 5", UTC, "2013-01-01", 1), ("0 0 1-31 * 5", UTC, "2013-01-01", 1), ("0 0 */10 * 1-7", UTC, "2013-01-01", 3), ("0 0 13 * */2", UTC, "2013-01-10", 3),
    ("0 0 13 * ?", UTC, "2013-01-01", 1), ("0 0 ? * 1", UTC, "2013-01-01", 1),
    ("30 6 * * mon-fri", NEW_YORK, "2013-01-04 12:00", 3), ("0 12 * jan,Apr-JUN/2,dec SUN,3", UTC, "2013-01-01", 4), ("0 0 * nov-feb 7", UTC, "2013-01-20", 3),
    ("0 0 * * 5-7", UTC, "2013-01-01", 3), ("0 0 * * 0-7", UTC, "2013-01-01", 2), ("0 0 * * */2", UTC, "2013-01-01", 4), ("0 0 * * 1/2", UTC, "2013-01-01", 4), ("0 0 * * 7/3", UTC, "2013-01-01", 3),
    ("0 9 * * 5#2", UTC, "2013-01-01", 2), ("0 9 * * fri#1,2#5", UTC, "2013-01-01", 4), ("0 9 * * L5", UTC, "2013-01-01", 2), ("0 9 1W * *", UTC, "2013-05-15", 4), ("0 9 w15 * *", UTC, "2013-06-01", 2), ("0 9 28W 2 *", UTC, "2015-01-01", 2),
    ("0 12 * * * 30", UTC, "2013-01-01", 2), ("* * * * * */20", UTC, "2013-01-01 00:00:05", 4), ("59 23 31 12 * 59", UTC, "2013-01-01", 2),
    ("30 2 * * *", NEW_YORK, "2013-03-09", 4), ("30 1 * * *", NEW_YORK, "2013-11-02", 4), ("0 3 * * *", NEW_YORK, "2013-03-09", 3), ("15,45 2-3 * * *", NEW_YORK, "2013-03-10 05:00", 4),
    ("0 * * * *", NEW_YORK, "2013-03-10 05:00", 4), ("0 * * * *", NEW_YORK, "2013-11-03 04:00", 5), ("*/30 * * * *", NEW_YORK, "2013-11-03 04:30", 4), ("30 */2 * * *", NEW_YORK, "2013-11-03 03:00", 4), ("0 0-23 * * *", NEW_YORK, "2013-11-03 04:00", 4),
    ("0 */1 * * 1", NEW_YORK, "2013-11-03 03:00", 3), ("0 * * * 1", NEW_YORK, "2013-03-05 02:00", 4), ("*/20 1 * * *", NEW_YORK, "2013-11-03 04:00", 4),
    ("@daily", BERLIN, "2013-03-29 23:00", 3), ("@daily", BERLIN, "2013-10-25 22:00", 4), ("30 2 * * *", BERLIN, "2013-03-30", 3), ("30 2 * * *", BERLIN, "2013-10-26", 3), ("*/15 * * * *", BERLIN, "2013-03-31 00:40", 4), ("0 2 * * sun", BERLIN, "2013-03-20", 3), ("@monthly", BERLIN, "2013-02-28 23:00", 2),
    ("30 5 * * *", KOLKATA, "2013-01-01", 2), ("@hourly", KOLKATA, "2013-01-01", 1), ("@monthly", KOLKATA, "2013-01-01", 1),
    ("0 * * * *", LORD_HOWE, "2013-10-05 14:00", 4), ("0 * * * *", LORD_HOWE, "2013-04-06 13:30", 5), ("15 2 * * *", LORD_HOWE, "2013-10-04 20:00", 3), ("45 1 * * *", LORD_HOWE, "2013-04-05 20:00", 3), ("*/10 * * * *", LORD_HOWE, "2013-10-05 15:15", 3), ("@daily", LORD_HOWE, "2013-10-04", 3),
    ("0 12 * * *", APIA, "2011-12-28 20:00", 4), ("@daily", APIA, "2011-12-28 20:00", 4), ("0 */6 * * *", APIA, "2011-12-30 00:00", 5), ("@hourly", APIA, "2011-12-30 08:30", 4), ("0 0 * * 5", APIA, "2011-12-20", 4),
]:
    walk("data-interval", schedule, zone, start, steps)
    if zone != UTC:
        walk("trigger", schedule, zone, start, min(steps, 2))

# The latest run: at, just before and just after a tick, between ticks, and around changes of the clock.
for schedule, zone, moments in [
    ("@daily", UTC, ["2013-01-10", "2013-01-09 23:59:59", "2013-01-10 00:00:01", "2013-01-10 15:00"]),
    ("@hourly", NEW_YORK, ["2013-03-10 06:59", "2013-03-10 07:00", "2013-03-10 07:30", "2013-11-03 05:30", "2013-11-03 06:00", "2013-11-03 06:30"]),
    ("30 2 * * *", NEW_YORK, ["2013-03-10 07:29", "2013-03-10 07:30", "2013-03-10 07:35", "2013-03-11 06:30", "2013-11-03 07:30"]),
    ("30 1 * * *", NEW_YORK, ["2013-11-03 05:30", "2013-11-03 05:45", "2013-11-03 06:30", "2013-11-03 06:45"]),
    ("0 0 13 * 5", BERLIN, ["2013-09-12 22:00", "2013-09-13 12:00", "2013-09-14"]),
    ("0 6 L * *", UTC, ["2012-02-29 06:00", "2012-02-29 05:59:59", "2012-03-15"]),
    ("0 * * * *", LORD_HOWE, ["2013-10-05 15:20", "2013-10-05 15:40", "2013-10-05 16:00", "2013-10-05 16:10", "2013-04-06 15:10"]),
    ("0 12 * * *", APIA, ["2011-12-30 09:00", "2011-12-30 22:00", "2011-12-30 23:00"]),
    ("14 * 5 * *", NEW_YORK, ["2012-03-19 12:47:34"]),
    ("* * * * * */20", UTC, ["2013-01-01 00:00:20", "2013-01-01 00:00:20.500000"]),
]:
    for now in moments:
        ask("data-interval", schedule, zone, "latest", now)
        ask("data-interval", schedule, zone, "manual", now)
        ask("trigger", schedule, zone, "latest", now, earliest="2011-01-01 07:11")
    ask("trigger", schedule, zone, "latest", moments[0])
    ask("data-interval", schedule, zone, "latest", moments[0], earliest="2011-01-01 07:11")
    ask("trigger", schedule, zone, "manual", moments[0])

# Start dates to come, a last run in the past and in the present, end dates before, at and after the next start.
for kind in KINDS:
    for question in ("catchup", "latest"):
        ask(kind, "@daily", UTC, question, "2013-01-10 12:00")
        # a tenth of a day is 02:24
        ask(kind, "@daily", UTC, question, "2013-01-10 02:23:59")
        ask(kind, "@daily", UTC, question, "2013-01-10 02:24:01")
        ask(kind, "@hourly", UTC, question, "2013-01-10 12:04")
        ask(kind, "@hourly", UTC, question, "2013-01-10 12:08")
        ask(kind, "@daily", UTC, question, "2013-01-10 12:00", earliest="2013-02-01 00:00:01")
        ask(kind, "@daily", UTC, question, "2013-01-10 12:00", earliest="2013-02-01")
        ask(kind, "@daily", BERLIN, question, "2013-01-10 12:00", earliest="2013-02-01")
        for day in ("03", "08", "09", "10"):
            at = utc(f"2013-01-{day}")
            last = (at, at + timedelta(days=kind == "data-interval"))
            ask(kind, "@daily", UTC, question, "2013-01-10 12:00", last, "2013-01-01")
            for latest in ("2013-01-08 23:59:59", "2013-01-09", "2013-01-10") if day == "08" else ():
                ask(kind, "@daily", UTC, question, "2013-01-10 12:00", last, "2013-01-01", latest)
        # the start date was moved behind the last run
        ask(kind, "@daily", UTC, question, "2013-03-10 12:00", (utc("2013-01-03"), utc("2013-01-04")), "2013-02-01 06:00")
        # the last run comes from another schedule or zone, or from a schedule without intervals
        for schedule, zone in [("@weekly", UTC), ("0 6 * * *", UTC), ("@daily", NEW_YORK)]:
            for start, end in [("2013-01-10 05:00", "2013-01-10 06:00"), ("2013-01-09 07:07", "2013-01-09 07:07"), ("2013-01-01", "2013-02-01")]:
                ask(kind, schedule, zone, question, "2013-01-10 12:00", (utc(start), utc(end)), "2012-12-15")

# Lengths of time: a day, a week, an odd one, and one that divides nothing.
for seconds in ("86400", "5400", "604801"):
    walk("delta", seconds, UTC, "2013-03-09 17:11:05", 3)
    for now in ("2013-03-10", "2013-03-10 07:30:01", "2013-03-14"):
        ask("delta", seconds, UTC, "latest", now)
        ask("delta", seconds, UTC, "latest", now, earliest="2013-03-01 05:00")
        ask("delta", seconds, UTC, "latest", now, earliest="2013-04-01 05:00", latest="2013-04-01 05:00")
        ask("delta", seconds, UTC, "latest", now, (utc("2013-03-08"), utc("2013-03-09")), "2013-03-01 05:00", "2013-03-13")
        ask("delta", seconds, UTC, "manual", now)
    ask("delta", seconds, UTC, "catchup", "2013-03-10")
    ask("delta", seconds, UTC, "catchup", "2013-03-10", (utc("2013-03-08"), utc("2013-03-08")), "2013-03-01")
    ask("delta", seconds, UTC, "catchup", "2013-03-10", (utc("2013-03-08"), utc("2013-03-09")), "2013-03-01", "2013-03-08 23:59:59")

out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(COLUMNS)
out.writerows(key + answer for key, answer in rows.items())
