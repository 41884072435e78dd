from odoo import models

from .integration_queue import for_the_sidecar


class IntegrationQueue(models.AbstractModel):
    """What the sidecar says about problems: that there may be news."""

    _inherit = "integration.queue"

    @for_the_sidecar
    def note_problems(self):
        """Brings the problems that people see in step with the queue (integration_problem.py). Called after deliveries
        came to stand still, or a system stopped or went on; calling it for nothing costs two queries.

        :return: ``{"open", "opened", "closed", "busy"}``: how many problems are open, were opened and closed by this
            call; `busy` when another call was at it, and this one did nothing
        """
        return self.env["integration.problem"].sudo()._sync()
