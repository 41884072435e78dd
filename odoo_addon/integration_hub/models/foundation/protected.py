from odoo import _, api, models
from odoo.exceptions import AccessError


class IntegrationProtected(models.AbstractModel):
    """Rows that only the hub itself writes.

    Access rights alone would let an administrator grant himself the right to rewrite history, so calls that do not
    run as superuser are refused here as well. State changes go through the action methods, which record who asked for
    them.
    """

    _name = "integration.protected"
    _description = "Rows that only the hub writes"

    def _refuse_unless_hub(self):
        if not self.env.su:
            raise AccessError(
                _(
                    "%(rows)s: written by the integration hub only. "
                    "Use the buttons on a delivery to change what happens to it.",
                    rows=self._description,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_unless_hub()
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_unless_hub()
        return super().write(vals)

    def unlink(self):
        self._refuse_unless_hub()
        return super().unlink()
