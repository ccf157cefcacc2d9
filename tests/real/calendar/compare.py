#!/usr/bin/env python3
"""The other side of tests/calendar.rs: calendars by programs that are not ours.

compare.py rules SEED COUNT   generates COUNT recurrence rules and works them out with dateutil; a JSON line for each:
                              {"zone", "start", "rule", "day", "to", "expected"}, times in UTC, `to` not included
compare.py feed               reads an iCalendar feed with the icalendar package; a JSON line for each event

Needs python3-dateutil and python3-icalendar. What dateutil does not do as RFC 5545 says is not generated: weekdays with
and without an ordinal in one rule (it intersects them), and week numbers from 52 and -52 (it takes the first days of a
year for another week than ISO 8601 and `date.isocalendar` do).
"""
import datetime as datetime_module
import json
import random
import sys
import types
import warnings
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
INSTANCES_MAX = 400
ZONES = [
    "Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "America/Santiago", "America/Los_Angeles",
    "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "Asia/Kolkata", "Etc/UTC",
]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
# How many days of each frequency are worked out.
SPAN = {"YEARLY": 8000, "MONTHLY": 4000, "WEEKLY": 2000, "DAILY": 1000, "HOURLY": 200, "MINUTELY": 8, "SECONDLY": 1}


def some(rnd, low, high, most):
    return sorted({rnd.randint(low, high) for _ in range(rnd.randint(1, most))})


def either_end(rnd, high, most):
    return [n for n in some(rnd, -high, high, most) if n] or [1]


def joined(values):
    return ",".join(str(value) for value in values)


def weekdays(rnd, frequency, in_weeks, in_months):
    days = rnd.sample(DAYS, rnd.randint(1, 4))
    if in_weeks or frequency not in ("YEARLY", "MONTHLY") or rnd.random() < 0.5:
        return days
    high = 5 if frequency == "MONTHLY" or in_months or rnd.random() < 0.5 else 52
    return [f"{rnd.choice([-1, 1]) * rnd.randint(1, high)}{day}" for day in days]


def day_parts(rnd, frequency):
    parts = {}
    if rnd.random() < 0.35:
        parts["BYMONTH"] = joined(some(rnd, 1, 12, 4))
    if frequency == "YEARLY" and rnd.random() < 0.2:
        parts["BYWEEKNO"] = joined(either_end(rnd, 51, 4))
    if frequency not in ("DAILY", "WEEKLY", "MONTHLY") and rnd.random() < 0.15:
        parts["BYYEARDAY"] = joined(either_end(rnd, 366, 8))
    if frequency != "WEEKLY" and rnd.random() < 0.3:
        parts["BYMONTHDAY"] = joined(either_end(rnd, 31, 5))
    if rnd.random() < 0.5:
        parts["BYDAY"] = joined(weekdays(rnd, frequency, "BYWEEKNO" in parts, "BYMONTH" in parts))
    return parts


def time_parts(rnd, frequency):
    parts = {}
    level = FREQUENCIES.index(frequency)
    rare = 0.15 if level < 4 else 0.4
    if rnd.random() < rare + 0.1:
        # The hours in which clocks change are the interesting ones.
        parts["BYHOUR"] = joined(some(rnd, 0, rnd.choice([4, 23]), 3))
    if rnd.random() < rare:
        parts["BYMINUTE"] = joined(some(rnd, 0, 59, 3))
    if rnd.random() < rare / 2:
        parts["BYSECOND"] = joined(some(rnd, 0, 59, 2))
    return parts


def interval(rnd, frequency):
    if frequency in ("MINUTELY", "SECONDLY"):
        return rnd.choice([1, 7, 15, 90, 1000, 3601])
    return rnd.choice([1, 1, 1, 2, 3, 4, 5, 7, 18])


def start_of(rnd, zone):
    """A local time, half of them in the days and hours around a change of clocks."""
    start = datetime(rnd.randint(2008, 2027), 1, 1) + timedelta(days=rnd.randrange(365), minutes=rnd.randrange(1440))
    if rnd.random() < 0.5:
        offset = start.replace(tzinfo=zone).utcoffset()
        for day in range(400):
            later = start + timedelta(days=day)
            if later.replace(tzinfo=zone).utcoffset() != offset:
                start = later - timedelta(days=rnd.randrange(10))
                break
        start = start.replace(hour=rnd.randrange(5), minute=rnd.choice([0, 15, 30, 59]))
    return start


def generated(rnd):
    name = rnd.choice(ZONES)
    zone = ZoneInfo(name)
    is_day = rnd.random() < 0.15
    frequency = rnd.choices(FREQUENCIES, [20, 25, 20, 15, 8, 7, 5])[0]
    if is_day:
        frequency = rnd.choice(FREQUENCIES[:4])
    start = start_of(rnd, zone)
    if is_day:
        start = start.replace(hour=0, minute=0)
    parts = {"FREQ": frequency, **day_parts(rnd, frequency)}
    if not is_day:
        parts.update(time_parts(rnd, frequency))
    step = interval(rnd, frequency)
    if step > 1 or rnd.random() < 0.1:
        parts["INTERVAL"] = str(step)
    if rnd.random() < 0.4:
        parts["WKST"] = rnd.choice(DAYS)
    if len(parts) > 2 and any(key.startswith("BY") for key in parts) and rnd.random() < 0.25:
        parts["BYSETPOS"] = joined(either_end(rnd, rnd.choice([3, 10, 200]), 3))
    end = start + timedelta(days=SPAN[frequency])
    ending = rnd.random()
    if ending < 0.3:
        parts["COUNT"] = str(rnd.choice([1, 2, 5, 10, 30, 100]))
    elif ending < 0.6:
        until = start + (end - start) * rnd.random()
        if is_day:
            parts["UNTIL"] = until.strftime("%Y%m%d")
        else:
            parts["UNTIL"] = until.replace(tzinfo=zone).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    keys = [key for key in parts if key != "FREQ"]
    rnd.shuffle(keys)
    rule = ";".join(f"{key}={parts[key]}" for key in ["FREQ", *keys])
    return name, start, rule, is_day, end


def worked_out(name, start, rule, is_day, end):
    from dateutil import rrule

    # dateutil looks for a next instance until the year 9999, also behind UNTIL. So the calendar ends earlier for it.
    rrule.datetime = types.SimpleNamespace(**{**vars(datetime_module), "MAXYEAR": end.year})
    zone = None if is_day else ZoneInfo(name)
    begins = start.replace(tzinfo=zone)
    ends = end.replace(tzinfo=zone)
    text = rule
    if "UNTIL" not in rule:
        stamp = end.strftime("%Y%m%d") if is_day else ends.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        text += f";UNTIL={stamp}"
    found = []
    to = None
    for at in rrule.rrulestr(text, dtstart=begins):
        if at >= ends:
            break
        if len(found) >= INSTANCES_MAX:
            to = at
            break
        found.append(at)
    return found, to or ends


def rule_lines(seed, count):
    rnd = random.Random(seed)
    made = 0
    while made < count:
        name, start, rule, is_day, end = generated(rnd)
        try:
            warnings.simplefilter("ignore", DeprecationWarning)
            found, to = worked_out(name, start, rule, is_day, end)
        except ValueError as error:
            # dateutil refuses rules that can never be met, such as every second hour at odd hours.
            print(f"passed over: {rule}: {error}", file=sys.stderr)
            continue
        made += 1
        # A whole day is compared in UTC.
        utc = [at.replace(tzinfo=UTC) if is_day else at.astimezone(UTC) for at in [*found, to]]
        stamps = [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in utc]
        # The later of two local times may be the earlier moment, and two may be one.
        expected = sorted({stamp for stamp in stamps[:-1] if stamp < stamps[-1]})
        local = start.strftime("%Y%m%d" if is_day else "%Y%m%dT%H%M%S")
        print(json.dumps({"zone": name, "start": local, "rule": rule, "day": is_day, "to": stamps[-1], "expected": expected}))


def feed_lines():
    from icalendar import Calendar

    for event in Calendar.from_ical(sys.stdin.buffer.read()).walk("VEVENT"):
        moment = lambda key: event.decoded(key).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        print(json.dumps({
            "uid": str(event["UID"]), "starts": moment("DTSTART"), "ends": moment("DTEND"),
            "modified": moment("LAST-MODIFIED"), "summary": str(event["SUMMARY"]),
            "location": str(event["LOCATION"]) if "LOCATION" in event else None,
            "description": str(event["DESCRIPTION"]) if "DESCRIPTION" in event else None,
            "confirmed": str(event["STATUS"]) == "CONFIRMED", "sequence": int(event["SEQUENCE"]),
        }))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["rules", seed, count]:
            rule_lines(int(seed), int(count))
        case ["feed"]:
            feed_lines()
        case _:
            sys.exit(__doc__)
