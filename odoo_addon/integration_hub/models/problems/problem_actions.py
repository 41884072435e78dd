import time

from odoo import _, models
from odoo.exceptions import UserError

from ..foundation.notification import told
from .integration_problem import NEEDS_A_PERSON

#: Deliveries decided about in one statement.
CHUNK = 1_000
#: Records read again in one go: each of them is read and recorded as a change of its own.
READ_CHUNK = 200
#: Kinds whose deliveries give way to a later state of the record (`integration_hub.claim`).
REPLACEABLE = ("technical", "data", "business")
#: A request that takes longer would be cut off by Odoo; what is left is said, and done by pressing again.
MOST_SECONDS = 45


class IntegrationProblemActions(models.Model):
    """What people decide about all deliveries with one cause. Each delivery keeps the decision in its history."""

    _inherit = "integration.problem"

    def action_take(self):
        """The signed-in person becomes the owner."""
        self.write({"user_id": self.env.uid})
        return True

    def action_retry_all(self):
        """Sends all of them again, with the tries counted afresh."""
        self._check_open()
        self._check_no_brake()
        if self.filtered("needs_choice"):
            raise UserError(
                _("Trying again would not tell whether the records are there. Open each delivery and choose.")
            )
        return self._told(
            _("Goes again: %s"), *self._in_chunks(CHUNK, lambda deliveries: len(deliveries._queue_again(force=False)))
        )

    def action_read_again_all(self):
        """Reads all their records as they are now, under today's rules and mappings, and sends that in the place of
        what stands still. Left out: where each change counts for itself, and what may have arrived already.
        """
        self._check_open()

        def read_again(deliveries):
            incoming = deliveries.filtered(lambda d: d.direction == "in")
            replaceable = (deliveries - incoming).filtered(lambda d: d.coalesce and d.error_kind in REPLACEABLE)
            again = replaceable._read_again(forced=True)
            again._note("read_again")
            return len(again) + len(incoming._queue_again(force=False))

        done, _left = self._in_chunks(READ_CHUNK, read_again)
        return self._told(_("Read again and queued: %s"), done, 0)

    def action_cancel_all(self, reason=None):
        """Decides that none of them is to be sent. Asks for the reason where none is given."""
        self._check_open()
        self._check_no_brake()
        if not reason:
            return {
                "type": "ir.actions.act_window",
                "name": _("Cancel all"),
                "res_model": "integration.problem.cancel",
                "view_mode": "form",
                "target": "new",
                "context": {"default_problem_ids": [(6, 0, self.ids)]},
            }
        return self._told(
            _("Cancelled: %s"), *self._in_chunks(CHUNK, lambda deliveries: len(deliveries._cancel_now(reason)))
        )

    def action_resume_system(self):
        """Lets the system go on. When what stopped it is still there, it stops again."""
        self._check_open()
        self._touch()
        self.system_id.action_resume()
        self._sync_after_commit()
        return True

    def action_open_brake(self):
        """The mass change, where one decision is made about all of it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Mass change"),
            "res_model": "integration.brake",
            "views": [[False, "form"]],
            "res_id": self.brake_id.id,
        }

    def action_open_deliveries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_deliveries")
        context = {"list_view_ref": "integration_hub.view_inbound_list"} if self.incoming else {}
        return action | {"display_name": self.headline, "domain": list(self._delivery_domain()), "context": context}

    # -- building blocks -------------------------------------------------------------------------------------

    def _check_open(self):
        self._check_may_decide()
        for problem in self:
            if problem.state != "open":
                raise UserError(_("“%s” is closed: nothing stands still for it any more.", problem.headline))

    def _check_no_brake(self):
        if self.brake_id:
            raise UserError(_("Held as part of a mass change. Approve or reject it under Operations, Mass changes."))

    def _in_chunks(self, size, decide):
        """Decides about all deliveries of these problems, the oldest first; what somebody else holds at this moment is
        left out.

        :return: how many were decided about, how many are left
        """
        done = left = 0
        until = time.monotonic() + MOST_SECONDS
        for problem in self:
            if problem.is_pause:
                raise UserError(_("What waits goes by itself once %s goes on.", problem.system_id.name))
            if problem.is_untaken and problem.code == "no_sidecar":
                raise UserError(_("What waits goes by itself once a sidecar works."))
            if problem.is_poll:
                raise UserError(_("No record stands still for it: the sidecar looks again by itself."))
            last = 0
            while time.monotonic() < until:
                deliveries = problem._next_deliveries(last, size)
                if not deliveries:
                    break
                last = deliveries[-1].id
                done += decide(deliveries)
                self.env.flush_all()
                self.env.invalidate_all()
            left += problem.delivery_count
            problem._touch()
        self._sync_after_commit()
        return done, left

    def _next_deliveries(self, after, size):
        Delivery = self.env["integration.delivery"]
        ids = Delivery.search([*self._delivery_domain(), ("id", ">", after)], order="id", limit=size).ids
        self.env.cr.execute(
            "SELECT id FROM integration_delivery WHERE id = ANY(%s) AND state = ANY(%s) ORDER BY id "
            "FOR UPDATE SKIP LOCKED",
            [ids, ["received"] if self.is_untaken else list(NEEDS_A_PERSON)],
        )
        return Delivery.browse(row[0] for row in self.env.cr.fetchall())

    def _told(self, done, decided, left):
        if not decided:
            raise UserError(_("None of them could be changed just now. Look at the deliveries for the reason."))
        message = done % decided
        if left:
            message = _("%(done)s. Still waiting: %(count)s; press again for those.", done=message, count=left)
        return told(message)
