from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .artifact_case import ASK
from .inbound_case import InboundCase

LISTS = [{"object": "company", "becomes": "customer"}, {"object": "contact", "becomes": "contact"}]


def load(object_="company", dry_run=True, state="done", **given):
    counts = {"listed": 0, "open": 0, "outcomes": {}, "reasons": {}, "failure": None}
    load = {"object": object_, "dry_run": dry_run, "state": state, "started_at": "2026-11-22T07:00:00Z"}
    return load | counts | given


@tagged("-at_install", "post_install")
class TestFirstLoad(InboundCase):
    """MIG-06: administrators load what is already in a system, from its form, after a dry run; nobody else does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls.person("hub_first_load_admin", "integration_hub.group_administrator")

    def setUp(self):
        super().setUp()
        self.asked = []
        self.loads = []

        def answer(_question, kind, request, timeout=5.0):
            self.asked.append((kind, request))
            return {"lists": LISTS, "loads": self.loads}

        asking = patch(ASK, answer)
        asking.start()
        self.addCleanup(asking.stop)

    def opened(self):
        action = self.crm.with_user(self.administrator).action_first_load()
        return self.env[action["res_model"]].with_user(self.administrator).browse(action["res_id"])

    def test_the_dry_run_is_shown_in_words_before_anything_can_be_started(self):
        wizard = self.opened()
        self.assertEqual(self.asked, [("load", {"system": "test_crm"})])
        self.assertEqual(wizard.line_ids.mapped("name"), ["Customer", "Contact"])
        with self.assertRaisesRegex(UserError, "Try it out first"):
            wizard.line_ids[0].action_start()
        outcomes = {"matched": 12, "created": 105, "held": 2, "unchanged": 1, "echo": 2}
        self.loads = [load(listed=122, outcomes=outcomes, reasons={"possible_duplicate": 2})]
        wizard.line_ids[0].action_try()
        self.assertEqual(self.asked[-1], ("load", {"system": "test_crm", "action": "dry_run", "object": "company"}))
        self.assertEqual(
            wizard.line_ids[0].dry_text,
            "12 linked with what is here, 105 created, 3 the same as here, 2 need a decision. "
            "Why: may be the same as a record here (2)",
        )
        wizard.line_ids[0].action_start()
        self.assertEqual(self.asked[-1], ("load", {"system": "test_crm", "action": "start", "object": "company"}))

    def test_how_far_it_is_and_why_it_stands_still_is_shown_and_it_goes_on(self):
        self.loads = [load(dry_run=False, state="running", listed=50, open=20, outcomes={"created": 30})]
        wizard = self.opened()
        line = wizard.line_ids[0]
        self.assertEqual((line.load_state, line.load_text), ("running", "30 of 50 listed so far, 30 created"))
        self.assertTrue(wizard.is_running)
        line.action_stop()
        self.assertEqual(self.asked[-1][1], {"system": "test_crm", "action": "stop", "object": "company"})
        failure = {"kind": "credential", "code": "refused", "message": "The token has expired.", "hint": "Renew it."}
        self.loads = [load(dry_run=False, state="failed", listed=50, outcomes={"created": 50}, failure=failure)]
        wizard.action_refresh()
        line = wizard.line_ids[0]
        self.assertEqual((line.load_state, line.load_text), ("failed", "50 created. The token has expired. Renew it."))
        self.assertFalse(wizard.is_running)
        line.action_start()
        self.assertEqual(self.asked[-1][1]["action"], "start")

    def test_what_went_since_it_stood_still_and_why_nothing_moves_is_shown(self):
        counts = {"created": 40, "waiting": 1, "settled": 9}
        more = {"outcomes": counts, "reasons": {"http_401": 10}}
        self.loads = [load(dry_run=False, state="running", listed=60, open=10, **more)]
        self.crm.sudo().action_pause()
        wizard = self.opened()
        self.assertEqual(
            wizard.line_ids[0].load_text,
            "50 of 60 listed so far, 40 created, 1 wait for another record, 9 settled since. Why: http 401 (10)",
        )
        self.assertEqual((wizard.system_state, wizard.pause_reason), ("paused", self.crm.pause_reason))

    def test_a_system_without_anything_to_load_says_so(self):
        nothing = patch(ASK, lambda *_args, **_kwargs: {"lists": [], "loads": []})
        with nothing, self.assertRaisesRegex(UserError, "Nothing of .* can be loaded"):
            self.opened()

    def test_only_integration_administrators_load(self):
        for person in (self.operator, self.person("hub_first_load_viewer", "integration_hub.group_viewer")):
            with self.assertRaises(AccessError):
                self.crm.with_user(person).action_first_load()
            view = self.env["integration.system"].with_user(person).get_view(view_type="form")["arch"]
            self.assertNotIn("action_first_load", view)
        self.assertEqual(self.asked, [])
        view = self.env["integration.system"].with_user(self.administrator).get_view(view_type="form")["arch"]
        self.assertIn("action_first_load", view)
