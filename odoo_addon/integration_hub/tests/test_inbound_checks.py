from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

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


@tagged("post_install", "-at_install")
class TestInboundConflicts(InboundCase):
    """OWN-07: two edits of one field are compared by a person, and nothing is lost meanwhile."""

    def setUp(self):
        super().setUp()
        self.acme = self.linked(phone="1", email="a@example.com")
        self.acme.phone = "ours"
        self.out = self.events().delivery_ids.filtered(lambda delivery: delivery.system_id == self.crm)

    def conflict(self, **given):
        answer = self.receive_one(values={"phone": "theirs", "email": "b@example.com"}, **given)
        return self.row(answer).with_user(self.operator)

    def test_both_values_stand_side_by_side_and_ours_does_not_leave_meanwhile(self):
        row = self.conflict(occurred_at="2030-01-01T00:00:00Z")
        self.assertEqual((row.state, row.error_kind, row.error_code), ("held", "business", "conflict"))
        (compared,) = row.sudo().comparison
        self.assertEqual((compared["odoo"], compared["theirs"], compared["proposal"]), ("ours", "theirs", "theirs"))
        self.assertEqual((self.acme.phone, self.acme.email), ("ours", "a@example.com"), "nothing of it is applied")
        self.assertEqual((self.out.state, self.out.error_code), ("held", "conflict_waits"))
        self.env["integration.problem"].sudo()._sync()
        self.assertEqual(
            self.env["integration.problem"].search([("system_id", "=", self.crm.id), ("state", "=", "open")]).code,
            "conflict",
            "one problem, not two",
        )

    def test_keeping_ours_lets_it_go_and_applies_the_rest(self):
        row = self.conflict()
        row.action_keep_ours()
        self.assertEqual(row.state, "received")
        self.conflict()
        self.assertEqual((row.state, self.acme.phone, self.acme.email), ("delivered", "ours", "b@example.com"))
        self.assertEqual(self.out.state, "pending")

    def test_what_was_decided_for_ours_is_not_asked_again_while_both_values_last(self):
        self.conflict().action_keep_ours()
        self.conflict()
        again = self.conflict()
        self.assertFalse(again, "told again before ours has left, it is no new question")
        self.assertEqual((self.acme.phone, self.out.state), ("ours", "pending"))
        for values, ours in (({"phone": "another"}, "ours"), ({"phone": "theirs"}, "ours too")):
            with self.subTest(values, ours=ours):
                self.acme.phone = ours
                self.events()
                row = self.row(self.receive_one(values=values)).with_user(self.operator)
                self.assertEqual((row.state, row.error_code), ("held", "conflict"))
                row.action_cancel(reason="Seen")

    def test_taking_theirs_replaces_what_was_going_out(self):
        row = self.conflict()
        row.action_take_theirs()
        self.conflict()
        self.assertEqual((row.state, self.acme.phone, self.out.state), ("delivered", "theirs", "superseded"))
        again = self.events().filtered(
            lambda event: event.direction == "out" and self.crm in event.delivery_ids.system_id
        )
        self.assertEqual(self.payload(again)["record"]["phone"], "theirs")

    def test_cancelling_it_lets_ours_go(self):
        self.conflict().action_cancel(reason="Not important")
        self.assertEqual(self.out.state, "pending")

    def test_a_field_that_only_odoo_changed_is_no_conflict(self):
        answer = self.receive_one(values={"phone": "1", "email": "b@example.com"})
        self.assertEqual((answer["state"], self.acme.phone, self.acme.email), ("delivered", "ours", "b@example.com"))
        self.assertEqual(self.out.state, "pending")

    def test_what_was_read_before_ours_arrived_is_read_again(self):
        for state, done_at in (("processing", False), ("unknown", False), ("delivered", "2030-06-01 00:00:00")):
            with self.subTest(state):
                self.out.sudo().write({"state": state, "done_at": done_at})
                answer = self.receive_one(values={"phone": "1"})
                self.assertEqual((answer["read_again"], answer["delivery_id"]), (True, None))
                self.assertEqual(self.acme.phone, "ours")
        fresh = self.receive_one(values={"phone": "theirs"}, fetched_at="2030-06-01T00:01:00Z")
        self.assertEqual((fresh["state"], self.acme.phone), ("delivered", "theirs"))

    def test_a_record_that_odoo_is_creating_there_is_not_created_twice(self):
        self.company("New one")
        new = self.events().delivery_ids.filtered(lambda delivery: delivery.system_id == self.crm)
        new.sudo().write({"state": "processing", "claimed_at": "2030-01-01 00:00:00"})
        self.assertTrue(self.receive_one("77", {"name": "New one"})["read_again"])


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


@tagged("post_install", "-at_install")
class TestInboundAccounting(InboundCase):
    """OWN-06: accounting outcomes are Odoo's alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "account.move" not in cls.env:
            cls.skipTest(cls, "no accounting in this database")
        cls.crm_user.group_ids += cls.env.ref("account.group_account_invoice")

    def invoice(self):
        partner = self.company()
        return self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": "2026-11-01",
                "invoice_line_ids": [(0, 0, {"name": "Work", "quantity": 1, "price_unit": 100, "tax_ids": [(5,)]})],
            }
        )

    def receive_invoice(self, invoice, values):
        self.env["integration.link"].sudo().search([("external_type", "=", "invoice")]).unlink()
        self.env["integration.link"].sudo().create(
            {
                "system_id": self.crm.id,
                "lane": f"account.move,{invoice.id}",
                "model": "account.move",
                "res_id": invoice.id,
                "external_type": "invoice",
                "external_id": "7",
            }
        )
        return self.receive_one("7", type="invoice", document={"model": "account.move", "values": values})

    def test_a_posted_invoice_is_changed_by_nothing_that_arrives(self):
        invoice = self.invoice()
        self.assertEqual(self.receive_invoice(invoice, {"ref": "before"})["state"], "delivered")
        invoice.action_post()
        answer = self.receive_invoice(invoice, {"ref": "after"})
        self.assertEqual((answer["error"]["kind"], answer["error"]["code"]), ("policy", "accounting_outcome"))
        self.assertEqual(invoice.ref, "before")
        self.assertTrue(self.receive_invoice(invoice, {"ref": "before"})["unchanged"])

    def test_states_and_sums_are_set_by_nothing_that_arrives(self):
        for values in ({"payment_state": "paid"}, {"state": "posted"}, {"amount_total": 5.0}):
            with self.subTest(values):
                answer = self.receive_invoice(self.invoice(), values)
                self.assertEqual(answer["error"]["code"], "accounting_outcome", answer["error"])


@tagged("post_install", "-at_install")
class TestInboundBrake(InboundCase):
    """RES-11: a mass change elsewhere stops at a limit and waits for one decision."""

    def setUp(self):
        super().setUp()
        self.crm.inbound_creates = 2
        self.answers = self.receive(*(self.item(str(n), {"name": f"Company {n}"}) for n in range(5)))

    def brake(self):
        return self.env["integration.brake"].search([("system_id", "=", self.crm.id)])

    def test_what_exceeds_the_limit_is_held_for_one_decision(self):
        self.assertEqual([answer["state"] for answer in self.answers], ["delivered"] * 2 + ["held"] * 3)
        brake = self.brake()
        self.assertEqual((brake.direction, brake.effect, brake.held_count, brake.state), ("in", "create", 3, "waiting"))
        self.assertIn("created in Odoo by Test CRM", brake.summary)

    def test_an_approval_lets_all_of_it_and_the_rest_of_the_wave_through(self):
        self.brake().with_user(self.operator).action_approve()
        due = self.inbound().due("test_crm", 10)
        self.assertEqual({row["delivery_id"] for row in due}, {answer["delivery_id"] for answer in self.answers[2:]})
        again = self.receive(
            *(self.item(row["external_id"], {"name": "Let in"}, delivery_id=row["delivery_id"]) for row in due)
        )
        self.assertEqual({answer["state"] for answer in again}, {"delivered"})
        self.assertEqual(self.receive_one("99", {"name": "One more"})["state"], "delivered")

    def test_a_rejection_cancels_it(self):
        self.brake().with_user(self.operator).action_reject(reason="A mistake")
        self.assertEqual({self.row(answer).state for answer in self.answers[2:]}, {"cancelled"})

    def test_a_first_load_passes(self):
        self.brake().with_user(self.operator).action_reject(reason="A mistake")
        self.assertEqual(self.receive_one("50", {"name": "Fifty"}, priority=90, first_load=True)["state"], "delivered")
