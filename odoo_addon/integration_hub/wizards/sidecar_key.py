from datetime import timedelta

from odoo import _, api, fields, models
from odoo.addons.base.models.res_users import check_identity
from odoo.exceptions import AccessError, UserError

KEY_NAME = "Integration sidecar"
SCOPE = "rpc"


class IntegrationSidecarKey(models.TransientModel):
    """Makes the API key with which the sidecar signs in to Odoo. Odoo lets people make keys for themselves only; the
    sidecar's user has no password and never signs in."""

    _name = "integration.sidecar.key"
    _description = "API Key for the Sidecar"

    days = fields.Selection(
        [("30", "1 month"), ("90", "3 months"), ("180", "6 months"), ("365", "1 year")],
        string="Valid for",
        required=True,
        default="180",
        help="Make a new key before it ends: until the sidecar has one, it delivers but reads nothing from Odoo.",
    )
    revoke = fields.Boolean(
        "Revoke the keys made before",
        help="A sidecar that still uses one of them is refused from now on.",
    )
    existing = fields.Text(compute="_compute_existing", string="Keys made before")

    @api.depends_context("uid")
    def _compute_existing(self):
        keys = self._keys()
        lines = [
            _("made on %(made)s, valid until %(end)s", made=key.create_date.date(), end=key.expiration_date.date())
            for key in keys
        ]
        self.existing = "\n".join(lines) or False

    @check_identity
    def action_make(self):
        """Shows the new key, once. Asks for the password first where that is some time ago."""
        return {
            "type": "ir.actions.act_window",
            "name": _("Key for the sidecar"),
            "res_model": "integration.sidecar.key.show",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": self._make()},
        }

    def _make(self):
        """A new key of the sidecar's user.

        :return: the key; it cannot be read again
        """
        if not self.env.user.has_group("integration_hub.group_administrator"):
            raise AccessError(_("Only administrators of the integration hub make keys for the sidecar."))
        if self.revoke:
            self._keys().unlink()
        ends = fields.Datetime.now() + timedelta(days=int(self.days))
        keys = self.env(user=self._user(), su=True)["res.users.apikeys"]
        return keys._generate(SCOPE, KEY_NAME, ends)

    def _keys(self):
        keys = self.env["res.users.apikeys"].sudo()
        return keys.search([("user_id", "=", self._user().id), ("name", "=", KEY_NAME)], order="create_date")

    def _user(self):
        user = self.env.ref("integration_hub.user_sidecar", raise_if_not_found=False)
        if not user or not user.active:
            raise UserError(
                _("The user “integration-sidecar” is missing or archived. Update the addon, or unarchive it.")
            )
        return user.sudo()


class IntegrationSidecarKeyShow(models.AbstractModel):
    """Holds a new key while a person looks at it; nothing is stored."""

    _name = "integration.sidecar.key.show"
    _description = "New Key for the Sidecar"

    id = fields.Id()
    key = fields.Char(readonly=True)
