from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..problems.integration_problem import NEEDS_A_PERSON as CHOOSABLE
from ..problems.integration_problem import UNDECIDED


class IntegrationDeliveryOutcome(models.Model):
    """An outcome that only a person can find out (D4): an earlier try may have taken effect, and the system offers no
    way to look. The person looks there, and says that the record is there, or that it is not."""

    _inherit = "integration.delivery"

    needs_choice = fields.Boolean(
        compute="_compute_needs_choice", help="May have arrived; only a person can say whether it did."
    )

    @api.depends("state", "verify", "operation", "error_kind")
    def _compute_needs_choice(self):
        for delivery in self:
            delivery.needs_choice = delivery._may_be_chosen()

    def _may_be_chosen(self):
        return (
            self.state in CHOOSABLE
            and self.error_kind in ("unknown", "technical")
            and self.verify
            and self.operation != "unlink"
        )

    def action_it_is_there(self):
        """Asks for the record's ID in the other system, to link it (`_link_by_person`)."""
        self.ensure_one()
        self._check_may_decide()
        return {
            "type": "ir.actions.act_window",
            "name": _("It is there: link it"),
            "res_model": "integration.delivery.link",
            "view_mode": "form",
            "target": "new",
            "context": {"default_delivery_id": self.id},
        }

    def action_it_is_not_there(self):
        """Sends the delivery without looking it up: a person has looked, and the record is not there."""
        chosen = self._for_decision(CHOOSABLE, lambda delivery: delivery._may_be_chosen())
        self.env.cr.execute(
            "SELECT integration_hub_private.decide_not_taken(%s::integer[], %s, %s, NULL)",
            [chosen.ids, self.env.user.name, self.env.uid],
        )
        sent = self.browse(row[0] for row in self.env.cr.fetchall())
        return self._told(_("Sent, because it is not there: %s"), sent)

    def _link_by_person(self, external_id, external_url=None, reason=None):
        """Stores the link that a person looked up, and counts the delivery as delivered.

        :param external_id: the record's ID in the other system
        :raise UserError: the delivery is not one of these, or that record belongs to another record of Odoo already
        """
        self.ensure_one()
        external_id = (external_id or "").strip()
        if not external_id:
            raise UserError(_("Enter the ID that the record has in %s.", self.system_id.name))
        delivery = self._for_decision(CHOOSABLE, lambda delivery: delivery._may_be_chosen()).sudo()
        self.env.cr.execute(
            "SELECT owner_lane FROM integration_hub_private.decide_taken(%s, %s, %s, %s, %s, %s, %s)",
            [
                delivery.id,
                delivery._external_type(),
                external_id,
                external_url or None,
                self.env.user.name,
                self.env.uid,
                reason or None,
            ],
        )
        owner_lane = self.env.cr.fetchone()[0]
        if owner_lane:
            name, _reference = self._names_of_lanes({owner_lane})[owner_lane]
            raise UserError(
                _(
                    "%(id)s in %(system)s already belongs to %(other)s. Check the ID.",
                    id=external_id,
                    system=delivery.system_id.name,
                    other=name,
                )
            )
        self._wake()
        return self._told(_("Linked: %s"), self)

    def _external_type(self):
        """The other system's name for what it holds of this business object: as the failure says, or as the sidecar
        published it."""
        if self.error_code == UNDECIDED and self.error_field:
            return self.error_field
        published = self.env["integration.catalogue"]._external_type(self.system_id.code, self.object)
        if published:
            return published
        known = self.env["integration.link"].search(
            [("system_id", "=", self.system_id.id), ("object", "=", self.object)], limit=1
        )
        if not known:
            raise UserError(
                _(
                    "It is not known yet what %(system)s calls “%(object)s”. Start the sidecar, which publishes it, "
                    "then link it.",
                    system=self.system_id.name,
                    object=self.env["integration.catalogue"]._object_title(self.object),
                )
            )
        return known.external_type
