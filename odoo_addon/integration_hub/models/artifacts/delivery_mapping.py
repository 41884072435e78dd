from odoo import _, models
from odoo.exceptions import UserError


class IntegrationDeliveryMapping(models.Model):
    _inherit = "integration.delivery"

    def action_open_mapping(self):
        """The mapping that makes what its system receives, or what arrives from it.

        :raise UserError: no mapping of that kind is published
        """
        self.ensure_one()
        artifact = self.env["integration.artifact"].search(
            [
                ("kind", "=", "mapping"),
                ("system_code", "=", self.system_id.code),
                ("object", "=", self.object),
                ("incoming", "=", self.direction == "in"),
            ],
            limit=1,
        )
        if not artifact:
            raise UserError(
                _(
                    "No mapping of “%(object)s” for %(system)s is known here.",
                    object=self.env["integration.catalogue"]._object_title(self.object),
                    system=self.system_id.name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.artifact",
            "res_id": artifact.id,
            "views": [[False, "form"]],
        }
