from odoo.fields import Datetime
from odoo.tests import tagged

from .inbound_case import InboundCase
from .problem_case import ProblemCase


@tagged("post_install", "-at_install")
class TestProblemUntaken(ProblemCase, InboundCase):
    """OBS-03: what is due and is taken by nobody is somebody's business, whatever keeps the sidecar from it."""

    def setUp(self):
        super().setUp()
        find = {"$find": {"model": "res.partner.category", "by": {"name": "Hub bronze"}}}
        self.waits = self.row(self.receive_one(values={"name": "Acme", "category_id": [find]})).with_user(self.operator)
        self.env["integration.mark"].sudo().search([]).unlink()
        with self.at("2026-03-02 09:00:00"):
            self.waits.action_retry()
        # The retry wrote with the database's clock.
        self.waits.sudo().next_attempt_at = "2026-03-02 09:00:00"
        # Tried before, when there was a sidecar.
        self.waits.attempt_ids.sudo().write({"started_at": "2026-03-02 08:59:00"})

    def seen(self, moment):
        """A sidecar was there until then."""
        self.env["integration.mark"].sudo().create({"hub": moment, "counter": 1, "seen_at": moment})

    def test_without_a_sidecar_its_owner_is_told_after_the_grace_and_it_closes_when_one_takes_it(self):
        self.seen("2026-03-02 09:01:00")
        with self.at("2026-03-02 09:14:00"):
            self.sync()
            self.assertFalse(self.problems(), "what is away for a moment is nobody's business")
        with self.at("2026-03-02 09:30:00"):
            self.sync()
            problem = self.the_problem()
            self.assertEqual((problem.code, problem.user_id), ("no_sidecar", self.owner))
            self.assertEqual((problem.delivery_count, self.activities(problem).user_id), (1, self.owner))
            for words in ("No sidecar works", "9:01", "Start the sidecar", "Changes that wait: 1."):
                self.assertIn(words, self.activities(problem).note)
            self.assertIn("none has for some time", self.waits.situation)
            self.sync()
            self.assertEqual(self.the_problem(), problem)
        self.assertEqual(len(self.inbound().due("test_crm", 5)), 1)
        self.sync()
        self.assertEqual((problem.state, bool(self.activities(problem))), ("closed", False))

    def test_without_a_sidecar_what_is_to_go_out_is_told_of_too(self):
        self.waits.action_cancel(reason="Not ours")
        self.seen("2026-03-02 09:01:00")
        changes = self.changes(2).filtered(lambda delivery: delivery.system_id == self.crm)
        self.env.cr.execute(
            "UPDATE integration_delivery SET create_date = '2026-03-02 09:00:00' WHERE id = ANY(%s)", [changes.ids]
        )
        with self.at("2026-03-02 09:30:00"):
            self.sync()
            problem = self.the_problem()
            self.assertEqual((problem.code, problem.delivery_count), ("no_sidecar", 2))

    def test_a_sidecar_that_does_not_take_it_is_told_of(self):
        with self.at("2026-03-02 09:30:00"):
            self.seen("2026-03-02 09:29:58")
            self.sync()
            problem = self.the_problem()
            self.assertEqual((problem.code, problem.user_id), ("incoming_not_taken", self.owner))
            self.assertIn("“test_crm”", problem.hint)
            problem.with_user(self.operator).action_cancel_all(reason="Given up")
        self.assertEqual(self.waits.state, "cancelled")

    def test_one_that_is_at_it_and_has_much_to_do_is_left_alone(self):
        with self.at("2026-03-02 09:30:00"):
            self.seen("2026-03-02 09:29:58")
            self.receive_one("2", values={"name": "Another"})
            self.env["integration.attempt"].sudo().search([], order="id desc", limit=1).started_at = Datetime.now()
            self.sync()
            self.assertFalse(self.problems())

    def test_of_a_system_that_was_taken_away_it_is_told_until_somebody_cancels_it(self):
        self.crm.active = False
        with self.at("2026-03-02 09:30:00"):
            self.seen("2026-03-02 09:29:58")
            self.sync()
            problem = self.the_problem()
            self.assertEqual((problem.code, problem.user_id), ("system_archived", self.owner))
            self.assertIn("once it is taken out of the archive", self.waits.situation)
            problem.with_user(self.operator).action_cancel_all(reason="It was sold")
            self.assertEqual(self.waits.state, "cancelled")
            self.sync()
            self.assertEqual(problem.state, "closed")

    def test_what_a_person_paused_waits_for_that_person(self):
        self.crm.with_user(self.operator).action_pause(reason="They migrate")
        with self.at("2026-03-02 09:30:00"):
            self.sync()
            self.assertFalse(self.problems())
            self.assertIn("when the system is resumed", self.waits.situation)
