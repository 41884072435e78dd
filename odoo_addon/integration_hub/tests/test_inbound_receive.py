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


@tagged("post_install", "-at_install")
class TestInboundReferences(InboundCase):
    """OBJ-01, INT-05: references are records of Odoo, and one that is missing is waited for."""

    def test_a_record_waits_for_the_one_it_refers_to_and_goes_by_itself(self):
        child = self.item("2", {"name": "Branch", "parent_id": {"$record": "test_crm:company,1"}})
        waiting = self.receive(child)[0]
        self.assertEqual((waiting["state"], waiting["wait_for"]), ("waiting", "in:company,1"))
        self.assertFalse(self.inbound().due("test_crm", 10))
        parent = self.record(self.receive_one("1"))
        (due,) = self.inbound().due("test_crm", 10)
        self.assertEqual(
            (due["delivery_id"], due["type"], due["external_id"], due["claims"], due["decision"]),
            (waiting["delivery_id"], "company", "2", 1, None),
        )
        self.assertFalse(self.inbound().due("test_crm", 10), "one sidecar has it")
        branch = self.receive(child | {"key": "again", "delivery_id": due["delivery_id"]})[0]
        self.assertEqual((branch["state"], branch["delivery_id"]), ("delivered", waiting["delivery_id"]))
        self.assertEqual(self.record(branch).parent_id, parent)

    def test_what_waits_for_a_record_that_is_gone_there_is_told_to_a_person(self):
        """It has an owner and a next step instead of waiting for ever, and goes when it refers to another record."""
        child = self.item("2", {"name": "Branch", "parent_id": {"$record": "test_crm:company,1"}})
        row = self.row(self.receive(child)[0])
        self.receive_one("1", operation="gone", document=None)
        self.assertEqual((row.state, row.error_kind, row.error_code), ("held", "data", "reference_gone"))
        self.assertEqual((row.error_field, row.wait_for), ("parent_id", False))
        self.assertTrue(row.error_hint)
        self.receive_one("3")
        there = self.receive_one("2", {"name": "Branch", "parent_id": {"$record": "test_crm:company,3"}})
        self.assertEqual((there["state"], there["delivery_id"]), ("delivered", row.id))

    def test_a_link_that_odoos_own_delivery_made_wakes_what_waits_for_it(self):
        waiting = self.receive_one("2", {"name": "Branch", "parent_id": {"$record": "test_crm:company,1"}})
        acme = self.company()
        self.env["integration.link"].sudo().create(
            {
                "system_id": self.crm.id,
                "lane": f"res.partner,{acme.id}",
                "model": "res.partner",
                "res_id": acme.id,
                "external_type": "company",
                "external_id": "1",
            }
        )
        self.env["integration.queue"].sudo().reap()
        self.assertEqual([due["delivery_id"] for due in self.inbound().due("test_crm", 10)], [waiting["delivery_id"]])

    def waits_in_vain(self):
        """A branch whose parent has not come for two days."""
        child = self.item("2", {"name": "Branch", "parent_id": {"$record": "test_crm:company,1"}})
        row = self.row(self.receive(child)[0])
        row.flush_recordset()
        self.env.cr.execute(
            "UPDATE integration_delivery SET create_date = create_date - interval '2 days' WHERE id = %s", [row.id]
        )
        row.invalidate_recordset()
        return child, row

    def test_what_waits_in_vain_becomes_a_question_to_its_owner_and_goes_by_itself_all_the_same(self):
        """OBS-03"""
        fresh = self.row(self.receive_one("3", {"name": "Fresh", "parent_id": {"$record": "test_crm:company,9"}}))
        _child, row = self.waits_in_vain()
        self.env["integration.problem"].sudo()._cron_keep()
        self.env.invalidate_all()
        self.assertEqual((row.state, row.error_code, fresh.state), ("held", "reference_missing", "waiting"))
        self.assertIn("company 1, which is not in Odoo yet", row.error_message)
        self.assertIn("First load", row.error_hint)
        problem = row.problem_id
        self.assertEqual((problem.kind, problem.delivery_count), ("business", 1))
        self.assertTrue(problem.sudo().activity_ids)
        self.receive_one("1")
        self.env.invalidate_all()
        self.assertEqual((row.state, row.error_code), ("received", False))
        self.env["integration.problem"].sudo()._sync()
        self.assertEqual(problem.state, "closed")

    def test_its_next_state_is_no_new_wait(self):
        child, row = self.waits_in_vain()
        again = self.receive(child | {"key": "again"})[0]
        self.assertEqual((again["state"], again["delivery_id"]), ("held", row.id))
        self.assertEqual(again["wait_for"], "in:company,1", "the sidecar still asks for it")

    def test_how_long_it_waits_is_a_setting(self):
        _child, row = self.waits_in_vain()
        self.env["ir.config_parameter"].sudo().set_param("integration_hub.inbound_wait_hours", "72")
        self.assertEqual(self.inbound().sudo()._ask_about_waiting(), 0)
        self.env["ir.config_parameter"].sudo().set_param("integration_hub.inbound_wait_hours", "1")
        self.assertEqual(self.inbound().sudo()._ask_about_waiting(), 1)
        self.assertEqual(row.state, "held")

    def test_a_company_is_found_by_its_tax_id_however_that_is_written(self):
        acme = self.company("Acme Holding", vat="BE0477472701")
        for vat in ("BE 0477.472.701", "be0477472701", "BE0477472701"):
            with self.subTest(vat):
                by = {"vat": vat, "is_company": True}
                parent = {"$find": {"model": "res.partner", "by": by}}
                answer = self.receive_one(f"x{vat}", {"name": f"Daughter {vat}", "parent_id": parent})
                self.assertEqual(self.record(answer).parent_id, acme, answer["error"])

    def test_a_value_is_found_by_what_it_is_called(self):
        find = {"$find": {"model": "res.country", "by": {"code": "BE"}}}
        tags = self.env["res.partner.category"].create([{"name": "Hub gold"}, {"name": "Hub silver"}])
        by_name = [
            {"$find": {"model": "res.partner.category", "by": {"name": name}}} for name in ("Hub gold", "hub SILVER")
        ]
        partner = self.record(self.receive_one(values={"name": "A", "country_id": find, "category_id": by_name}))
        self.assertEqual((partner.country_id, partner.category_id), (self.belgium, tags))
        self.env["res.partner.category"].create({"name": "Hub gold"})
        answer = self.receive_one(values={"category_id": by_name})
        self.assertEqual((answer["error"]["code"], answer["error"]["field"]), ("value_ambiguous", "category_id"))

    def test_lines_are_added_changed_and_removed_by_their_key(self):
        def bank(*accounts):
            return {
                "name": "Acme",
                "bank_ids": {"$lines": [{"key": key, "values": {"acc_number": number}} for key, number in accounts]},
            }

        partner = self.record(self.receive_one(values=bank(("a", "HUB-1"), ("b", "HUB-2"))))
        first, second = partner.bank_ids.sorted("id")
        own = self.env["res.partner.bank"].create({"partner_id": partner.id, "acc_number": "HUB-OWN"})
        self.receive_one(values=bank(("b", "HUB-22"), ("c", "HUB-3")))
        self.assertEqual(
            set(partner.bank_ids.mapped("acc_number")), {"HUB-22", "HUB-3", "HUB-OWN"}, "what a person added stays"
        )
        self.assertNotIn(first, partner.bank_ids)
        self.assertEqual((second.acc_number, own.exists()), ("HUB-22", own))
        self.assertTrue(self.receive_one(values=bank(("b", "HUB-22"), ("c", "HUB-3")))["unchanged"])

    def test_a_record_that_is_gone_there_is_archived_here(self):
        partner = self.linked()
        answer = self.receive_one(operation="gone", document=None)
        self.assertEqual((answer["state"], partner.active, self.row(answer).operation), ("delivered", False, "unlink"))
        self.assertFalse(self.link())
        self.assertTrue(self.receive_one("unheard of", operation="gone", document=None)["unchanged"])


@tagged("post_install", "-at_install")
class TestInboundQueue(InboundCase):
    """RES-05, OBS-03: what came in and stands still is settled with the buttons and queues that everything has."""

    def setUp(self):
        super().setUp()
        self.find = {"$find": {"model": "res.partner.category", "by": {"name": "Hub bronze"}}}
        self.held = self.row(self.receive_one(values={"name": "Acme", "category_id": [self.find]})).with_user(
            self.operator
        )

    def test_retry_has_it_read_and_applied_again(self):
        self.assertEqual(self.held.state, "held")
        self.held.action_retry()
        self.assertEqual((self.held.state, self.held.what_happened), ("received", False))
        self.assertEqual([due["delivery_id"] for due in self.inbound().due("test_crm", 5)], [self.held.id])
        self.assertFalse(self.env["integration.queue"].sudo().claim("w", "test_crm", 10, 60), "nothing goes out for it")

    def test_hold_release_and_cancel_work_on_it(self):
        self.held.action_retry()
        self.held.action_hold(reason="Wait")
        self.assertEqual((self.held.state, self.held.error_code), ("held", "held_by_person"))
        self.held.action_release()
        self.assertEqual(self.held.state, "received")
        self.held.action_cancel(reason="Not ours")
        self.assertEqual(self.held.state, "cancelled")
        self.held.action_send_again()
        self.assertEqual(self.held.state, "received")

    def test_what_a_person_put_on_hold_stays_so_whatever_arrives(self):
        self.held.action_retry()
        self.held.action_hold(reason="Wait")
        answer = self.receive_one(values={"name": "Acme"})
        self.assertEqual((answer["state"], answer["delivery_id"]), ("held", self.held.id))
        self.assertFalse(self.link())

    def test_it_is_a_problem_with_an_owner_until_it_is_settled(self):
        self.crm.user_id = self.operator
        self.env["integration.problem"].sudo()._sync()
        problem = self.env["integration.problem"].search([("state", "=", "open"), ("system_id", "=", self.crm.id)])
        self.assertEqual((problem.kind, problem.code, problem.user_id), ("data", "value_unknown", self.operator))
        problem.with_user(self.operator).action_retry_all()
        self.assertEqual(self.held.state, "received")
        self.env["integration.problem"].sudo()._sync()
        self.assertEqual(problem.state, "closed")
        self.held.sudo().state = "held"

    def test_read_again_has_it_read_there(self):
        self.held.action_read_again()
        self.assertEqual(self.held.state, "received")

    def test_a_replay_of_what_went_out_is_not_stopped_by_what_came_in(self):
        partner = self.linked("9")
        partner.phone = "5"
        out = self.events().delivery_ids.filtered(lambda delivery: delivery.system_id == self.crm)
        out.sudo().state = "delivered"
        self.receive_one("9", {"phone": "6"})
        self.env.flush_all()
        self.env.cr.execute("SELECT integration_hub_private.outdated(%s)", [out.ids])
        self.assertFalse(self.env.cr.fetchall())


@tagged("post_install", "-at_install")
class TestInboundCompanies(InboundCase):
    """SEC-01, INT-05: what arrives is worked on in its company, with the rights of the system's user there."""

    def setUp(self):
        super().setUp()
        self.other = self.env["res.company"].create({"name": "Other company"})

    def test_a_new_record_of_a_companys_system_is_made_in_that_company(self):
        self.crm_user.company_ids += self.other
        self.crm.company_id = self.other
        parent = {"$find": {"model": "res.partner", "by": {"name": "Hub twin"}}}
        twins = self.env["res.partner"].create(
            [{"name": "Hub twin", "company_id": company.id} for company in (self.env.company, self.other)]
        )
        answer = self.receive_one(values={"name": "Acme", "parent_id": parent})
        self.assertEqual(self.record(answer).parent_id, twins[1], "a name is looked for in that company")
        self.assertEqual(self.row(answer).company_id, self.other)

    def test_a_user_without_that_company_changes_nothing(self):
        self.crm.company_id = self.other
        answer = self.receive_one()
        self.assertEqual((answer["state"], answer["error"]["kind"]), ("held", "policy"))
        self.assertFalse(self.link())

    def test_a_record_that_the_user_may_not_see_is_not_changed(self):
        partner = self.linked(phone="1")
        partner.company_id = self.other
        answer = self.receive_one(values={"phone": "2"})
        self.assertEqual((answer["error"]["kind"], partner.phone), ("policy", "1"))

    def test_people_of_another_company_neither_see_what_came_in_nor_settle_it(self):
        self.crm_user.company_ids += self.other
        self.crm.company_id = self.other
        row = self.row(self.receive_one(values={"name": "Acme", "nonsense": 1}))
        self.assertEqual((row.state, row.company_id), ("held", self.other))
        theirs = row.with_user(self.operator)
        self.assertFalse(theirs.search([("id", "=", row.id)]))
        with self.assertRaises(AccessError):
            theirs.action_retry()
        self.operator.company_ids += self.other
        theirs.with_context(allowed_company_ids=[self.other.id]).action_retry()
        self.assertEqual(row.state, "received")
