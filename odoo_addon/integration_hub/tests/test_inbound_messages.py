from odoo.exceptions import AccessError
from odoo.tests import tagged

from .inbound_case import InboundCase

PHONE = "+32 2 555 01 02"
CONFIDENTIAL = "integration_hub.group_confidential"


@tagged("post_install", "-at_install")
class TestInboundMessages(InboundCase):
    """SEC-06: messages quote the values that they are about; who may not see those reads the message without them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.person("hub_messages_viewer", "integration_hub.group_viewer")
        cls.trusted = cls.person("hub_messages_trusted", "integration_hub.group_viewer", CONFIDENTIAL)

    def refused(self, message, hint="Correct it there.", field="customer.phone", **given):
        error = {"kind": "data", "code": "mapping_value_unusable", "message": message, "hint": hint, "field": field}
        canonical = {"id": "crm:company,1", "name": "Acme", "phone": PHONE}
        return self.row(self.receive_one(canonical=canonical, error=error, **given))

    def read_by(self, user, row):
        return row.with_user(user).read(["what_happened", "what_to_do", "situation"])[0]

    def test_values_are_read_by_those_who_may_see_them_alone(self):
        row = self.refused(f"{PHONE} is no phone number.", f"Write “{PHONE}” with a country.")
        seen = self.read_by(self.trusted, row)
        self.assertEqual(seen["what_happened"], f"{PHONE} is no phone number.")
        self.assertEqual(seen["what_to_do"], f"Write “{PHONE}” with a country.")
        hidden = self.read_by(self.viewer, row)
        self.assertEqual(hidden["what_happened"], "••• is no phone number.")
        self.assertEqual(hidden["what_to_do"], "Write “•••” with a country.")
        self.assertEqual(hidden["situation"], hidden["what_happened"])
        attempt = row.attempt_ids.with_user(self.viewer)
        self.assertEqual(attempt.what_happened, "••• is no phone number.")

    def test_a_value_that_was_not_kept_is_known_by_its_quotes(self):
        answer = self.receive_one(
            values={"country_id": {"$find": {"model": "res.country", "by": {"name": "Atlantis"}}}}, canonical={}
        )
        row = self.row(answer)
        self.assertIn("Atlantis", self.read_by(self.trusted, row)["what_happened"])
        self.assertEqual(self.read_by(self.viewer, row)["what_happened"], "Odoo knows no “•••”.")
        row = self.refused("“Phone” of ann@acme.example is 'x'.")
        self.assertEqual(self.read_by(self.viewer, row)["what_happened"], "“Phone” of ••• is '•••'.")

    def test_what_everybody_may_see_stays(self):
        catalogue = type(self.env["integration.catalogue"])
        self.patch(catalogue, "_source_classes", lambda _self, _object: {"phone": {"internal"}})
        row = self.refused("“12” is no phone number of Acme.", field="phone")
        self.assertEqual(self.read_by(self.viewer, row)["what_happened"], "“12” is no phone number of Acme.")
        row = self.refused("“Mars” is not in the table “Countries”.", field="odoo/tables/countries.json#Mars")
        self.assertIn("“Mars”", self.read_by(self.viewer, row)["what_happened"])

    def test_the_full_text_is_neither_read_nor_searched_by_others(self):
        row = self.refused(f"{PHONE} is no phone number.")
        for model in (row, row.attempt_ids):
            with self.subTest(model._name):
                model = model.with_user(self.viewer)
                with self.assertRaises(AccessError):
                    model.read(["error_message"])
                with self.assertRaises(AccessError):
                    model.search([("error_message", "like", "555")])

    def test_problems_and_the_status_on_records_say_it_without_values(self):
        acme = self.linked(phone="1")
        row = self.refused(f"{PHONE} is no phone number.")
        self.assertEqual(row.res_id, acme.id)
        self.env["integration.problem"].sudo()._sync()
        problem = self.env["integration.problem"].search([("system_id", "=", self.crm.id), ("state", "=", "open")])
        self.assertEqual(problem.message, "••• is no phone number.")
        for user, words in ((self.viewer, "•••"), (self.trusted, PHONE)):
            status = self.env["integration.delivery"].with_user(user).get_record_status("res.partner", acme.id)
            (crm,) = (system for system in status["systems"] if system["code"] == "test_crm")
            self.assertEqual(crm["last_error"], f"{words} is no phone number.")
