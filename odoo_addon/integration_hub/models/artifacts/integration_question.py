import time
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from psycopg2.extras import Json

# Between two looks for the answer: most questions are answered within tens of milliseconds.
FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS = 0.005, 0.1


class IntegrationQuestion(models.Model):
    """What Odoo asks the sidecar and waits for: whether versions compile (`check`), what a record would become
    there (`preview`) and in Odoo (`preview_incoming`), how far first loads are (`load`). A row lives as long as
    somebody waits."""

    _name = "integration.question"
    _inherit = ["integration.protected"]
    _description = "Question to the Sidecar"
    _order = "id desc"
    _rec_name = "kind"
    _log_access = False

    kind = fields.Selection(
        [
            ("check", "Check"),
            ("preview", "Preview"),
            ("preview_incoming", "Preview of what comes in"),
            ("load", "First load"),
        ],
        required=True,
        readonly=True,
    )
    request = fields.Json(required=True, readonly=True)
    answer = fields.Json(readonly=True)
    state = fields.Selection([("asked", "Asked"), ("answered", "Answered")], required=True, readonly=True)
    asked_at = fields.Datetime(required=True, readonly=True)
    worker = fields.Char(readonly=True, help="The sidecar that took it.")
    lease_until = fields.Datetime(readonly=True, help="Until then nobody else answers.")

    _open_idx = models.Index("(id) WHERE state = 'asked'")

    @api.model
    def _ask(self, kind, request, timeout=5.0):
        """Asks a running sidecar and waits for its answer. Works in a cursor of its own: what this transaction has not
        committed is not seen, and nothing of it is committed.

        :param kind: ``check``, ``preview``, ``preview_incoming`` or ``load``
        :param request: JSON (docs/architecture.md, Questions)
        :param timeout: seconds
        :return: the answer
        :raise UserError: nobody answered in time, or the question could not be answered; says what to do
        """
        # Not called `cr`: a translation below would take a local of that name for this transaction's cursor.
        with self.env.registry.cursor() as aside:
            aside.execute("SELECT integration_hub_private.ask(%s, %s)", [kind, Json(request)])
            (number,) = aside.fetchone()
            aside.commit()
            answer = self._wait(aside, number, time.monotonic() + timeout)
            # Nobody waits any more, and the record in it is nobody else's to read.
            aside.execute("DELETE FROM integration_question WHERE id = %s", [number])
        if answer is None:
            raise UserError(
                _(
                    "The sidecar did not answer within %(seconds)s seconds. Check that it runs and reaches this "
                    "database (hub check on its machine says what is wrong), then try again.",
                    seconds=round(timeout),
                )
            )
        if error := answer.get("error"):
            raise UserError(" ".join(part for part in (error.get("message"), error.get("hint")) if part))
        return answer

    def _wait(self, aside, number, until):
        pause = FIRST_LOOK_SECONDS
        while True:
            aside.execute("SELECT answer FROM integration_question WHERE id = %s AND state = 'answered'", [number])
            row = aside.fetchone()
            aside.commit()
            if row:
                return row[0]
            if time.monotonic() >= until:
                return None
            time.sleep(pause)
            pause = min(pause * 1.5, LAST_LOOK_SECONDS)

    @api.autovacuum
    def _gc_questions(self):
        """Those whose asker died before the answer came."""
        self.sudo().search([("asked_at", "<", fields.Datetime.now() - timedelta(days=1))]).unlink()
