from datetime import timezone
from zoneinfo import ZoneInfo

from odoo import _, models
from odoo.tools import format_date, formatLang

from ..item import answer_to, moment, reference_parts
from .timesheet import Entry
from .timesheet_period import day_for, locked_until, period_closed

TIMESHEET = "account.analytic.line"


class IntegrationInboundTimesheet(models.AbstractModel):
    """How approved time is posted: on which day and on which sales order item, and what becomes of time whose approval
    is taken back."""

    _inherit = "integration.inbound"

    def _completed(self, system, item, record, values, memory):
        values = super()._completed(system, item, record, values, memory)
        if record._name != TIMESHEET or not values.get("project_id", record.project_id):
            return values
        if began := _began(item):
            employee = self.env["hr.employee"].sudo().browse(values.get("employee_id")) or record.sudo().employee_id
            values["date"] = _day_where_worked(began, employee)
        values |= self._billing_of(item, record, values)
        return values | self._day_of(item, record, values, memory)

    def _name_of(self, system, item, record):
        """Time is known by who worked when, on what, and how long: its description is "Meeting" all over the firm."""
        if TIMESHEET not in (record._name, item.model):
            return super()._name_of(system, item, record)
        record = record.sudo() if record else self.env[TIMESHEET]
        hours = item.values.get("unit_amount", record.unit_amount)
        employee = self._linked_in(system, item, record, "employee_id")
        began = _began(item)
        day = _day_where_worked(began, employee) if began else item.values.get("date") or record.date
        parts = [
            employee.name if employee else None,
            day and format_date(self.env, day),
            self._linked_in(system, item, record, "project_id").display_name or None,
            _("%s h", formatLang(self.env, float(hours))) if hours else None,
        ]
        return ", ".join(part for part in parts if part) or super()._name_of(system, item, record)

    def _linked_in(self, system, item, record, field):
        """What the entry says, or what the line has; empty where that is not here yet."""
        value = item.values.get(field)
        if not (isinstance(value, dict) and "$record" in value):
            return record[field]
        of, type_, external_id = reference_parts(value["$record"]) or (None, "", "")
        if of not in (None, system.code, system.connector):
            return record[field]
        linked = self._linked_to(self._link_of(system, type_, external_id))
        return linked if linked._name == record[field]._name else record[field].browse()

    def _billing_of(self, item, record, values):
        """The sales order item of time about whose billing the time tool says something; else Odoo chooses it."""
        billable = item.canonical.get("billable")
        if "is_so_line_edited" not in record._fields or billable is None or "so_line" in values:
            return {}
        if not billable:
            return {"so_line": False, "is_so_line_edited": True}
        if record.is_so_line_edited and not record.so_line:  # it was not billable, and is now
            chosen = Entry(item, record, values | {"is_so_line_edited": False}).sale_line
            return {"so_line": chosen.id, "is_so_line_edited": False}
        return {}

    def _day_of(self, item, record, values, memory):
        """The day of late time, and its own day in the description. Once it was moved it stays where it is."""
        theirs = values.get("date")
        if not theirs:
            return {}
        moved = memory.get("moved") or {}
        if moved.get("from") != str(theirs):
            entry = Entry(item, record, values)
            day = theirs if record and record.date == theirs else day_for(entry)
            moved = {"from": str(theirs), "to": str(day)} if day != theirs else {}
            memory["moved"] = moved
        if not moved:
            return {}
        day = record._fields["date"].to_date(moved["to"])
        name = values.get("name") or record.name or "/"
        return {"date": day, "name": _("%(name)s (worked on %(day)s)", name=name, day=format_date(self.env, theirs))}

    def _apply(self, system, item, record, values, memory):
        if record._name == TIMESHEET:
            # Odoo looks for the employee among the active ones: who has left since may have worked on that day.
            record = record.with_context(active_test=False)
        return super()._apply(system, item, record, values, memory)

    def _gone_without_archive(self, system, item, row, link, record):
        """Time whose approval was taken back, or that was deleted there, is deleted here, unless it has been billed:
        Odoo cannot archive it, and it would be billed."""
        if record._name != TIMESHEET:
            return super()._gone_without_archive(system, item, row, link, record)
        self._check_accounting(record, {"unit_amount": 0.0})
        self._check_brake(system, item, row, "unlink")
        locked = locked_until(record.sudo().company_id)
        if locked and record.date <= locked:
            raise period_closed(record, locked)
        row = self._store_row(system, item, row, record, "delivered")
        record.unlink()
        link.write({"active": False})
        return answer_to(item, "delivered", row)


def _began(item):
    """The moment (naive UTC) at which the time tool says the work began; None where it says a day."""
    said = str(item.values.get("date") or "")
    return moment(said) if "T" in said else None


def _day_where_worked(began, employee):
    """The day of a moment at the place where the employee works: early in Sydney it is yesterday in UTC."""
    zone = employee and (employee.tz or employee.company_id.resource_calendar_id.tz) or "UTC"
    return began.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)).date()
