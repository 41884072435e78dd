from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..models.artifacts.artifact_paths import OWNERSHIP_PATH
from ..models.ownership.ownership_content import with_owner


class IntegrationOwnershipChange(models.TransientModel):
    """Proposes another owner of fields. Nothing changes until the draft is approved and activated."""

    _name = "integration.ownership.change"
    _description = "Change the Owner"

    ownership_ids = fields.Many2many("integration.ownership", required=True, readonly=True, string="Fields")
    owner = fields.Selection(selection="_selection_systems", string="Owning system", required=True)
    shared_with = fields.Char(
        "Shared with",
        help="Codes, comma-separated, possibly odoo: they own it as well, and what one changes is sent to the others. "
        "Empty: the owning system alone.",
    )
    survivorship = fields.Char(
        "Others that may supply it",
        help="Connector codes, comma-separated, best first: taken while the owner has no value. Empty: nobody.",
    )
    reason = fields.Char("Why", required=True)

    @api.model
    def _selection_systems(self):
        codes = self.env["integration.ownership"].sudo()._systems()
        return [(code, code if code != "odoo" else "Odoo") for code in codes]

    def action_propose(self):
        """Writes it into the draft of the ownership file, and opens that."""
        self.ensure_one()
        sharing, survivors = _codes(self.shared_with), _codes(self.survivorship)
        known = dict(self._selection_systems())
        if wrong := [code for code in (*sharing, *survivors) if code not in known]:
            raise UserError(
                _("There is no system “%(code)s”. Known are: %(known)s.", code=wrong[0], known=", ".join(known))
            )
        if sharing and survivors:
            raise UserError(_("Either several systems share it, or one owns it and others may supply it: not both."))
        owners = list(dict.fromkeys([self.owner, *sharing]))
        artifact = self.env["integration.artifact"]._for_path(OWNERSHIP_PATH).with_env(self.env)
        version = artifact.draft_version_id
        if version and version.state != "draft":
            raise UserError(_("%s waits for its approval. Decide about it first.", version.display_name))
        version = version or self.env["integration.artifact.version"].create({"artifact_id": artifact.id})
        content = version.content or {}
        for row in self.ownership_ids:
            content = with_owner(content, row.object, row.field, owners, survivors)
        version.write({"content": content, "reason": " ".join(part for part in (version.reason, self.reason) if part)})
        return version._opened()


def _codes(text):
    return [part.strip() for part in (text or "").split(",") if part.strip()]
