from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundCreation(InboundCase):
    """OBJ-02, OWN-04: nothing is created twice, nor by a system that may not."""

    def setUp(self):
        super().setUp()
        self.acme = self.committed(
            self.company(
                "QUORUM N.V.",
                vat="BE0477472701",
                email="Info <info@quorum.example>",
                website="https://www.quorum.example/",
            )
        )
        self.identify = [
            {"as": "taxId", "fields": ["vat"], "sure": True},
            {"as": "email", "fields": ["email"]},
            {"as": "domain", "fields": ["website"]},
            {"as": "name", "fields": ["name"]},
        ]

    def new(self, values, **given):
        return self.receive_one("5", {"is_company": True} | values, identify=self.identify, **given)

    def test_a_record_that_is_here_already_is_offered_for_linking(self):
        for values in (
            {"name": "Other", "vat": "BE 0477.472.701"},
            {"name": "Other", "vat": "be0477472701"},
            {"name": "Other", "email": "INFO@quorum.example"},
            {"name": "Other", "website": "quorum.example/about"},
            {"name": "Quorum nv"},
        ):
            with self.subTest(values):
                row = self.row(self.new(values))
                self.assertEqual(
                    (row.state, row.error_kind, row.error_code), ("held", "business", "possible_duplicate")
                )
                self.assertEqual([found["id"] for found in row.candidates], self.acme.ids)
                self.assertIn("QUORUM N.V.", row.with_user(self.operator).candidate_table)
        self.assertEqual(self.new({"name": "Quorum Logistics"})["state"], "delivered")

    def test_a_tax_id_without_its_country_is_that_of_the_country_the_company_is_in(self):
        def offered(**values):
            answer = self.new({"name": "Other"} | values)
            return [found["id"] for found in self.row(answer).candidates or ()]

        belgium = {"$find": {"model": "res.country", "by": {"code": "BE"}}}
        self.assertEqual(offered(vat="0477.472.701", country_id=belgium), [self.acme.id], "missing there")
        self.write_plainly(vat="0477 472 701", country_id=self.belgium.id)
        self.assertEqual(offered(vat="BE0477472701"), [self.acme.id], "missing here")
        self.assertEqual(offered(vat="BE0477472701", country_id=belgium), [self.acme.id])
        self.write_plainly(vat="0477 472 701", country_id=self.env.ref("base.fr").id)
        self.assertEqual(offered(vat="BE0477472701"), [], "a number of another country")

    def write_plainly(self, **values):
        """As an import of long ago left it: Odoo itself puts the country in front."""
        for name, value in values.items():
            column = SQL.identifier(name)
            self.env.cr.execute(SQL("UPDATE res_partner SET %s = %s WHERE id = %s", column, value, self.acme.id))
        self.env.invalidate_all()

    def test_an_address_with_a_plus_is_another_address(self):
        answer = self.new({"name": "Other", "email": "info+crm@quorum.example"})
        self.assertEqual(answer["state"], "delivered", answer["error"])
        again = self.receive_one("6", {"name": "Third", "email": "INFO+CRM@quorum.example"}, identify=self.identify)
        self.assertEqual([found["id"] for found in self.row(again).candidates], [answer["res_id"]])

    def test_one_that_is_archived_is_offered_as_such_and_comes_back(self):
        self.acme.active = False
        self.events().delivery_ids.sudo().write({"state": "superseded"})
        row = self.row(self.new({"name": "Quorum nv"})).with_user(self.operator)
        self.assertIn("Name (archived in Odoo)", row.candidate_table)
        row._link_to(self.acme)
        document = {"model": "res.partner", "values": {"name": "Quorum nv", "is_company": True}, "archive": False}
        answer = self.new({}, document=document)
        self.assertEqual((answer["state"], answer["res_id"]), ("delivered", self.acme.id), answer["error"])
        self.assertTrue(self.acme.active)

    def test_linking_updates_the_record_from_then_on(self):
        row = self.row(self.new({"name": "Quorum nv", "phone": "9"})).with_user(self.operator)
        action = row.action_choose_record()
        wizard = self.env[action["res_model"]].with_user(self.operator).browse(action["res_id"])
        self.assertEqual((wizard.candidate_ids.name, wizard.candidate_ids.why), ("QUORUM N.V.", "Name"))
        wizard.candidate_ids.action_link()
        self.assertEqual((row.state, row.decision), ("received", {"link": self.acme.id}))
        answer = self.new({"name": "Quorum nv", "phone": "9"})
        self.assertEqual((answer["state"], answer["res_id"], answer["created"]), ("delivered", self.acme.id, False))
        self.assertEqual((self.acme.phone, self.link("5").lane), ("9", f"res.partner,{self.acme.id}"))
        self.assertEqual(row.attempt_ids.sorted("id").mapped("outcome"), ["held", "person_linked", "delivered"])

    def test_a_decision_survives_the_next_notice(self):
        row = self.row(self.new({"name": "Quorum nv"})).with_user(self.operator)
        row._link_to(self.acme)
        missing = {"$record": "test_crm:company,none"}
        self.assertEqual(self.new({"name": "Quorum nv", "parent_id": missing})["state"], "waiting")
        self.assertEqual(self.new({"name": "Quorum nv"})["res_id"], self.acme.id)

    def test_creating_it_anyway_makes_a_second_one(self):
        row = self.row(self.new({"name": "Quorum nv"})).with_user(self.operator)
        row.action_create_anyway()
        answer = self.new({"name": "Quorum nv"})
        self.assertTrue(answer["created"])
        self.assertNotEqual(answer["res_id"], self.acme.id)

    def test_a_record_has_one_identity_there(self):
        self.record(self.receive_one("1", {"name": "Linked Co", "is_company": True}))
        row = self.row(self.new({"name": "Linked co"})).with_user(self.operator)
        with self.assertRaisesRegex(UserError, "linked with 1 in Test CRM already"):
            row._link_to(self.record({"model": "res.partner", "res_id": row.candidates[0]["id"]}))

    def test_a_first_load_whose_answer_was_lost_is_told_again_what_it_made(self):
        """MIG-06: its figures say created and linked, although the record is the same as here when it asks again."""
        before, later = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
        values = {"name": "Asked twice", "is_company": True}
        load = {"first_load": True, "priority": 90}
        self.receive_one("7", values, named_at=before, **load)
        again = self.receive_one("7", values, named_at=before, **load)
        self.assertEqual((again["created"], again["matched"], again["unchanged"]), (True, False, True))
        next_load = self.receive_one("7", values, named_at=later, **load)
        self.assertEqual((next_load["created"], next_load["unchanged"]), (False, True))
        known = self.new({"name": "QUORUM N.V.", "vat": "BE0477472701"}, named_at=before, **load)
        self.assertTrue(known["matched"])
        again = self.new({"name": "QUORUM N.V.", "vat": "BE0477472701"}, named_at=before, **load)
        self.assertEqual((again["created"], again["matched"], again["res_id"]), (False, True, known["res_id"]))

    def test_a_first_load_links_what_is_certain_and_creates_nothing_twice(self):
        sure = self.new({"name": "QUORUM N.V.", "vat": "BE0477472701"}, first_load=True, priority=90)
        self.assertEqual((sure["state"], sure["res_id"], sure["created"]), ("delivered", self.acme.id, False))
        self.assertTrue(sure["matched"])
        unsure = self.receive_one("6", {"name": "Quorum"}, identify=self.identify, first_load=True)
        self.assertEqual(unsure["error"]["code"], "possible_duplicate")

    def test_what_is_not_written_may_identify_too(self):
        """A company of which only the domain is known: Odoo keeps none, and has it in the web address."""
        by_domain = [{"as": "domain", "fields": ["website"], "values": ["Quorum.example"], "sure": True}]
        held = self.receive_one("5", {"name": "Unlike"}, identify=by_domain)
        self.assertEqual(held["error"]["code"], "possible_duplicate")
        loaded = self.receive_one("6", {"name": "Unlike"}, identify=by_domain, first_load=True)
        self.assertEqual((loaded["state"], loaded["res_id"]), ("delivered", self.acme.id))
        self.assertEqual(self.acme.website, "https://www.quorum.example/")
        other = [{"as": "domain", "fields": ["website"], "values": ["other.example"], "sure": True}]
        self.assertTrue(self.receive_one("7", {"name": "Unlike"}, identify=other)["created"])

    def test_records_of_other_companies_are_neither_found_nor_shown(self):
        other = self.env["res.company"].create({"name": "Other company"})
        self.acme.company_id = other
        self.assertEqual(self.new({"name": "Quorum nv"})["state"], "delivered")

    def test_candidates_that_the_operator_may_not_see_are_not_shown(self):
        row = self.row(self.new({"name": "Quorum nv"}))
        row.sudo().write({"candidates": [{"id": self.acme.id, "why": "Name"}]})
        self.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.acme.id})]",
            }
        )
        self.assertFalse(row.with_user(self.operator).candidate_table)

    def test_a_system_that_may_not_create_links_only(self):
        refusal = {"allowed": False, "rule": "objects.project.createdBy", "reason": "Only Odoo creates projects."}
        row = self.row(self.new({"name": "Brand new"}, may_create=refusal)).with_user(self.operator)
        self.assertEqual((row.error_kind, row.error_code), ("policy", "single_creation"))
        self.assertIn("Only Odoo creates projects.", row.what_happened)
        with self.assertRaises(UserError):
            row.action_create_anyway()
        row._link_to(self.acme)
        self.assertEqual(self.new({"name": "Brand new"}, may_create=refusal)["res_id"], self.acme.id)
