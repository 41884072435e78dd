from datetime import date

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .artifact_case import ArtifactCase


@tagged("post_install", "-at_install")
class TestEventTypes(ArtifactCase):
    """EVT-21, GOV-07: every event with its version, owner, subscribers and volume; who still uses a deprecated one."""

    def row(self, name="customer.changed"):
        return self.env["integration.event.type"].search([("name", "=", name)])

    def test_an_event_appears_with_the_rule_that_makes_it(self):
        self.env["integration.catalogue"].sudo().create(
            {
                "kind": "schema",
                "code": "ticket/3",
                "title": "Ticket",
                "content": {"$id": "hub:canonical/ticket/3", "properties": {}},
            }
        )
        self.make_rule(event_type="ticket.closed", object="ticket", description="A ticket was closed.")
        row = self.row("ticket.closed")
        self.assertEqual(
            (row.description, row.nature, row.object, row.schema_version, row.system_ids),
            ("A ticket was closed.", "business", "ticket", "3", self.crm | self.psa),
        )

    def test_its_volume_is_counted(self):
        before = self.row().volume
        self.company()
        self.company()
        self.commit()
        self.env.invalidate_all()
        self.assertEqual(self.row().volume, before + 2)

    def test_an_event_without_a_proper_name_is_refused(self):
        for name in ("changed", "Customer changed", "customer.", ".changed"):
            with self.subTest(name=name), self.assertRaisesRegex(ValidationError, "no name for an event"):
                self.rule.event_type = name

    def test_a_deprecated_event_shows_its_end_and_who_still_uses_it(self):
        row = self.row().with_user(self.ann)
        with self.assertRaisesRegex(ValidationError, "until when"):
            row.state = "deprecated"
        row.write({"state": "deprecated", "ends_on": date(2030, 1, 1)})
        self.assertIn("Customer changed → Test CRM, Test PSA", row.still_used)
        with self.assertRaisesRegex(ValidationError, "still sent"):
            row.unlink()
        self.rule.active = False
        self.env.invalidate_all()
        self.assertFalse(row.still_used)

    def test_operators_read_it_only(self):
        with self.assertRaises(AccessError):
            self.row().with_user(self.operator).write({"description": "x"})
