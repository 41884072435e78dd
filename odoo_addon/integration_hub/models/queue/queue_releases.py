from odoo import models
from psycopg2.extras import Json

from .integration_queue import for_the_sidecar


class IntegrationQueue(models.AbstractModel):
    """Releases, and what Odoo asks the sidecar."""

    _inherit = "integration.queue"

    @for_the_sidecar
    def current_release(self):
        return self._value("current_release")

    @for_the_sidecar
    def release(self, number):
        return self._rows("release", number)

    @for_the_sidecar
    def questions(self, worker, max_rows):
        return self._rows("questions", worker, max_rows)

    @for_the_sidecar
    def shadows(self):
        return self._rows("shadows")

    @for_the_sidecar
    def report_shadow(self, version_id, rows):
        kept = self._value("report_shadow", version_id, Json(rows))
        self.env["integration.shadow"].invalidate_model()
        self.env["integration.shadow.difference"].invalidate_model()
        return kept

    @for_the_sidecar
    def answer(self, worker, question, answer):
        return self._value("answer", worker, question, Json(answer))
