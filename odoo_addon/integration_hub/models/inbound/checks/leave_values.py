from odoo import models

from .leave import LEAVE, Leave


class IntegrationInboundLeave(models.AbstractModel):
    """Which half of a day, or which hours of it, time off takes that is less than a day."""

    _inherit = "integration.inbound"

    def _completed(self, system, item, record, values, memory):
        values = super()._completed(system, item, record, values, memory)
        leave = Leave.of(item, record, values) if record._name == LEAVE else None
        return leave.halves_or_hours() | values if leave else values
