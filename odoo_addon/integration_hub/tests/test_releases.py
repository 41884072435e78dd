from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation

from .common import HubCase

SLEEP = "odoo.addons.integration_hub.models.artifacts.integration_question.time.sleep"


@tagged("post_install", "-at_install")
class TestReleases(HubCase):
    """MAP-12: a change goes under the mappings that were in force when it was made."""

    def make(self, **values):
        return self.env["integration.release"]._make([], {}, values.pop("reason", "For a test"))

    def test_an_event_carries_the_release_in_force(self):
        before = self.env["integration.release"]._current().number
        self.company("Before")
        self.assertEqual(self.the_event().release, before)
        made = self.make()
        self.assertEqual(made.number, before + 1)
        self.company("After")
        self.assertEqual(self.the_event().release, made.number)

    def test_events_of_one_transaction_carry_it_however_many_there_are(self):
        made = self.make()
        self.commit()
        self.company("One")
        self.company("Another")
        self.assertEqual(self.events().mapped("release"), [made.number] * 2)

    def test_a_release_that_a_quiet_savepoint_took_back_is_in_no_event(self):
        # Such a savepoint keeps in memory what was made in it.
        before = self.env["integration.release"]._current().number
        savepoint = self.env.cr.savepoint(flush=False)
        self.make()
        self.company("Taken back")
        self.env.cr.flush()
        savepoint.close(rollback=True)
        self.company("Kept")
        self.assertEqual(self.the_event().release, before)

    def test_a_release_says_who_made_it_and_is_never_changed(self):
        administrator = self.person("r_admin", "integration_hub.group_administrator")
        made = self.env["integration.release"].with_user(administrator)._make([], {}, "Because")
        self.assertEqual((made.user_id, made.reason), (administrator, "Because"))
        with self.assertRaises(UserError):
            made.sudo().write({"content": []})
        with self.assertRaises(UserError):
            made.sudo().unlink()

    def test_nobody_makes_one_by_hand_and_viewers_see_them(self):
        administrator = self.person("r_admin", "integration_hub.group_administrator")
        with self.assertRaises(AccessError):
            self.env["integration.release"].with_user(administrator).create({"number": 99, "user_id": administrator.id})
        viewer = self.person("r_viewer", "integration_hub.group_viewer")
        self.assertTrue(self.make().with_user(viewer).number)

    def test_two_at_once_do_not_become_one(self):
        made = self.make()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            made.sudo().copy({"number": made.number}).flush_recordset()

    def test_a_release_holds_one_version_of_a_file(self):
        entry = {"path": "odoo/customer.json", "version": 1, "version_id": 1}
        with self.assertRaises(UserError):
            self.env["integration.release"]._make([entry, entry], {}, "Twice")


@tagged("post_install", "-at_install")
class TestQuestions(HubCase):
    """What Odoo asks the sidecar is answered while a person waits, or says what to do."""

    def answering(self, answer):
        """A sidecar that answers during the first pause of whoever waits."""

        def while_waiting(_seconds):
            with self.registry.cursor() as aside:
                queue = self.env(cr=aside)["integration.queue"].sudo()
                for question in queue.questions("w1", 10):
                    queue.answer("w1", question["id"], answer | {"asked": question["request"]})

        return patch(SLEEP, while_waiting)

    def open_questions(self):
        with self.registry.cursor() as aside:
            aside.execute("SELECT count(*) FROM integration_question")
            return aside.fetchone()[0]

    def test_the_answer_comes_back_and_nothing_of_it_is_kept(self):
        with self.answering({"ok": True}):
            answer = self.env["integration.question"]._ask("check", {"overlay": {}})
        self.assertEqual(answer, {"ok": True, "asked": {"overlay": {}}})
        self.assertEqual(self.open_questions(), 0)

    def test_a_question_that_cannot_be_answered_says_why(self):
        failure = {"error": {"message": "There is no system x.", "hint": "Name one that is connected."}}
        with self.answering(failure), self.assertRaisesRegex(UserError, "no system x. Name one that is connected"):
            self.env["integration.question"]._ask("preview", {})

    def test_without_a_sidecar_it_says_what_to_do(self):
        with patch(SLEEP), self.assertRaisesRegex(UserError, "did not answer within 0 seconds.*hub check"):
            self.env["integration.question"]._ask("check", {}, timeout=0.01)
        self.assertEqual(self.open_questions(), 0)

    def test_only_the_sidecar_takes_questions(self):
        operator = self.person("q_operator", "integration_hub.group_administrator")
        queue = self.env["integration.queue"].with_user(operator)
        for call in (lambda: queue.questions("w", 1), lambda: queue.answer("w", 1, {}), lambda: queue.release(1)):
            with self.assertRaises(AccessError):
                call()
