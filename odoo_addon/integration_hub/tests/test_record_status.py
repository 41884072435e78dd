from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestRecordStatus(HubCase):
    """DES-03: every record tells what other systems know of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.person("hub_status_viewer", "integration_hub.group_viewer")
        cls.operator = cls.person("hub_status_operator", "integration_hub.group_operator")

    def setUp(self):
        super().setUp()
        self.acme = self.company()
        self.deliveries = self.the_event().delivery_ids.sudo()

    def status(self, user=None, record=None):
        record = record or self.acme
        self.env.flush_all()
        return (
            self.env["integration.delivery"].with_user(user or self.viewer).get_record_status(record._name, record.id)
        )

    def delivery(self, system):
        return self.deliveries.filtered(lambda delivery: delivery.system_id == system)

    def test_each_system_is_shown_and_the_worst_comes_first(self):
        self.delivery(self.crm).write(
            {
                "state": "delivered",
                "external_id": "77",
                "external_url": "https://crm.example.com/77",
                "done_at": "2026-11-22 07:00:00",
            }
        )
        self.delivery(self.psa).write({"state": "held", "error_message": "No name", "error_hint": "Give it a name"})
        status = self.status()
        self.assertEqual((status["count"], status["worst_state"], status["state"]), (2, "held", "held"))
        psa, crm = status["systems"]
        self.assertEqual(
            (psa["code"], psa["name"], psa["state"], psa["last_error"], psa["hint"]),
            ("test_psa", "Test PSA", "held", "No name", "Give it a name"),
        )
        self.assertEqual(
            (crm["state"], crm["external_id"], crm["external_url"], crm["at"]),
            ("delivered", "77", "https://crm.example.com/77", "2026-11-22 07:00:00"),
        )

    def test_an_open_delivery_counts_more_than_a_later_finished_one(self):
        self.delivery(self.crm).state = "held"
        self.delivery(self.psa).state = "delivered"
        self.acme.phone = "2"
        self.the_event().delivery_ids.sudo().write({"state": "delivered"})
        self.assertEqual(
            {system["code"]: system["state"] for system in self.status()["systems"]},
            {"test_crm": "held", "test_psa": "delivered"},
        )

    def test_superseded_and_cancelled_deliveries_do_not_count(self):
        self.deliveries.write({"state": "superseded"})
        self.assertEqual(self.status()["systems"], [])

    def test_who_looks_after_what_needs_a_person_is_named(self):
        held = self.delivery(self.crm)
        held.write({"state": "held", "error_kind": "data", "error_message": "No name", "cause": "data:name"})
        self.delivery(self.psa).state = "delivered"
        self.env.flush_all()
        self.env["integration.problem"].sudo()._sync()
        self.env.invalidate_all()
        held.problem_id.sudo().user_id = self.operator
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(
            {system["code"]: system["owner"] for system in self.status()["systems"]},
            {"test_crm": self.operator.name, "test_psa": None},
        )

    def test_a_link_alone_shows_the_record_is_there(self):
        other = self.env["res.partner"].create({"name": "Linked by hand"})
        self.env["integration.link"].sudo().create(
            {
                "system_id": self.crm.id,
                "lane": f"res.partner,{other.id}",
                "model": "res.partner",
                "res_id": other.id,
                "external_type": "company",
                "external_id": "9",
            }
        )
        (system,) = self.status(record=other)["systems"]
        self.assertEqual((system["state"], system["external_id"], system["delivery_id"]), ("delivered", "9", None))

    def test_it_is_right_for_an_archived_record(self):
        self.acme.action_archive()
        self.assertEqual(self.status()["count"], 2)

    def test_users_without_the_group_are_told_nothing_and_get_no_error(self):
        stranger = self.person("hub_status_stranger")
        self.assertEqual(self.status(stranger), {"count": 0, "worst_state": False, "state": False, "systems": []})

    def test_who_may_not_read_the_record_is_told_nothing(self):
        self.env["ir.rule"].create(
            {
                "name": "hide",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.acme.id})]",
                "perm_read": True,
            }
        )
        self.assertEqual(self.status()["systems"], [])

    def test_a_missing_model_or_record_is_no_error(self):
        status = self.env["integration.delivery"].with_user(self.viewer).get_record_status
        self.assertEqual(status("no.such.model", 1)["count"], 0)
        self.assertEqual(status("res.partner", False)["count"], 0)
        self.assertEqual(status("res.partner", 2147483647)["count"], 0)

    def test_it_costs_four_queries(self):
        """May the user read the record; what is there; the deliveries and systems to put it in words."""
        self.status()
        self.env.invalidate_all()
        with self.assertQueryCount(4):
            self.env["integration.delivery"].with_user(self.viewer).get_record_status("res.partner", self.acme.id)

    def test_send_now_reads_the_record_and_sends_it(self):
        self.assertTrue(
            self.env["integration.delivery"].with_user(self.operator).send_record_now("res.partner", self.acme.id)
        )
        event = self.the_event()
        self.assertEqual((len(event.delivery_ids), set(event.delivery_ids.mapped("forced"))), (2, {True}))

    def test_send_now_says_why_it_cannot(self):
        person = self.committed(self.env["res.partner"].create({"name": "Ann"}))
        with self.assertRaisesRegex(UserError, "No active rule"):
            self.env["integration.delivery"].with_user(self.operator).send_record_now("res.partner", person.id)

    def test_where_a_record_waits_behind_another_of_its_deliveries_is_shown(self):
        self.delivery(self.crm).state = "dead"
        self.acme.phone = "2"
        behind = self.the_event().delivery_ids.filtered(lambda delivery: delivery.system_id == self.crm)
        behind.sudo().state = "waiting"
        self.env.flush_all()
        self.assertEqual(behind.blocked_by_id, self.delivery(self.crm))
