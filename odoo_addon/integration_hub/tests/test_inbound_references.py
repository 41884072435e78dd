from odoo.tests import tagged

from .inbound_case import InboundCase


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
