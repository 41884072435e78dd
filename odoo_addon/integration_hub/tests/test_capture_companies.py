from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestCaptureCompanies(HubCase):
    """MAP-08, OBJ-31: rules, systems and what people see keep to their companies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other Ltd"})

    def setUp(self):
        super().setUp()
        self.committed(self.other)

    def test_a_rule_of_a_company_takes_its_records_and_shared_ones(self):
        self.rule.company_id = self.env.company
        self.committed(self.company())
        self.company("Ours", company_id=self.env.company.id)
        self.company("Theirs", company_id=self.other.id)
        self.company("Shared")
        self.assertEqual(self.events().mapped("res_name"), ["Ours", "Shared"])

    def test_a_system_of_a_company_gets_only_its_records_and_shared_ones(self):
        self.psa.company_id = self.other
        self.company("Ours", company_id=self.env.company.id)
        self.company("Theirs", company_id=self.other.id)
        self.company("Shared")
        targets = {event.res_name: set(event.delivery_ids.system_id.mapped("code")) for event in self.events()}
        self.assertEqual(
            targets, {"Ours": {"test_crm"}, "Theirs": {"test_crm", "test_psa"}, "Shared": {"test_crm", "test_psa"}}
        )

    def test_company_dependent_values_are_those_of_the_records_company(self):
        self.rule.payload_fields = "barcode"
        record = self.company("Theirs", company_id=self.other.id)
        record.with_company(self.other).barcode = "THEIRS"
        record.with_company(self.env.company).barcode = "OURS"
        self.assertEqual(self.payload(self.the_event())["record"]["barcode"], "THEIRS")

    def test_people_see_only_rows_of_their_companies(self):
        viewer = self.person("hub_company_viewer", "integration_hub.group_operator", company_id=self.env.company.id)
        self.company("Ours", company_id=self.env.company.id)
        self.company("Theirs", company_id=self.other.id)
        self.company("Shared")
        self.commit()
        seen = self.env(user=viewer, context={"allowed_company_ids": self.env.company.ids})
        for model in ("integration.event", "integration.delivery"):
            names = set(seen[model].search([("res_name", "in", ["Ours", "Theirs", "Shared"])]).mapped("res_name"))
            self.assertEqual(names, {"Ours", "Shared"}, model)
        self.assertNotIn("Theirs", seen["integration.event.payload"].search([]).event_id.sudo().mapped("res_name"))
