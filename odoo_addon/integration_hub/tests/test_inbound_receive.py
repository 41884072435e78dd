import base64

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundReceive(InboundCase):
    """INT-02, INT-05: what a system says of a record is what Odoo holds afterwards, once."""

    def test_a_new_record_is_created_by_the_systems_user_and_linked(self):
        answer = self.receive_one(values={"name": "Acme", "is_company": True, "phone": "1"})
        self.assertEqual((answer["state"], answer["created"], answer["error"]), ("delivered", True, None))
        partner = self.record(answer)
        self.assertEqual((partner.name, partner.phone, partner.create_uid), ("Acme", "1", self.crm_user))
        link = self.link()
        self.assertEqual((link.lane, link.external_url), (f"res.partner,{partner.id}", "https://crm.example.com/1"))
        row = self.row(answer)
        self.assertEqual(
            (row.direction, row.lane, row.operation, row.res_name, row.external_id),
            ("in", "in:company,1", "create", "Acme", "1"),
        )
        self.assertEqual((row.event_id.direction, row.event_id.origin_system_id), ("in", self.crm))
        self.assertEqual((row.attempt_ids.outcome, row.attempt_ids.mapping), ("delivered", "crm/customer@1"))

    def test_other_systems_are_told_and_the_one_it_came_from_is_not(self):
        self.receive_one()
        out = self.events().filtered(lambda event: event.direction == "out")
        self.assertEqual((out.origin_system_id, out.delivery_ids.system_id), (self.crm, self.psa))

    def test_only_what_differs_is_written(self):
        partner = self.linked(phone="1")
        written = []
        write = type(self.env["res.partner"]).write

        def noted(records, values):
            written.append(values)
            return write(records, values)

        self.patch(type(self.env["res.partner"]), "write", noted)
        answer = self.receive_one(values={"name": "Company 1", "phone": "2", "is_company": True})
        self.assertEqual((answer["state"], answer["created"], partner.phone), ("delivered", False, "2"))
        self.assertEqual(written, [{"phone": "2"}])

    def test_what_changed_there_is_not_taken_for_what_was_sent(self):
        # Odoo sent 1, they changed it to 2: going back to 1 must go out although it is what was sent last.
        self.linked(phone="1")
        self.link().fingerprint = "of phone 1"
        self.receive_one(values={"name": "Company 1", "phone": "1"})
        self.assertEqual(self.link().fingerprint, "of phone 1")
        self.receive_one(values={"name": "Company 1", "phone": "2"})
        self.assertFalse(self.link().fingerprint)

    def test_what_changes_nothing_leaves_no_trace(self):
        self.linked(phone="1")
        rows = self.env["integration.delivery"].search_count([])
        answer = self.receive_one(values={"name": "Company 1", "phone": "1"})
        self.assertEqual((answer["state"], answer["unchanged"], answer["delivery_id"]), ("delivered", True, None))
        self.assertEqual(self.env["integration.delivery"].search_count([]), rows)
        self.assertFalse(self.events())

    def test_the_same_item_five_times_has_one_effect(self):
        item = self.item(values={"name": "Acme", "is_company": True})
        item["document"]["note"] = "Signed."
        item["document"]["attachments"] = [
            {"name": "contract.txt", "mimetype": "text/plain", "data": base64.b64encode(b"Signed").decode()}
        ]
        first = self.receive(item)[0]
        for _time in range(4):
            again = self.receive(item)[0]
            self.assertEqual((again["res_id"], again["unchanged"]), (first["res_id"], True))
        partner = self.record(first)
        self.assertEqual(self.env["res.partner"].search_count([("name", "=", "Acme"), ("id", ">=", partner.id)]), 1)
        self.assertEqual(len(partner.message_ids.filtered(lambda message: "Signed." in message.body)), 1)
        files = self.env["ir.attachment"].search([("res_model", "=", "res.partner"), ("res_id", "=", partner.id)])
        self.assertEqual((files.name, files.raw, files.create_uid), ("contract.txt", b"Signed", self.crm_user))

    def test_a_state_that_comes_back_is_applied_again(self):
        partner = self.linked(phone="1")
        one, two = (self.item(values={"phone": phone}) for phone in ("1", "2"))
        back = one | {"fetched_at": "2031-01-01T00:00:00Z"}
        self.receive(one, two, back)
        self.assertEqual(partner.phone, "1")

    def test_a_bad_item_never_takes_the_others_with_it(self):
        with mute_logger("odoo.sql_db"):
            answers = self.receive(
                self.item("1"),
                self.item("2", {"name": "B", "nonsense": 1}),
                self.item("3", {"is_company": True, "name": False}),
                self.item("4", {"name": "D", "country_id": {"$find": {"model": "res.country", "by": {"code": "??"}}}}),
                self.item("5", {"name": "E", "type": "no such kind"}),
                self.item("6", {"name": "F", "partner_latitude": "north"}),
                self.item("7"),
            )
        self.assertEqual([answer["state"] for answer in answers], ["delivered", *["held"] * 5, "delivered"], answers)
        self.assertEqual(
            [
                answer["error"] and (answer["error"]["kind"], answer["error"]["code"], answer["error"]["field"])
                for answer in answers[1:6]
            ],
            [
                ("data", "unknown_field", "nonsense"),
                ("business", "odoo_refused", None),
                ("data", "value_unknown", "country_id"),
                ("data", "value_unknown", "type"),
                ("data", "value_invalid", "partner_latitude"),
            ],
        )
        self.assertFalse(self.env["res.partner"].search([("name", "in", ("B", "D", "E", "F"))]))
        held = self.row(answers[3])
        self.assertEqual((held.state, held.error_field, held.res_id), ("held", "country_id", 0))
        self.assertIn("??", held.situation)

    def test_a_validation_of_odoo_is_told_with_its_field(self):
        partner = self.linked()
        child = self.linked("2", parent_id=partner.id)
        answer = self.receive_one(values={"name": "New name", "parent_id": child.id})
        self.assertEqual((answer["state"], answer["error"]["kind"]), ("held", "business"))
        self.assertEqual(answer["error"]["field"], "parent_id")
        self.assertEqual(partner.name, "Company 1", "nothing of it is applied")

    def test_what_the_user_may_not_do_is_a_matter_of_policy(self):
        self.crm.api_user_id = self.person("hub_crm_reader")
        answer = self.receive_one()
        self.assertEqual(
            (answer["state"], answer["error"]["kind"], answer["error"]["code"]), ("held", "policy", "not_allowed")
        )
        self.assertFalse(self.link())

    def test_a_system_without_a_user_changes_nothing(self):
        self.crm.api_user_id = False
        answer = self.receive_one()
        self.assertEqual((answer["error"]["kind"], answer["error"]["code"]), ("credential", "inbound_no_user"))

    def test_a_user_who_left_changes_nothing(self):
        self.crm_user.active = False
        self.assertEqual(self.receive_one()["error"]["code"], "inbound_no_user")

    def test_no_system_arrives_as_a_user_whom_no_right_binds(self):
        for user in (self.env.ref("base.user_root"), self.sidecar):
            with self.assertRaises(ValidationError):
                self.crm.api_user_id = user

    def test_nothing_that_the_caller_sets_counts_for_what_is_written(self):
        inbound = self.inbound().with_context(integration_origin="test_psa", default_comment="from the caller")
        (answer,) = inbound.receive("test_crm", [self.item()])
        self.assertFalse(self.record(answer).comment)
        out = self.events().filtered(lambda event: event.direction == "out")
        self.assertEqual((out.origin_system_id, out.delivery_ids.system_id), (self.crm, self.psa))

    def test_a_link_that_is_no_web_address_is_not_attached(self):
        item = self.item()
        item["document"]["attachments"] = [{"name": "Contract", "url": "javascript:alert(1)"}]
        (answer,) = self.receive(item)
        self.assertEqual((answer["state"], answer["error"]["code"]), ("held", "value_invalid"))

    def test_what_could_not_be_mapped_is_held_in_the_words_of_the_mapping(self):
        error = {
            "kind": "data",
            "code": "mapping_required_missing",
            "message": "No name",
            "hint": "Fill it in",
            "field": "customer.name",
        }
        answer = self.receive_one(error=error, document=None)
        row = self.row(answer)
        self.assertEqual((answer["error"], row.state, row.error_message), (error, "held", "No name"))
        self.assertEqual(row.cause, "data:mapping_required_missing:customer.name")
        self.assertEqual(self.receive_one()["delivery_id"], row.id, "its next state settles the same row")
        self.assertEqual((row.state, row.error_message, len(row.attempt_ids)), ("delivered", False, 2))

    def test_nobody_but_the_sidecar_may_call(self):
        for user in (self.operator, self.crm_user, self.env.ref("base.user_admin")):
            for call in (("receive", [[]]), ("due", [5])):
                with self.assertRaises(AccessError):
                    getattr(self.env["integration.inbound"].with_user(user), call[0])("test_crm", *call[1])

    def test_a_dry_run_answers_what_would_happen_and_does_nothing(self):
        partner = self.linked(phone="1")
        rows = self.env["integration.delivery"].search_count([])
        new, changed = self.receive(self.item("2", dry_run=True), self.item("1", {"phone": "2"}, dry_run=True))
        self.assertEqual(
            (new["state"], new["created"], changed["state"], changed["unchanged"]),
            ("delivered", True, "delivered", False),
        )
        self.assertEqual((partner.phone, len(self.link("2"))), ("1", 0))
        self.assertEqual(self.env["integration.delivery"].search_count([]), rows)
        self.assertFalse(self.events())
