import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .artifact_case import ArtifactCase

SCHEMA = {
    "$id": "hub:canonical/customer/1",
    "properties": {
        "name": {"x-classification": "internal"},
        "taxId": {"x-classification": "commercial"},
        "address": {"x-classification": "personal", "properties": {"city": {}}},
    },
}
MAPPING = {
    "source": {"object": "customer", "version": 1},
    "lines": [{"to": "a", "from": "name"}, {"to": "b", "from": "taxId"}, {"to": "c", "from": "address.city"}],
}


@tagged("post_install", "-at_install")
class TestFlows(ArtifactCase):
    """GOV-01, GOV-10, TIM-01, MIG-01: the register of interfaces; two that write one field."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        catalogue = cls.env["integration.catalogue"].sudo()
        catalogue.search([("kind", "in", ("schema", "file"))]).unlink()
        path = "systems/test/mappings/customer.json"
        catalogue.create(
            [
                {"kind": "schema", "code": "customer/1", "title": "Customer", "content": SCHEMA},
                {"kind": "file", "code": path, "title": path, "content": MAPPING},
            ]
        )
        cls.env["integration.artifact"].sudo()._from_catalogue()
        cls.flow = cls.env["integration.flow"].search([("rule_id", "=", cls.rule.id)])

    def read(self, text):
        file = base64.b64encode(text.encode())
        return self.env["integration.flow.import"].with_user(self.ann).create({"file": file}).action_import()

    def flow_named(self, name):
        return self.env["integration.flow"].search([("name", "=", name)])

    def test_a_rule_is_a_flow_with_what_it_writes_and_how_confidential_that_is(self):
        self.assertEqual(
            (self.flow.name, self.flow.target, self.flow.object, self.flow.data_classes, self.flow.runs_here),
            ("Customer changed", "Test CRM, Test PSA", "customer", "commercial, internal, personal", True),
        )
        self.assertEqual(self.flow.fields_written, "address.city\nname\ntaxId")

    def test_what_is_not_declared_is_listed(self):
        self.assertIn("Owner", self.flow.missing)
        undeclared = [("missing", "!=", False), ("id", "=", self.flow.id)]
        self.assertTrue(self.env["integration.flow"].search(undeclared))
        self.flow.with_user(self.ann).write(
            {
                "purpose": "Sales works with it.",
                "owner_id": self.ann.id,
                "criticality": "high",
                "timing": "real_time",
                "latency_target": 5,
            }
        )
        self.assertFalse(self.flow.missing)
        self.assertFalse(self.env["integration.flow"].search(undeclared))

    def test_the_actual_latency_stands_beside_the_target(self):
        for _n in range(3):
            self.company()
        deliveries = self.events().delivery_ids.sudo()
        deliveries.write({"state": "delivered", "latency_ms": 4000})
        deliveries[:1].latency_ms = 9000
        self.env.flush_all()
        self.flow.latency_target = 5
        self.env.invalidate_all()
        self.assertEqual((self.flow.volume, self.flow.late), (6, True))
        self.assertAlmostEqual(self.flow.latency_actual, 7.75)
        self.flow.latency_target = 10
        self.assertFalse(self.flow.late)

    def test_time_for_which_a_delivery_waited_for_a_person_is_told_apart(self):
        self.company()
        delivery = self.events().delivery_ids.sudo()[:1]
        delivery.write({"state": "delivered", "latency_ms": 2 * 3600_000 + 3000})
        at = {"delivery_id": delivery.id, "system_id": delivery.system_id.id, "worker": "w"}
        self.env["integration.attempt"].sudo().create(
            [
                at | {"outcome": outcome, "started_at": f"2026-01-01 {time}", "ended_at": f"2026-01-01 {time}"}
                for outcome, time in (("held", "08:00:01"), ("retried", "10:00:01"), ("delivered", "10:00:03"))
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(self.flow.latency_actual, 3)
        self.assertEqual((self.flow.waited_count, self.flow.waited_hours), (1, 2))

    def test_time_for_which_the_mass_change_brake_held_a_delivery_counts_as_waiting(self):
        self.rule.write({"brake_creates": 1, "system_ids": [(6, 0, self.crm.ids)]})
        first, second = self.company("First"), self.company("Second")
        deliveries = self.events().delivery_ids.sudo()
        self.env.cr.execute("SELECT state FROM integration_hub.claim('w', 'test_crm', 10, 60)")
        self.env.invalidate_all()
        held = deliveries.filtered(lambda delivery: delivery.state == "held")
        self.assertEqual((held.error_code, len(held)), ("mass_change", 1), f"{first} and {second}: one is too many")
        held.brake_id.action_approve()
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE integration_brake SET tripped_at = tripped_at - interval '2 hours';
            UPDATE integration_event SET occurred_at = occurred_at - interval '2 hours 3 seconds';
            UPDATE integration_delivery SET state = 'delivered',
                latency_ms = CASE WHEN brake_id IS NULL THEN 3000 ELSE 2 * 3600000 + 4000 END
            """
        )
        self.env.invalidate_all()
        self.assertLess(self.flow.latency_actual, 10)
        self.assertGreater(self.flow.latency_actual, 2)
        self.assertEqual((self.flow.volume, self.flow.waited_count), (2, 1))
        self.assertAlmostEqual(self.flow.waited_hours, 2, places=2)

    def test_an_imported_list_shows_which_two_write_one_field(self):
        action = self.read(
            "name;owner;to;object;fields;timing;latency;decision\n"
            "Old sync;hub_artifact_ann;test crm;Customer;address, phone;batch;3600;retire\n"
            "Payroll;;Payroll;employee;salary;batch;;\n"
        )
        old, payroll = self.flow_named("Old sync"), self.flow_named("Payroll")
        self.assertEqual((old.owner_id, old.timing, old.decision), (self.ann, "batch", "retire"))
        self.assertEqual((old.conflict, payroll.conflict), ("Customer changed: address", False))
        self.assertEqual(self.flow.conflict, "Old sync: address.city")
        self.assertEqual(action["domain"], [("id", "in", old.ids)])

    def test_a_conflict_ends_with_what_caused_it(self):
        self.read("name,to,object,fields\nOld sync,test_crm,customer,name\n")
        self.assertTrue(self.flow.conflict)
        self.read("name,to,object,fields\nOld sync,test_crm,customer,vat\n")
        self.assertFalse(self.flow.conflict)
        self.assertEqual(len(self.flow_named("Old sync")), 1)

    def test_two_rules_that_share_a_mapping_are_no_conflict(self):
        self.make_rule(name="Customer again", event_type="customer.again")
        self.assertFalse(self.flow.conflict)

    def test_a_wrong_list_changes_nothing_and_names_its_lines(self):
        for text, words in (
            ("title\nx\n", "name the columns"),
            ("name,owner\nOld sync,nobody-here\n", "line 2: there is no user"),
            ("name,timing\nOld sync,sometimes\n", "line 2: timing “sometimes” is none of Real time"),
            ("name,latency\nOld sync,soon\n", "line 2"),
            ("name\n", "no interfaces"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, words):
                self.read(text)
        self.assertFalse(self.flow_named("Old sync"))

    def test_viewers_read_the_register_only(self):
        with self.assertRaises(AccessError):
            self.flow.with_user(self.operator).write({"purpose": "x"})
