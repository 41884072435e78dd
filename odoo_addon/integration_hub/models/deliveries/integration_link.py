from odoo import _, api, fields, models
from odoo.exceptions import AccessError

from ..foundation.loose_reference import LooseMany2one
from ..foundation.titles import object_titles


class IntegrationLink(models.Model):
    """A record's identity in an external system."""

    _name = "integration.link"
    _inherit = ["integration.protected"]
    _description = "Integration Link"
    _order = "id desc"
    _rec_name = "external_id"
    _rec_names_search = ["external_id", "res_name"]

    system_id = LooseMany2one("integration.system", required=True, readonly=True, ondelete="restrict")
    lane = fields.Char(required=True, readonly=True, help="The record, as model and number.")
    model = fields.Char(required=True, readonly=True)
    res_id = fields.Integer(string="Record ID", required=True, readonly=True)
    res_name = fields.Char(string="Record", readonly=True)
    record_ref = fields.Reference(
        selection="_selection_models",
        compute="_compute_record_ref",
        string="Open record",
        help="Empty when the record is gone or hidden from you.",
    )
    object = fields.Selection(object_titles, "Business object", readonly=True)
    external_type = fields.Char(
        "Kind there", required=True, readonly=True, help="What it is there, for instance company or task."
    )
    external_id = fields.Char(string="External ID", required=True, readonly=True)
    external_url = fields.Char(string="External link", readonly=True)
    fingerprint = fields.Char(
        readonly=True, help="Hash of what was last sent, so that what would change nothing is not sent."
    )
    synced_at = fields.Datetime(readonly=True)
    company_id = LooseMany2one("res.company", readonly=True)
    active = fields.Boolean(
        default=True, readonly=True, help="An archived link remembers an identity that no longer counts."
    )

    _lane_uniq = models.UniqueIndex(
        "(system_id, lane, external_type) WHERE active", "This record is linked to another one in that system already."
    )
    _external_uniq = models.UniqueIndex(
        "(system_id, external_type, external_id) WHERE active",
        "Another record of Odoo is linked to that external record already.",
    )
    _record_idx = models.Index("(model, res_id)")

    def init(self):
        # Odoo keeps an index that no field asks for any more. This one served nobody: people search for a part of it,
        # and the hub knows system and type. A settle pays for each index of a new link.
        self.env.cr.execute("DROP INDEX IF EXISTS integration_link__external_id_index")

    @api.depends("res_name", "external_type", "external_id")
    def _compute_display_name(self):
        for link in self:
            there = f"{link.external_type} {link.external_id}"
            link.display_name = f"{link.res_name} ({there})" if link.res_name else there

    def _selection_models(self):
        return self.env["integration.record"]._selection_models()

    def _compute_record_ref(self):
        self.env["integration.record"]._compute_record_ref(self)

    def action_remove(self):
        """Forgets these links: the next delivery looks the record up at the target again. The rows stay, archived."""
        self.check_access("read")
        if not self.env.user.has_group("integration_hub.group_operator"):
            raise AccessError(_("Only integration operators can do this."))
        self.sudo().write({"active": False})
        return True
