"""Time off on its way into Odoo (OBJ-16): it is as long here as it was granted there, or a person is asked."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from odoo.tools import formatLang

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
    """

    def __init__(self, item, record, values):
        self.before = record.sudo()
        self.days, self.hours = item.canonical.get("days"), item.canonical.get("hours")
        known = {} if record else dict(WHOLE["half_day"])
        self.values = known | {name: values[name] for name in MEASURED if name in values}
        self.line = self._counted({})

    @classmethod
    def of(cls, item, record, changed):
        """The time off, or None: nobody says how long it is, or it does not take place."""
        said = item.canonical.get("days") or item.canonical.get("hours")
        if not said or item.canonical.get("status") in ("refused", "cancelled"):
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

    def fits(self, line):
        """Whether Odoo counts as much as they do."""
        if self.hours and self.unit == "hour":
            return abs(line.number_of_hours - self.hours) <= HOUR_TOLERANCE
        days = self.days
        if not days:
            whole = self._counted(WHOLE[self.unit])
            if not whole.number_of_hours:
                return False
            days = self.hours * whole.number_of_days / whole.number_of_hours
        return abs(line.number_of_days - days) < DAY_TOLERANCE

    def _choices(self):
        """What can be said of a part of one day. They do not tell which part it is: the first that fits is taken."""
        yield WHOLE[self.unit]
        if self.line.request_date_from != self.line.request_date_to:
            return
        if self.unit == "half_day":
            for half in ("am", "pm"):
                yield {"request_date_from_period": half, "request_date_to_period": half}
        if self.unit == "hour" and (hours := self._first_hours()):
            yield hours

    def _first_hours(self):
        """From the beginning of the person's working day, for as long as it is there."""
        whole = self._counted(WHOLE["hour"])
        calendar, day = whole.resource_calendar_id, whole.request_date_from
        if not calendar or not whole.number_of_hours:
            return None
        hours = self.hours or self.days * whole.number_of_hours / (whole.number_of_days or 1)
        begin, _end = calendar._get_hours_for_date(day)
        end = calendar.plan_hours(hours, datetime.combine(day, time.min, ZoneInfo(calendar.tz)))
        if not end or end.date() != day:
            return None
        return {"request_hour_from": begin, "request_hour_to": round(end.hour + end.minute / 60 + end.second / 3600, 2)}

    def _counted(self, choice):
        return self.before.new(self.values | choice, origin=self.before or None)


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
    if leave.line.request_date_from != leave.line.request_date_to:
        hint = _(
            "If the days differ, correct the person's working schedule or the public holidays in Odoo and retry. If a "
            "day of it is taken in part, have it requested there by itself, or enter it here by hand and link it. "
            "Accepted, it is taken as Odoo counts it."
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
