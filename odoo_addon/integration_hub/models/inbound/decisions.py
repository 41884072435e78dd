from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .item import CONFLICT, DUPLICATE, NOT_OWNER, SINGLE_CREATION, STATE_JUMP

COMPARED = (CONFLICT, NOT_OWNER)
LINKABLE = (DUPLICATE, SINGLE_CREATION)


class IntegrationDeliveryDecisions(models.Model):
    """What people decide about what came in. The decision stays with the row and counts when the record has been read
    there again; the attempts keep who decided, and why."""

    _inherit = "integration.delivery"

    can_compare = fields.Boolean(compute="_compute_can_settle")
    can_link = fields.Boolean(compute="_compute_can_settle")
    can_create = fields.Boolean(compute="_compute_can_settle")
    can_accept = fields.Boolean(compute="_compute_can_settle")

    @api.depends("direction", "state", "error_code", "acceptable")
    def _compute_can_settle(self):
        for delivery in self:
            held = delivery.direction == "in" and delivery.state == "held"
            delivery.can_compare = held and delivery.error_code in COMPARED
            delivery.can_link = held and delivery.error_code in LINKABLE
            delivery.can_accept = held and (delivery.error_code == STATE_JUMP or bool(delivery.acceptable))
            delivery.can_create = held and delivery.error_code == DUPLICATE

    def action_take_theirs(self, reason=None):
        """Takes the values of the other system in the fields that were compared, this once."""
        chosen = self._for_settling("can_compare")
        for row in chosen.sudo():
            names = [part["field"] for part in row.comparison or ()]
            row._decide({"take": names, "seen": row._seen()})
        chosen._note("person_took", reason)
        return self._told(_("Theirs is taken: %s"), chosen)

    def action_keep_ours(self, reason=None):
        """Keeps Odoo's values in the fields that were compared, and has them sent to the other system."""
        chosen = self._for_settling("can_compare")
        chosen._note("person_kept", reason or _("Odoo's value is kept."))
        Inbound = self.env["integration.inbound"].sudo()
        for row in chosen.sudo():
            if row.error_code == CONFLICT:
                row._decide({"keep": True, "seen": row._seen()})
                continue
            # The rest of it was applied already.
            row._remember_kept()
            row.write({"state": "cancelled", "done_at": fields.Datetime.now()})
            Inbound._send_ours(row, forced=True)
        return self._told(_("Odoo's value is kept: %s"), chosen)

    def action_create_anyway(self, reason=None):
        """Creates the record, though there are some that look like it."""
        chosen = self._for_settling("can_create")
        for row in chosen.sudo():
            row._decide({"create": True})
        chosen._note("person_created", reason)
        return self._told(_("Is created: %s"), chosen)

    def action_accept(self, reason=None):
        """Lets pass, this once, what a check found: a step that the life of the business object does not have, or what
        was found of time or an expense."""
        chosen = self._for_settling("can_accept")
        for row in chosen.sudo():
            row._decide(row._acceptance())
        chosen._note("person_accepted", reason)
        return self._told(_("Accepted: %s"), chosen)

    def action_choose_record(self):
        """Asks which record of Odoo it is."""
        self.ensure_one()
        self._check_may_decide()
        wizard = self.env["integration.inbound.link"].create(
            {
                "delivery_id": self.id,
                "candidate_ids": [
                    fields.Command.create(
                        {
                            "model": record._name,
                            "res_id": record.id,
                            "name": record.display_name,
                            "why": why,
                            "linked": linked,
                        }
                    )
                    for record, why, linked in self._candidates_seen()
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": _("Which record is it?"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
            "context": {"inbound_model": self.model},
        }

    def _link_to(self, record, reason=None):
        """Decides that what came in is this record.

        :raise UserError: the record is linked with another one there already, or is of another kind
        """
        self.ensure_one()
        chosen = self._for_settling("can_link")
        if record._name != chosen.model:
            raise UserError(_("It can only be linked with: %s.", self.env["ir.model"]._get(chosen.model).name))
        record.check_access("read")
        type_ = chosen.lane.removeprefix("in:").partition(",")[0]
        taken = (
            self.env["integration.link"]
            .sudo()
            .search(
                [
                    ("system_id", "=", chosen.sudo().system_id.id),
                    ("lane", "=", f"{record._name},{record.id}"),
                    ("external_type", "=", type_),
                ],
                limit=1,
            )
        )
        if taken:
            raise UserError(
                _(
                    "%(record)s is linked with %(id)s in %(system)s already. Merge the two there, or choose another.",
                    record=record.display_name,
                    id=taken.external_id,
                    system=taken.system_id.name,
                )
            )
        chosen.sudo()._decide({"link": record.id})
        chosen._note("person_linked", reason or record.display_name)
        return self._told(_("Is linked: %s"), chosen)

    # -- building blocks -------------------------------------------------------------------------------------

    def _for_settling(self, what):
        return self._for_decision(("held",), lambda delivery: delivery[what])

    def _decide(self, decision):
        """Keeps the decision and has the record read there again."""
        self.write(
            {
                "decision": (self.decision or {}) | decision,
                "state": "received",
                "next_attempt_at": fields.Datetime.now(),
                "error_kind": False,
                "error_code": False,
                "error_message": False,
                "error_hint": False,
                "error_field": False,
                "cause": False,
            }
        )
        self.env.flush_all()
        self._wake()

    def _seen(self):
        return {part["field"]: part["seen"] for part in self.comparison or ()}

    def _remember_kept(self):
        """The same values of theirs are not asked about again."""
        link = self.env["integration.link"].search(
            [
                ("system_id", "=", self.system_id.id),
                ("model", "=", self.model),
                ("res_id", "=", self.res_id),
                ("external_id", "=", self.external_id),
            ],
            limit=1,
        )
        memory = dict(link.inbound or {})
        memory["kept"] = (memory.get("kept") or {}) | self._seen()
        link.inbound = memory

    def _cancel_now(self, reason):
        result = super()._cancel_now(reason)
        self.invalidate_recordset()
        for row in self.sudo().filtered(lambda delivery: delivery.direction == "in"):
            self.env["integration.inbound"].sudo()._let_go_unsent(row)
        return result
