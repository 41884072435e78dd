"""Time off on its way into Odoo (OBJ-16): it is as long here as it was granted there, or a person is asked."""

from datetime import datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from odoo.fields import Date
from odoo.tools import format_date, formatLang

from ..item import Stopped

LEAVE = "hr.leave"
LENGTH_DIFFERS = "length_differs"

#: What decides how long Odoo makes it.
MEASURED = (
    "employee_id",
    "holiday_status_id",
    "request_date_from",
    "request_date_to",
    "request_date_from_period",
    "request_date_to_period",
    "request_hour_from",
    "request_hour_to",
)
#: What is asked of time off that Odoo has counted.
COUNTED = (*MEASURED, "date_from", "date_to", "number_of_days", "number_of_hours", "resource_calendar_id")
#: Whole days, by the type's unit.
WHOLE = {
    "day": {},
    "half_day": {"request_date_from_period": "am", "request_date_to_period": "pm"},
    "hour": {"request_hour_from": 0.0, "request_hour_to": 0.0},  # 0: as the working schedule has it
}
#: How far lengths may be apart that are the same. In days an eighth: systems differ in how many hours make a day.
DAY_TOLERANCE, HOUR_TOLERANCE = 0.125, 0.02


class Leave:
    """Time off as it will be, counted by Odoo itself, in memory. Read as superuser.

    :ivar before: the time off as it is, empty for a new one
    :ivar days, hours: how long it is there; at most one of them is said
    :ivar amounts: how much of each day it is there, by day, where that is said; in hours where `hours` is said, else
        in days
    """

    def __init__(self, item, record, values):
        self.before = record.sudo()
        self.days, self.hours = _length(item.canonical)
        unit = "hours" if self.hours else "days"
        daily = item.canonical.get("dailyAmounts") or ()
        self.amounts = {Date.to_date(one["date"]): one["amount"] for one in daily if one["unit"] == unit}
        known = {} if record else dict(WHOLE["half_day"])
        self.values = known | {name: values[name] for name in MEASURED if name in values}
        self.line = self._counted({})

    @classmethod
    def of(cls, item, record, changed):
        """The time off, or None: nobody says how long it is, or it does not take place."""
        if not any(_length(item.canonical)) or item.canonical.get("status") in ("refused", "cancelled"):
            return None
        leave = cls(item, record, changed)
        return leave if leave.line.date_from and leave.line.date_to else None

    def asked(self):
        """What a person who accepts has seen."""
        line = self.line
        return [
            *(line.employee_id.ids + line.holiday_status_id.ids),
            *(str(day) for day in (line.request_date_from, line.request_date_to)),
            self.days,
            self.hours,
            *(f"{day} {amount}" for day, amount in sorted(self.amounts.items()) if self.is_long),
        ]

    @property
    def env(self):
        return self.before.env

    @property
    def unit(self):
        return self.line.holiday_status_id.request_unit

    def halves_or_hours(self):
        """The values by which it becomes as long as it is there. Where people chose the half or the hours here, and
        they are as many as there, it stays with them. Whole days where nothing fits."""
        if self.before and self.fits(self.line):
            return {}
        for choice in self._choices():
            if self.fits(self._counted(choice)):
                return choice
        return WHOLE[self.unit]

    @property
    def is_long(self):
        return self.line.request_date_from != self.line.request_date_to

    def fits(self, line):
        """Whether Odoo counts as much as they do, on each day where they say how much."""
        whole = self._counted(WHOLE[self.unit])
        return self._as_much(line, self.days, self.hours, whole) and not self.odd_day(line)

    def odd_day(self, line):
        """The first day of which Odoo counts another amount, ``(day, there, here)``; None where there is none."""
        if not self.amounts or not self.is_long:
            return None
        first, last = line.request_date_from, line.request_date_to
        within = {first + timedelta(days=number) for number in range((last - first).days + 1)}
        for day in sorted(within | {day for day, amount in self.amounts.items() if amount}):
            there, here = self.amounts.get(day, 0), self._of_day(line, day)
            days, hours = (None, there) if self.hours else (there, None)
            if not self._as_much(here, days, hours, self._day(day, WHOLE[self.unit])):
                return day, there, here.number_of_hours if self.hours else here.number_of_days
        return None

    def _as_much(self, line, days, hours, whole):
        if hours and self.unit == "hour":
            return abs(line.number_of_hours - hours) <= HOUR_TOLERANCE
        if hours:
            if not whole.number_of_hours:
                return False
            days = hours * whole.number_of_days / whole.number_of_hours
        return abs(line.number_of_days - (days or 0)) < DAY_TOLERANCE

    def _choices(self):
        """What can be said of a part of a day. Of one day they do not tell which part it is: the first that fits is
        taken. Several days are one piece: the first begins late, the last ends early."""
        yield WHOLE[self.unit]
        if self.is_long:
            if self.amounts and self.unit != "day":
                yield self._ends()
            return
        if self.unit == "half_day":
            for half in ("am", "pm"):
                yield {"request_date_from_period": half, "request_date_to_period": half}
        if self.unit == "hour" and (hours := self._first_hours(self.line.request_date_from)):
            yield hours

    def _ends(self):
        first, last = self.line.request_date_from, self.line.request_date_to
        if self.unit == "half_day":
            return {
                "request_date_from_period": "pm" if self._is_part(first) else "am",
                "request_date_to_period": "am" if self._is_part(last) else "pm",
            }
        late = self._is_part(first) and self._last_hours(first)
        early = self._is_part(last) and self._first_hours(last)
        return WHOLE["hour"] | (late or {}) | ({"request_hour_to": early["request_hour_to"]} if early else {})

    def _is_part(self, day):
        whole = self._day(day, WHOLE[self.unit])
        amount = self.amounts.get(day, 0)
        return 0 < amount < (whole.number_of_hours - HOUR_TOLERANCE if self.hours else whole.number_of_days)

    def _first_hours(self, day):
        """From the beginning of the person's working day, for as long as it is there; None where that is no time."""
        whole = self._day(day, WHOLE["hour"])
        end = self._planned(whole, self._hours_of(day, whole), time.min)
        if not end:
            return None
        begin, _end = whole.resource_calendar_id._get_hours_for_date(day)
        return {"request_hour_from": begin, "request_hour_to": _clock(end)}

    def _last_hours(self, day):
        """As long as it is there, to the end of the person's working day."""
        whole = self._day(day, WHOLE["hour"])
        begin = self._planned(whole, -self._hours_of(day, whole), time.max)
        return begin and {"request_hour_from": _clock(begin)}

    def _hours_of(self, day, whole):
        if self.hours:
            return self.amounts.get(day, 0) if self.is_long else self.hours
        days = self.amounts.get(day, 0) if self.is_long else self.days
        return days * whole.number_of_hours / (whole.number_of_days or 1)

    def _planned(self, whole, hours, moment):
        """When so many working hours of that day are over, or begin, counted from a moment of it."""
        calendar, day = whole.resource_calendar_id, whole.request_date_from
        if not calendar or not whole.number_of_hours:
            return None
        found = calendar.plan_hours(hours, datetime.combine(day, moment, ZoneInfo(calendar.tz)))
        return found if found and found.date() == day else None

    def _of_day(self, line, day):
        """One day of it, as Odoo would count it alone."""
        first, last = day == line.request_date_from, day == line.request_date_to
        choice = dict(WHOLE[self.unit])
        if self.unit == "half_day":
            choice = {
                "request_date_from_period": line.request_date_from_period if first else "am",
                "request_date_to_period": line.request_date_to_period if last else "pm",
            }
        if self.unit == "hour":
            choice = {
                "request_hour_from": line.request_hour_from if first else 0.0,
                "request_hour_to": line.request_hour_to if last else 0.0,
            }
        return self._day(day, choice)

    def _day(self, day, choice):
        return self._counted(choice | {"request_date_from": day, "request_date_to": day})

    def _counted(self, choice):
        """As Odoo counts it with these values; the answer stays as it is, whatever is counted next."""
        now = {name: self.before._fields[name].convert_to_write(self.before[name], self.before) for name in MEASURED}
        line = self.before.new((now if self.before else {}) | self.values | choice, origin=self.before or None)
        if self.before:
            # All that are made of one record are one record to Odoo's cache, which keeps what it computed for the last.
            line._compute_date_from_to()
            line._compute_duration()
        return SimpleNamespace(**{name: line[name] for name in COUNTED})


def _length(canonical):
    """``(days, hours)`` of it there, one of which is said: the sum of its days where only that is known."""
    days, hours = canonical.get("days"), canonical.get("hours")
    if days or hours:
        return days, hours
    daily = canonical.get("dailyAmounts") or ()
    sums = {unit: sum(one["amount"] for one in daily if one["unit"] == unit) for unit in ("days", "hours")}
    return (None, sums["hours"]) if sums["hours"] else (sums["days"] or None, None)


def _clock(moment):
    return round(moment.hour + moment.minute / 60 + moment.second / 3600, 2)


def as_long_as_there(leave):
    """Half a day stays half a day: Odoo counts as much as was granted."""
    if leave.fits(leave.line):
        return None
    _, type_ = leave.env._, leave.line.holiday_status_id.name
    here = formatLang(leave.env, leave.line.number_of_hours if leave.hours else leave.line.number_of_days)
    there = formatLang(leave.env, leave.hours or leave.days)
    if leave.hours:
        why = _("It is %(there)s hours there, and Odoo would make it %(here)s hours.", there=there, here=here)
    else:
        why = _("It is %(there)s days there, and Odoo would make it %(here)s days.", there=there, here=here)
    odd = leave.odd_day(leave.line)
    if odd:
        day, there, here = odd
        why = _(
            "%(why)s On %(day)s it is %(there)s there, and %(here)s here.",
            why=why,
            day=format_date(leave.env, day),
            there=formatLang(leave.env, there),
            here=formatLang(leave.env, here),
        )
    if leave.is_long and not (odd and leave.unit == "day" and 0 < odd[1] < odd[2]):
        hint = _(
            "If the days differ, correct the person's working schedule or the public holidays in Odoo and retry. Odoo "
            "keeps time off in one piece: its first day may begin later and its last day end earlier, and no day "
            "between can be taken in part. Have such a day requested there by itself, or enter it here by hand and "
            "link it. Accepted, it is taken as Odoo counts it."
        )
    elif leave.unit == "day":
        hint = _(
            "“%s” is taken in whole days: set its Duration Type to Half-Day or Hours in Odoo (Time Off, "
            "Configuration, Time Off Types), or have it requested there as another type; then retry. Accepted, it is "
            "taken as Odoo counts it.",
            type_,
        )
    else:
        hint = _(
            "“%s” cannot be taken for so long on that day: set its Duration Type to Hours in Odoo, or correct the "
            "person's working schedule, or the request there; then retry. Accepted, it is taken as Odoo counts it.",
            type_,
        )
    return Stopped("business", LENGTH_DIFFERS, why, hint, "request_date_to")
