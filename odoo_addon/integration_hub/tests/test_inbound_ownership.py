from odoo.exceptions import AccessError
from odoo.tests import tagged

from .inbound_case import InboundCase

NOT_YOURS = {"owner": "odoo", "rule": "objects.customer.fields.phone", "reason": "Odoo owns customer.phone."}


@tagged("post_install", "-at_install")
class TestInboundOwnership(InboundCase):
    """OWN-02…05: a value lands only where its system may write; what is refused names the rule."""

    def setUp(self):
        super().setUp()
        self.acme = self.linked(phone="1", email="a@example.com")

    def refuse(self, phone="2", **values):
        return self.receive_one(values={"phone": phone} | values, not_owned={"phone": NOT_YOURS})

    def test_what_another_owns_is_refused_and_the_rest_is_applied(self):
        answer = self.refuse(email="b@example.com")
        self.assertEqual((self.acme.phone, self.acme.email), ("1", "b@example.com"))
        row = self.row(answer)
        self.assertEqual((row.state, row.error_kind, row.error_code), ("held", "policy", "not_owner"))
        self.assertIn("Odoo owns customer.phone.", row.what_happened)
        (compared,) = row.sudo().comparison
        self.assertEqual((compared["field"], compared["odoo"], compared["theirs"]), ("phone", "1", "2"))

    def test_keeping_ours_closes_it_sends_ours_and_asks_no_more_about_that_value(self):
        row = self.row(self.refuse())
        self.events()
        row.with_user(self.operator).action_keep_ours()
        self.assertEqual(row.state, "cancelled")
        sent = self.the_event()
        self.assertEqual((sent.delivery_ids.system_id, sent.delivery_ids.forced), (self.crm, True))
        sent.delivery_ids.sudo().state = "superseded"
        self.assertTrue(self.refuse()["unchanged"])
        self.assertEqual(self.refuse(phone="3")["state"], "held", "another value is another question")

    def test_theirs_can_be_taken_this_once(self):
        row = self.row(self.refuse())
        row.with_user(self.operator).action_take_theirs()
        self.assertEqual((row.state, row.decision["take"]), ("received", ["phone"]))
        self.assertEqual(self.refuse()["state"], "delivered")
        self.assertEqual((self.acme.phone, row.state), ("2", "delivered"))
        self.assertEqual(self.refuse(phone="3")["state"], "held")

    def test_a_decision_counts_for_the_values_that_were_on_the_screen(self):
        row = self.row(self.refuse())
        row.with_user(self.operator).action_take_theirs()
        self.assertEqual(self.refuse(phone="3")["state"], "held")
        self.assertEqual(self.acme.phone, "1")

    def test_what_is_about_to_be_put_right_there_is_no_question(self):
        self.acme.phone = "5"
        self.events()
        self.assertTrue(self.refuse(phone="1")["unchanged"])
        self.assertEqual(self.acme.phone, "5")

    def test_a_system_that_yields_supplies_only_what_is_missing(self):
        answer = self.receive_one(
            values={"phone": "2", "website": "http://acme.example"}, yields={"phone": ["odoo"], "website": ["odoo"]}
        )
        self.assertEqual(
            (answer["state"], self.acme.phone, self.acme.website), ("delivered", "1", "http://acme.example")
        )

    def test_only_operators_decide(self):
        row = self.row(self.refuse()).with_user(self.person("hub_inbound_viewer", "integration_hub.group_viewer"))
        for decide in (row.action_take_theirs, row.action_keep_ours):
            with self.assertRaises(AccessError):
                decide()

    def test_values_are_masked_for_who_may_not_see_them(self):
        catalogue = type(self.env["integration.catalogue"])
        self.patch(catalogue, "_source_classes", lambda _self, _object: {"phone": {"personal"}})
        row = self.row(self.refuse())
        self.assertIn("•••", row.with_user(self.operator).comparison_table)
        self.operator.group_ids += self.env.ref("integration_hub.group_confidential")
        self.assertNotIn("•••", row.with_user(self.operator).comparison_table)
        self.assertIn('data-field="phone"', row.with_user(self.operator).comparison_table)
