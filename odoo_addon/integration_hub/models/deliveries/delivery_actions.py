from odoo import _, fields, models
from odoo.exceptions import AccessError, UserError
from psycopg2.errors import LockNotAvailable

from ..foundation.notification import told
from .integration_brake import MASS_CHANGE
from .integration_delivery import HELD_BY_PERSON


class IntegrationDelivery(models.Model):
    """What people decide about deliveries. Works on one and on many; each decision stays in the attempts, with who
    and why.

    In a selection, deliveries in a state that the action does not apply to are left out and counted; if none is left,
    it is an error.
    """

    _inherit = "integration.delivery"

    def action_retry(self):
        """Tries again what failed or waits, at once, with the tries counted afresh."""
        return self._replay(("held", "dead", "retry", "unknown", "waiting"), force=False, done=_("Goes again: %s"))

    def action_send_again(self):
        """Sends exactly the same content again, also where the other system is believed to hold it already (RES-05)."""
        return self._replay(
            ("delivered", "superseded", "cancelled", "held", "dead"), force=True, done=_("Sent again: %s")
        )

    def action_read_again(self):
        """Reads the records as they are now, under today's rules and mappings, and sends that. This delivery stays as
        it is. One of direction `in` is read at the other system and applied again."""
        chosen = self._for_decision(states=None)
        incoming = chosen.filtered(lambda delivery: delivery.direction == "in" and delivery.state != "received")
        again = (chosen - incoming)._read_again(forced=True) | incoming._queue_again(force=True)
        if not again:
            raise UserError(_("The record is gone, or no active rule sends it to that system any more."))
        (again - incoming)._note("read_again")
        self.invalidate_model()
        return self._told(_("Read again and queued: %s"), again)

    def action_hold(self, reason=None):
        """Keeps deliveries from being sent until somebody releases them. What follows for the same record waits
        behind."""
        held = self._for_decision(("pending", "waiting", "retry", "unknown", "received"))
        self.env.cr.execute(
            """
            UPDATE integration_delivery SET state = 'held', next_attempt_at = NULL, lease_until = NULL, wait_for = NULL,
                error_kind = 'policy', error_code = %s, cause = %s, error_field = NULL,
                error_message = %s, error_hint = %s
            WHERE id = ANY(%s)
            """,
            [
                HELD_BY_PERSON,
                f"policy:{HELD_BY_PERSON}",
                _("%s put it on hold.", self.env.user.name)
                if not reason
                else _("%(user)s put it on hold: %(reason)s", user=self.env.user.name, reason=reason),
                _("Release it when it may go."),
                held.ids,
            ],
        )
        held._note("person_held", reason)
        return self._told(_("On hold: %s"), held)

    def action_release(self):
        """Lets go what a person put on hold. What is held because something is wrong needs Retry."""
        released = self._for_decision(("held",), lambda delivery: delivery.error_code == HELD_BY_PERSON)
        self.env.cr.execute(
            """
            UPDATE integration_delivery SET
                state = CASE WHEN direction = 'in' THEN 'received' WHEN verify THEN 'unknown' ELSE 'pending' END,
                next_attempt_at = CASE WHEN verify OR direction = 'in' THEN clock_timestamp() AT TIME ZONE 'UTC' END,
                error_kind = NULL, error_code = NULL, cause = NULL, error_field = NULL,
                error_message = NULL, error_hint = NULL
            WHERE id = ANY(%s)
            """,
            [released.ids],
        )
        released._note("person_released")
        released._wake()
        return self._told(_("Released: %s"), released)

    def action_cancel(self, reason=None):
        """Decides that deliveries are not to be sent. Asks for the reason where none is given."""
        if not reason:
            self._check_may_decide()
            return {
                "type": "ir.actions.act_window",
                "name": _("Cancel deliveries"),
                "res_model": "integration.delivery.cancel",
                "view_mode": "form",
                "target": "new",
                "context": {"default_delivery_ids": [fields.Command.set(self.ids)]},
            }
        cancelled = self._for_decision(
            ("pending", "waiting", "retry", "unknown", "received", "held", "dead")
        )._cancel_now(reason)
        return self._told(_("Cancelled: %s"), cancelled)

    # -- building blocks -------------------------------------------------------------------------------------

    def _cancel_now(self, reason):
        """Cancels deliveries that the caller has locked and checked."""
        self.env.cr.execute(
            """
            UPDATE integration_delivery SET state = 'cancelled', next_attempt_at = NULL, lease_until = NULL,
                wait_for = NULL, done_at = clock_timestamp() AT TIME ZONE 'UTC'
            WHERE id = ANY(%s)
            """,
            [self.ids],
        )
        self._note("cancelled", reason)
        self._unpark()  # what waited behind them in their lanes
        self._wake()
        return self

    def _replay(self, states, force, done):
        chosen = self._for_decision(states)
        if all(delivery.error_code == MASS_CHANGE for delivery in chosen):
            raise UserError(_("Held as part of a mass change. Approve or reject it under Operations, Mass changes."))
        return self._told(done, chosen._queue_again(force))

    def _queue_again(self, force):
        """Queues the same content again, of deliveries that the caller has locked and checked.

        :return: those that were queued
        """
        self.env.cr.execute(
            "SELECT integration_hub.replay(%s::integer[], %s, %s)", [self.ids, self.env.user.name, force]
        )
        queued = self.browse(row[0] for row in self.env.cr.fetchall() if row[0])
        # The contract wrote the rows of this transaction; who asked is known here.
        self.env.cr.execute(
            """
            UPDATE integration_attempt SET user_id = %s
            WHERE delivery_id = ANY(%s) AND user_id IS NULL AND outcome IN ('retried', 'sent_again')
                AND create_date >= now() AT TIME ZONE 'UTC'
            """,
            [self.env.uid, queued.ids],
        )
        self.env["integration.attempt"].invalidate_model()
        return queued

    def _read_again(self, forced):
        """Queues the records of these deliveries as they are now, for the same systems; answers the deliveries for
        which that was possible. The rule that made a delivery goes before others."""
        together = {}
        for delivery in self.sudo():
            if delivery.direction == "in":
                continue
            key = (delivery.model, delivery.system_id, delivery.event_id.rule_id)
            together.setdefault(key, []).append(delivery)
        queued = set()  # (system, lane)
        for (model, system, rule), deliveries in together.items():
            if model not in self.env:
                continue
            records = self.env[model].sudo().browse({delivery.res_id: None for delivery in deliveries}).exists()
            lanes = self.env["integration.rule"]._enqueue_records(
                records, systems=system, forced=forced, rule_ids=rule.ids
            )
            queued.update((system, lane) for lane in lanes)
        return self.filtered(
            lambda delivery: delivery.direction == "out" and (delivery.sudo().system_id, delivery.lane) in queued
        )

    def _check_may_decide(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_hub.group_operator"):
            raise AccessError(_("Only integration operators can decide about deliveries."))

    def _for_decision(self, states, condition=None):
        """The deliveries among these that the decision applies to, locked until the end of the transaction. A sidecar
        holds such a lock for milliseconds, which a person need not hear of.

        :raise UserError: one of them is being worked on this moment, or none is in a state that the decision applies to
        """
        self._check_may_decide()
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute("SET LOCAL lock_timeout = '2s'")
                self.env.cr.execute(
                    "SELECT id FROM integration_delivery WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [self.ids]
                )
                self.env.cr.execute("SET LOCAL lock_timeout TO DEFAULT")
        except LockNotAvailable as error:
            raise UserError(
                _("One of these deliveries is being worked on at this very moment. Try again in a few seconds.")
            ) from error
        self.invalidate_recordset()
        chosen = self.filtered(
            lambda delivery: (states is None or delivery.state in states) and (condition is None or condition(delivery))
        )
        if not chosen:
            labels = dict(self._fields["state"]._description_selection(self.env))
            found = ", ".join(sorted({labels[delivery.state] for delivery in self}))
            raise UserError(_("This does not apply to deliveries in this state: %s.", found))
        chosen._decided_by_person()
        return chosen

    def _note(self, outcome, reason=None, requested_by=None):
        """Keeps a decision in the attempts.

        :param requested_by: who asked, where it was not the user who is signed in
        """
        now = fields.Datetime.now()
        self.env["integration.attempt"].sudo().create(
            [
                {
                    "delivery_id": delivery.id,
                    "system_id": delivery.system_id.id,
                    "company_id": delivery.company_id.id,
                    "number": 0,
                    "worker": requested_by or self.env.user.name,
                    "user_id": None if requested_by else self.env.uid,
                    "reason": reason,
                    "started_at": now,
                    "ended_at": now,
                    "outcome": outcome,
                    "traceparent": delivery.sudo().event_id.traceparent,
                }
                for delivery in self
            ]
        )

    def _wake(self):
        codes = self.sudo().system_id.mapped("code")
        self.env.cr.execute("SELECT pg_notify('integration_hub', %s)", [",".join([*codes, "!inbound"])])

    def _unpark(self):
        self.env.flush_all()
        lanes = {}
        # The queue of an archived system stands still; what waits there without reason is woken when it goes on (reap).
        for delivery in self.sudo().filtered(lambda delivery: delivery.system_id.active):
            lanes.setdefault(delivery.system_id.code, set()).add(delivery.lane)
        for code, of_system in lanes.items():
            self.env.cr.execute("SELECT integration_hub.unpark(%s, %s::text[])", [code, list(of_system)])

    def _told(self, done, affected):
        """Shows what happened, and reloads the view it was asked from."""
        self.invalidate_model()
        message = done % len(affected)
        if left := len(self) - len(affected):
            message = _("%(done)s. Left out because of their state: %(count)s", done=message, count=left)
        return told(message)
