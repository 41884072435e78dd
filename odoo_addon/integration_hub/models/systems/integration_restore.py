from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

from ..foundation.titles import object_titles


class IntegrationRestore(models.Model):
    """This database went back in time (RES-15): what other systems got since, and it does not know."""

    _name = "integration.restore"
    _inherit = ["integration.protected"]
    _description = "Restore of the Database"
    _order = "id desc"
    _rec_name = "found_at"

    hub = fields.Char(required=True, readonly=True, help="The hub that recognised it.")
    expected = fields.Integer(required=True, readonly=True, help="How far the hub had seen this database.")
    found_at = fields.Datetime("Recognised at", required=True, readonly=True)
    restored_to = fields.Datetime("Last known delivery", readonly=True, help="About the time of the backup.")
    state = fields.Selection(
        [("open", "Everything stands still"), ("closed", "Re-armed")], required=True, default="open", readonly=True
    )
    rearmed_at = fields.Datetime("Re-armed at", readonly=True)
    rearmed_by_id = fields.Many2one("res.users", string="Re-armed by", readonly=True)
    line_ids = fields.One2many("integration.restore.line", "restore_id", readonly=True)
    relink_count = fields.Integer(compute="_compute_counts", string="To re-link")
    gone_count = fields.Integer(compute="_compute_counts", string="Not in this database")
    newer_count = fields.Integer(compute="_compute_counts", string="Newer there")
    removed_count = fields.Integer(compute="_compute_counts", string="Deleted there")

    @api.depends("found_at")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        for restore in self:
            moment = format_datetime(self.env, restore.found_at, dt_format="short")
            restore.display_name = _("Restore found on %s", moment)

    @api.depends("line_ids.state", "line_ids.outcome")
    def _compute_counts(self):
        open_lines = [("restore_id", "in", self.ids), ("state", "=", "open")]
        counts = {
            (restore.id, outcome): count
            for restore, outcome, count in self.env["integration.restore.line"]
            .sudo()
            ._read_group(open_lines, ["restore_id", "outcome"], ["__count"])
        }
        for restore in self:
            for outcome in ("relink", "gone", "newer", "removed"):
                restore[f"{outcome}_count"] = counts.get((restore.id, outcome), 0)

    def action_relink(self):
        """Stores the identities that the systems gave since the backup, so that nothing is made there a second time,
        and forgets those whose remote record was deleted since."""
        self._check_administrator()
        self.env.flush_all()
        for restore in self:
            self.env.cr.execute("SELECT integration_hub_private.relink(%s, %s)", [restore.id, self.env.uid])
        self.env.invalidate_all()
        return True

    def action_rearm(self):
        """Lets every system go on. What has to be done by hand stays on the list."""
        self._check_administrator()
        if any(restore.relink_count for restore in self):
            raise UserError(_("Re-link first: without it the records on the list would be made a second time."))
        for restore in self:
            self.env.cr.execute("SELECT integration_hub_private.rearm(%s, %s)", [restore.id, self.env.uid])
        self.env.invalidate_all()
        return True

    def _check_administrator(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_hub.group_administrator"):
            raise AccessError(_("Only integration administrators can do this."))


class IntegrationRestoreLine(models.Model):
    """One identity in another system that this database does not know as it is there."""

    _name = "integration.restore.line"
    _inherit = ["integration.protected"]
    _description = "To Re-check after a Restore"
    _log_access = False
    _order = "settled_at desc, id"
    _rec_name = "lane"

    restore_id = fields.Many2one("integration.restore", required=True, readonly=True, ondelete="cascade")
    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade")
    lane = fields.Char("Record", required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    res_id = fields.Integer("Record ID", required=True, readonly=True)
    record_ref = fields.Reference(
        selection="_selection_models", compute="_compute_record_ref", string="Open record"
    )  # fmt: skip
    object = fields.Selection(object_titles, "Business object", readonly=True)
    external_type = fields.Char("Kind there", required=True, readonly=True)
    external_id = fields.Char("External ID", required=True, readonly=True)
    external_url = fields.Char("External link", readonly=True)
    settled_at = fields.Datetime("Delivered at", readonly=True)
    delivery_number = fields.Integer(readonly=True, aggregator=None)
    outcome = fields.Selection(
        [
            ("relink", "Is here without its identity there: re-link"),
            ("gone", "Is there, but not here: enter it again, or delete it there"),
            ("newer", "Got a later state there: compare, and send it again if ours is right"),
            ("removed", "Was deleted there: its link is forgotten"),
        ],
        string="What it is",
        required=True,
        readonly=True,
    )
    state = fields.Selection([("open", "Open"), ("done", "Done")], required=True, default="open", readonly=True)

    _line_uniq = models.UniqueIndex("(restore_id, system_id, lane, external_type)")

    def _selection_models(self):
        return self.env["integration.record"]._selection_models()

    def _compute_record_ref(self):
        self.env["integration.record"]._compute_record_ref(self)


class IntegrationMark(models.Model):
    """How far a hub has seen this database. A backup takes the mark back with it, and that is how it is recognised."""

    _name = "integration.mark"
    _inherit = ["integration.protected"]
    _description = "Mark of a Hub"
    _log_access = False

    hub = fields.Char(required=True, readonly=True)
    counter = fields.Integer(required=True, readonly=True)
    seen_at = fields.Datetime(required=True, readonly=True)

    _hub_uniq = models.UniqueIndex("(hub)")


class IntegrationSystem(models.Model):
    _inherit = "integration.system"

    pause_kind = fields.Selection(
        selection_add=[("restored", "Database restored from a backup")],
        ondelete={"restored": "set null"},
        string="Kind of pause",
    )

    def action_resume(self):
        if any(system.pause_kind == "restored" for system in self):
            raise UserError(
                _("This database was restored from a backup. Look at Operations, Restores, and re-arm it there.")
            )
        return super().action_resume()

    def action_open_restores(self):
        """The open report, where the systems are let go on."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_restores")
        if restore := self.env["integration.restore"].search([("state", "=", "open")], limit=1):
            action |= {"views": [(False, "form")], "res_id": restore.id}
        return action
