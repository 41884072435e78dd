from datetime import timedelta

from odoo import _, fields, models

from ...deliveries.integration_brake import MASS_CHANGE
from ..item import Stopped

#: What an operation costs to undo, as the brake counts it.
EFFECTS_OF = {"create": "create", "write": "change", "unlink": "remove"}
LIMITS = {"create": "inbound_creates", "change": "inbound_changes", "remove": "inbound_removals"}
BACKFILL = 80


class IntegrationSystemInboundLimits(models.Model):
    _inherit = "integration.system"

    inbound_creates = fields.Integer(
        "Most created here",
        required=True,
        default=1000,
        help="More records than this, created in Odoo by the system within the interval, wait for one approval. 0: no "
        "limit.",
    )
    inbound_changes = fields.Integer(
        "Most changed here",
        required=True,
        default=2000,
        help="More changes of Odoo's records than this within the interval wait for one approval. 0: no limit.",
    )
    inbound_removals = fields.Integer(
        "Most archived here",
        required=True,
        default=100,
        help="More records of Odoo than this, archived within the interval, wait for one approval. 0: no limit.",
    )
    inbound_minutes = fields.Integer("Interval of incoming limits in minutes", required=True, default=10)

    _inbound_positive = models.Constraint(
        "CHECK (inbound_creates >= 0 AND inbound_changes >= 0 AND inbound_removals >= 0)",
        "A limit is 0 (none) or more.",
    )
    _inbound_minutes_range = models.Constraint(
        "CHECK (inbound_minutes BETWEEN 1 AND 1440)", "The interval is between one minute and a day."
    )


class IntegrationInboundBrake(models.AbstractModel):
    """A mass change elsewhere stops at a limit and waits for one decision (RES-11), as one in Odoo does. Counted is
    what was applied in the last minutes; a first load passes, since a person asked for it."""

    _inherit = "integration.inbound"

    def _check_brake(self, system, item, row, operation):
        """:raise Stopped: policy, `mass_change`"""
        effect = EFFECTS_OF[operation]
        most = system[LIMITS[effect]]
        if not most or item.first_load or item.priority >= BACKFILL or row.metered:
            return
        meter = self._batch().once(("meter", effect), lambda: self._meter(system, effect))
        if meter["approved"]:
            return
        if not meter["waiting"] and meter["applied"] < most:
            meter["applied"] += 1
            self._batch().learned()
            return
        raise Stopped(
            "policy",
            MASS_CHANGE,
            _("%s changes more records at once than the limit allows.", system.name),
            _("Approve or reject the mass change under Operations, Mass changes."),
            effect=effect,
        )

    def _meter(self, system, effect):
        """Whether a mass change waits or was approved just now, and how much was applied in the last minutes.

        :return: ``{"waiting": bool, "approved": bool, "applied": int}``
        """
        since = fields.Datetime.now() - timedelta(minutes=system.inbound_minutes)
        brakes = self.env["integration.brake"].sudo()
        of_it = [("system_id", "=", system.id), ("direction", "=", "in"), ("effect", "=", effect)]
        waiting = bool(brakes.search_count([*of_it, ("state", "=", "waiting")], limit=1))
        approved = [*of_it, ("state", "=", "approved"), ("decided_at", ">", since)]
        return {
            "waiting": waiting,
            "approved": not waiting and bool(brakes.search_count(approved, limit=1)),
            "applied": self._applied_since(system, effect, since),
        }

    def _applied_since(self, system, effect, since):
        operations = [operation for operation, its in EFFECTS_OF.items() if its == effect]
        return (
            self.env["integration.delivery"]
            .sudo()
            .search_count(
                [
                    ("system_id", "=", system.id),
                    ("direction", "=", "in"),
                    ("state", "=", "delivered"),
                    ("done_at", ">", since),
                    ("operation", "in", operations),
                    ("metered", "=", False),
                    ("priority", "<", BACKFILL),
                ]
            )
        )

    def _brake_for(self, system, item, effect):
        """The mass change that waits for its decision; a new one where there is none."""
        self._batch().forget(("meter", effect))
        brakes = self.env["integration.brake"].sudo()
        found = brakes.search(
            [
                ("system_id", "=", system.id),
                ("direction", "=", "in"),
                ("effect", "=", effect),
                ("state", "=", "waiting"),
            ],
            limit=1,
        )
        since = fields.Datetime.now() - timedelta(minutes=system.inbound_minutes)
        return found or brakes.create(
            {
                "system_id": system.id,
                "direction": "in",
                "object": item.object,
                "effect": effect,
                "most": system[LIMITS[effect]],
                "minutes": system.inbound_minutes,
                "sent": self._applied_since(system, effect, since),
                "tripped_at": fields.Datetime.now(),
            }
        )
