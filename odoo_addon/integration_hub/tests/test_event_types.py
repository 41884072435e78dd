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

    # -- EVT-21: technical events apart --------------------------------------------------------------------------

    def field(self, name, model="res.partner"):
        return self.env["ir.model.fields"]._get(model, name)

    def on_change_of(self, *names, event_type="customer.touched", **values):
        only_changes = {"on_create": False, "on_archive": False, "on_unlink": False}
        watched = [(6, 0, [self.field(name).id for name in names])]
        return self.make_rule(event_type=event_type, watched_field_ids=watched, **only_changes, **values)

    def test_an_event_of_nothing_but_bookkeeping_is_technical_by_itself(self):
        rule = self.on_change_of("color")
        self.assertEqual(self.row("customer.touched").nature, "technical")
        self.assertIn("color", self.row("customer.touched").technical_because)
        rule.watched_field_ids = [(4, self.field("email").id)]
        self.assertEqual(self.row("customer.touched").nature, "business")
        rule.watched_field_ids = [(3, self.field("email").id)]
        rule.on_create = True
        self.assertEqual(self.row("customer.touched").nature, "business", "that there is a new customer is news")

    def test_what_the_hub_writes_back_itself_makes_technical_events(self):
        self.on_change_of("ref")
        self.assertEqual(self.row("customer.touched").nature, "business")
        self.activated({"writeBack": [{"to": "ref", "from": "externalId"}]})
        self.env["integration.event.type"]._judge()
        self.assertEqual(self.row("customer.touched").nature, "technical")

    def test_an_event_of_the_software_or_without_a_business_object_is_technical(self):
        software = {"model": "ir.cron", "paths": ("name",), "domain": "[]"}
        self.make_rule(event_type="job.changed", **software)
        self.assertEqual(self.row("job.changed").nature, "technical")
        self.env["integration.catalogue"].sudo().create(
            {
                "kind": "schema",
                "code": "ticket/3",
                "title": "T",
                "content": {"$id": "hub:canonical/ticket/3", "properties": {}},
            }
        )
        self.make_rule(event_type="gizmo.changed", object="gizmo")
        self.assertEqual(self.row("gizmo.changed").nature, "technical")

    def test_one_business_rule_makes_it_a_business_event(self):
        self.on_change_of("color")
        self.on_change_of("email")
        self.assertEqual(self.row("customer.touched").nature, "business")

    def test_a_person_may_say_otherwise_and_that_stays(self):
        rule = self.on_change_of("color")
        row = self.row("customer.touched").with_user(self.ann)
        row.nature_choice = "business"
        rule.watched_field_ids = [(6, 0, [self.field("color").id])]
        self.assertEqual(row.nature, "business")
        row.nature_choice = "rule"
        self.assertEqual(row.nature, "technical")

    def test_technical_events_stand_apart_in_the_lists(self):
        company = self.committed(self.company())
        self.on_change_of("color")
        company.color = 3
        event = self.the_event()
        self.assertTrue(event.technical)
        Event = self.env["integration.event"]
        self.assertIn(event, Event.search([("technical", "=", True)]))
        self.assertNotIn(event, Event.search([("technical", "=", False)]))
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_events")
        self.assertIn("search_default_business", action["context"])
        self.assertNotIn("search_default_business", self.row("customer.touched").action_open_events()["context"])

    def test_operators_read_it_only(self):
        with self.assertRaises(AccessError):
            self.row().with_user(self.operator).write({"description": "x"})
