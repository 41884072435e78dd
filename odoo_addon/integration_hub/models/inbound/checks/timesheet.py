"""Approved time on its way into Odoo (WF-08): what its checks look at."""

from .timesheet_checks import contract_cap, eligibility, plausible_hours, project_status, rate_card
from .timesheet_period import period_open

#: What makes another entry of it; a new description is none of it.
JUDGED = ("employee_id", "project_id", "task_id", "date", "unit_amount", "so_line")
TIMESHEET_CHECKS = (period_open, plausible_hours, project_status, eligibility, rate_card, contract_cap)


class Entry:
    """A time entry as it will be, and as it is. Read as superuser: what the system's user may not see counts too.

    :ivar line: the entry as Odoo will have it, in memory: nothing of it is written
    :ivar before: the entry as it is, empty for a new one
    :ivar billable: whether the time tool says that the customer pays for it; None when it says nothing
    """

    def __init__(self, item, record, values):
        self.before = record.sudo()
        self.billable = item.canonical.get("billable")
        names = [name for name in JUDGED if name in record._fields]
        known = {name: self.before._fields[name].convert_to_write(self.before[name], self.before) for name in names}
        known |= {name: value for name, value in values.items() if name in names}
        # Where nobody chose the sales order item, Odoo chooses it: by employee, task or project.
        chosen = values.get("is_so_line_edited", "so_line" in values or record and record.is_so_line_edited)
        if "so_line" in known and not chosen:
            del known["so_line"]
        self.line = self.before.browse().new(known)
        if chosen and "so_line" in known:
            self.line.so_line = known["so_line"]

    @classmethod
    def of(cls, item, record, changed):
        """The entry, or None where the change is nothing to judge: an analytic line without a project is no time."""
        if "project_id" not in record._fields or (record and not any(name in changed for name in JUDGED)):
            return None
        entry = cls(item, record, changed)
        return entry if entry.project else None

    def asked(self):
        """What a person who accepts has seen."""
        records = [self.employee, self.project, self.line.task_id, self.sale_line]
        return [self.date, self.hours, *(record.id for record in records if record)]

    @property
    def env(self):
        return self.line.env

    @property
    def project(self):
        return self.line.project_id

    @property
    def employee(self):
        return self.line.employee_id

    @property
    def date(self):
        return self.line.date

    @property
    def hours(self):
        return self.line.unit_amount

    @property
    def company(self):
        return self.line.task_id.company_id or self.project.company_id or self.env.company

    @property
    def sale_line(self):
        """The sales order item that it will be billed on; None where sales of services are not installed."""
        return self.line.so_line if "allow_billable" in self.project._fields else None

    @property
    def is_billed_by_time(self):
        """Whether it needs a rate: time on a billable project, unless the time tool or the project says otherwise."""
        if self.sale_line is None or self.billable is False or not self.project.allow_billable:
            return False
        return self.project.billing_type != "manually" or bool(self.sale_line)
