"""The checks of approved time (WF-08), each of which has a queue of its own: its code. Said in the words of who runs
the project; each answers a `Stopped`, or None."""

from odoo.tools import float_compare, format_date, formatLang

from ..item import Stopped

HOURS_UNUSUAL = "hours_unusual"
PROJECT_CLOSED = "project_closed"
NOT_ELIGIBLE = "not_eligible"
NO_RATE = "no_rate"
CAP_EXCEEDED = "cap_exceeded"

#: Who may enter time where a project is not open to the whole firm.
CLOSED_CIRCLES = ("followers", "invited_users")


def plausible_hours(entry):
    """Somebody worked for a while, and no longer than a day has hours: a clock that was never started, or was
    forgotten, is no work."""
    if 0 < entry.hours <= 24:
        return None
    _ = entry.env._
    hours = formatLang(entry.env, entry.hours)
    if entry.hours > 24:
        why = _("It has %s hours on one day.", hours)
    else:
        why = _("It has %s hours: nothing was worked.", hours)
    hint = _(
        "Correct its beginning and end in the time tool and have it approved again. If it is nothing, delete it there "
        "and cancel this. Accepted, it is posted as it is."
    )
    return Stopped("business", HOURS_UNUSUAL, why, hint, "unit_amount")


def project_status(entry):
    """Time goes only to a project that runs and takes time."""
    _, project = entry.env._, entry.project
    why = None
    if not project.active:
        why = _("The project “%s” is archived.", project.display_name)
    elif project.is_template:
        why = _("“%s” is a template of projects.", project.display_name)
    elif not project.allow_timesheets:
        why = _("The project “%s” takes no time.", project.display_name)
    elif project.stage_id.fold or project.last_update_status == "done":
        stage = project.stage_id.name if project.stage_id.fold else _("done")
        why = _("The project “%(project)s” is closed: %(stage)s.", project=project.display_name, stage=stage)
    if why:
        hint = _("Open the project again and retry, have the time moved to another project, or accept it this once.")
        return Stopped("business", PROJECT_CLOSED, why, hint, "project_id")
    return None


def eligibility(entry):
    """Time counts for people who work for the firm on that day and on that project, and is billed where the project
    is."""
    _, employee, project = entry.env._, entry.employee, entry.project
    if employee and _had_left(employee, entry.date):
        why = _(
            "%(employee)s had left the firm on %(date)s.",
            employee=employee.name,
            date=format_date(entry.env, entry.date),
        )
        hint = _("Correct the date or the person in the time tool, or accept it this once.")
        return Stopped("business", NOT_ELIGIBLE, why, hint, "employee_id")
    if employee and not _works_on(employee, project, entry.line.task_id):
        why = _("%(employee)s is not on the project “%(project)s”.", employee=employee.name, project=project.name)
        hint = _("Add the person to the project (followers, tasks or rates) and retry, or accept it this once.")
        return Stopped("business", NOT_ELIGIBLE, why, hint, "employee_id")
    if entry.billable and entry.sale_line is not None and not project.allow_billable:
        why = _("It is billable time, and the project “%s” is not billed.", project.display_name)
        hint = _(
            "Make the project billable, or the entry not billable in the time tool, and retry; accepted, it is posted "
            "as not billed."
        )
        return Stopped("business", NOT_ELIGIBLE, why, hint, "project_id")
    return None


def _had_left(employee, date):
    """Time of days before somebody left still comes in, however late it is approved."""
    left = employee.departure_date if "departure_date" in employee._fields else None
    return date > left if left else not employee.active


def _works_on(employee, project, task):
    if project.privacy_visibility not in CLOSED_CIRCLES:
        return True
    user = employee.user_id
    if user and (
        user == project.user_id
        or user in task.user_ids
        or user.partner_id in project.message_partner_ids | task.message_partner_ids
    ):
        return True
    return "sale_line_employee_ids" in project._fields and employee in project.sale_line_employee_ids.employee_id


def rate_card(entry):
    """Time that is billed needs a price: a sales order item of a confirmed order, found by employee, task or
    project."""
    if not entry.is_billed_by_time:
        return None
    _, sale_line, field = entry.env._, entry.sale_line, "so_line"
    if not sale_line:
        why = _(
            "No rate for %(employee)s on the project “%(project)s”: no sales order item.",
            employee=entry.employee.name,
            project=entry.project.name,
        )
        hint = _(
            "Give the project, the task or the person a sales order item (project, Invoicing) and retry; accepted, it "
            "is posted as not billed."
        )
        return Stopped("business", NO_RATE, why, hint, field)
    if sale_line.order_id.state != "sale":
        why = _(
            "The order %(order)s of the project “%(project)s” is not confirmed.",
            order=sale_line.order_id.name,
            project=entry.project.name,
        )
        hint = _("Confirm the order, or give the project another sales order item, and retry.")
        return Stopped("business", NO_RATE, why, hint, field)
    if not sale_line.price_unit:
        why = _("The sales order item “%s” has no price.", sale_line.display_name)
        hint = _("Set the price on the order and retry; accepted, the time is posted at a price of zero.")
        return Stopped("business", NO_RATE, why, hint, field)
    return None


def contract_cap(entry):
    """Time stays within what was sold: the hours of the sales order item, and the hours allocated to the project."""
    sold = _sold(entry)
    if sold is not None:
        used = _hours_used(entry, [("so_line", "=", entry.sale_line.id)])
        if _exceeds(entry, sold - used):
            return _over_cap(entry, sold, used, entry.sale_line.display_name, "so_line")
    allocated = entry.project.allocated_hours
    if allocated:
        used = _hours_used(entry, [("project_id", "=", entry.project.id)])
        if _exceeds(entry, allocated - used):
            return _over_cap(entry, allocated, used, entry.project.display_name, "project_id")
    return None


def _sold(entry):
    """Hours ordered; None without a cap: nothing ordered, or not in units of time."""
    sale_line = entry.sale_line
    hour = entry.env.ref("uom.product_uom_hour")
    if not sale_line or not sale_line.product_uom_qty or not sale_line.product_uom_id._has_common_reference(hour):
        return None
    return sale_line.product_uom_id._compute_quantity(sale_line.product_uom_qty, hour, round=False)


def _hours_used(entry, domain):
    """Hours of others: an entry counts itself only once."""
    others = [*domain, ("project_id", "!=", False), ("id", "!=", entry.before.id)]
    ((hours,),) = entry.env["account.analytic.line"]._read_group(others, [], ["unit_amount:sum"])
    return hours or 0.0


def _exceeds(entry, left):
    """Giving back hours is never too much."""
    return entry.hours > 0 and float_compare(entry.hours, left, precision_digits=2) > 0


def _over_cap(entry, cap, used, what, field):
    _ = entry.env._
    left = max(cap - used, 0.0)
    why = _(
        "%(hours)s hours are %(over)s more than what is left of “%(what)s”: %(used)s of %(cap)s hours are used, and "
        "%(left)s hours are left.",
        hours=formatLang(entry.env, entry.hours),
        over=formatLang(entry.env, entry.hours - left),
        what=what,
        used=formatLang(entry.env, used),
        cap=formatLang(entry.env, cap),
        left=formatLang(entry.env, left),
    )
    hint = _(
        "Agree with the customer and raise the hours (order or project), then retry; or split the entry in the time "
        "tool, so that what is left is used; or accept it this once: it is posted in full."
    )
    return Stopped("business", CAP_EXCEEDED, why, hint, field)
