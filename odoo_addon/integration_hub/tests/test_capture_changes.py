from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestCaptureChanges(HubCase):
    """DES-01: a business change becomes one event, in the transaction that made it."""

    def test_200_companies_created_in_one_call_make_200_events_for_each_system(self):
        self.env["res.partner"].create([{"name": f"Company {number}", "is_company": True} for number in range(200)])
        events = self.events()
        self.assertEqual(len(events), 200)
        self.assertEqual(set(events.mapped("operation")), {"create"})
        self.assertEqual(len(events.delivery_ids), 400)
        self.assertEqual(set(events.delivery_ids.mapped("state")), {"pending"})
        self.assertEqual(len(set(events.mapped("traceparent"))), 1, "one transaction, one trace")
        self.assertEqual(len(set(events.mapped("txid"))), 1)

    def test_a_changed_phone_makes_exactly_one_event_that_names_it(self):
        company = self.committed(self.company(phone="1"))
        company.phone = "2"
        event = self.the_event()
        self.assertEqual((event.operation, event.changed_fields, event.res_id), ("write", "phone", company.id))
        self.assertEqual(self.payload(event)["before"], {"phone": "1"})
        self.assertEqual(self.payload(event)["record"]["phone"], "2")
        self.assertEqual(event.user_id, self.env.user)
        self.assertEqual(event.rule_id, self.rule)

    def test_writing_the_same_value_again_makes_no_event(self):
        company = self.committed(self.company(phone="1"))
        company.phone = "1"
        self.assertFalse(self.events())

    def test_a_value_written_back_before_the_commit_makes_no_event(self):
        company = self.committed(self.company(phone="1"))
        company.phone = "2"
        self.env.flush_all()
        company.phone = "1"
        self.assertFalse(self.events())

    def test_many_writes_of_one_transaction_make_one_event_with_the_final_values(self):
        company = self.company(phone="1")
        company.phone = "2"
        company.write({"phone": "3", "email": "a@example.com"})
        event = self.the_event()
        self.assertEqual(event.operation, "create")
        self.assertEqual(self.payload(event)["record"]["phone"], "3")

    def test_a_field_that_is_not_watched_makes_no_event(self):
        company = self.committed(self.company())
        company.comment = "a note"
        self.assertFalse(self.events())

    def test_archiving_and_taking_back_are_operations_of_their_own(self):
        company = self.committed(self.company())
        company.action_archive()
        event = self.the_event()
        self.assertEqual((event.operation, self.payload(event)["record"]["active"]), ("archive", False))
        company.action_unarchive()
        event = self.the_event()
        self.assertEqual((event.operation, self.payload(event)["record"]["active"]), ("unarchive", True))

    def test_a_deletion_makes_one_event_with_the_record_as_it_was(self):
        company = self.committed(self.company(email="a@example.com"))
        res_id = company.id
        company.write({"phone": "9"})
        company.unlink()
        event = self.the_event()
        self.assertEqual((event.operation, event.res_id, event.res_name), ("unlink", res_id, "Acme"))
        self.assertEqual(self.payload(event)["record"]["email"], "a@example.com")

    def test_created_and_deleted_in_one_transaction_makes_no_event(self):
        self.company().unlink()
        self.assertFalse(self.events())

    def test_what_the_domain_asks_of_a_record_that_a_watched_field_points_at_counts(self):
        self.rule.active = False
        field = self.env["ir.model.fields"]._get("res.partner", "parent_id")
        rule = self.make_rule(
            paths=("name", "email"), domain="[('parent_id.ref', '=', 'A')]", watched_field_ids=[(6, 0, field.ids)]
        )
        company = self.company()
        people = self.env["res.partner"].create([{"name": name, "parent_id": company.id} for name in ("One", "Two")])
        self.committed(people)
        company.phone = "1"
        self.assertFalse(self.events())
        company.ref = "A"
        self.assertEqual(self.events().mapped("res_id"), people.ids)
        rule.watched_field_ids = False
        company.ref = "B"
        self.events()
        company.ref = "A"
        self.assertFalse(self.events(), "only where the rule names the field")

    def test_a_rule_for_linked_records_speaks_only_to_systems_that_know_them(self):
        self.rule.linked_only = True
        company = self.committed(self.company())
        self.env["integration.link"].sudo().create(
            {
                "system_id": self.psa.id,
                "lane": f"res.partner,{company.id}",
                "model": "res.partner",
                "res_id": company.id,
                "external_type": "company",
                "external_id": "1",
            }
        )
        company.phone = "2"
        self.assertEqual(self.the_event().delivery_ids.system_id, self.psa)
        self.company("Unknown to both")
        self.assertFalse(self.events())

    def test_the_domain_is_checked_on_the_record_after_the_change(self):
        person = self.committed(self.env["res.partner"].create({"name": "Person"}))
        person.phone = "1"
        self.assertFalse(self.events())
        person.write({"phone": "2", "is_company": True})
        self.assertEqual(self.the_event().operation, "write")

    def test_the_domain_of_a_deletion_is_checked_on_the_record_before_it(self):
        person = self.committed(self.env["res.partner"].create({"name": "Person"}))
        person.unlink()
        self.assertFalse(self.events())

    def test_a_rename_of_the_parent_reaches_the_stored_computed_field_of_its_children(self):
        self.rule.write({"payload_fields": "complete_name", "domain": "[('is_company', '=', False)]"})
        parent = self.company("Group")
        child = self.committed(self.env["res.partner"].create({"name": "Ann", "parent_id": parent.id}))
        parent.name = "Holding"
        event = self.the_event()
        self.assertEqual((event.res_id, event.changed_fields), (child.id, "complete_name"))
        self.assertEqual(self.payload(event)["before"], {"complete_name": "Group, Ann"})
        self.assertEqual(self.payload(event)["record"]["complete_name"], "Holding, Ann")

    def test_a_change_of_a_line_is_a_change_of_its_parent(self):
        self.rule.payload_fields = "name\nchild_ids.email"
        parent = self.company("Group")
        child = self.committed(
            self.env["res.partner"].create({"name": "Ann", "parent_id": parent.id, "email": "a@example.com"})
        )
        child.email = "b@example.com"
        event = self.the_event()
        self.assertEqual((event.res_id, event.changed_fields), (parent.id, "child_ids"))
        self.assertEqual(self.payload(event)["record"]["child_ids"], [{"id": child.id, "email": "b@example.com"}])
        self.assertEqual(self.payload(event)["before"], {"child_ids": [{"id": child.id, "email": "a@example.com"}]})

    def test_lines_added_moved_and_removed_change_their_parents(self):
        self.rule.payload_fields = "name\nchild_ids.email"
        first, second = self.company("First"), self.company("Second")
        self.committed(first | second)
        child = self.env["res.partner"].create({"name": "Ann", "parent_id": first.id})
        self.assertEqual(self.the_event().res_id, first.id)
        child.parent_id = second
        self.assertEqual(sorted(self.events().mapped("res_id")), sorted((first | second).ids))
        child.unlink()
        self.assertEqual(self.the_event().res_id, second.id)

    def test_a_many_to_one_counts_as_changed_only_when_it_points_elsewhere(self):
        group, holding = self.company("Group"), self.company("Holding")
        company = self.committed(self.company(parent_id=group.id))
        group.name = "Group Ltd"
        self.assertEqual(self.the_event().res_id, group.id, "the company itself did not change")
        company.parent_id = holding
        self.assertEqual(self.the_event().changed_fields, "parent_id")

    def test_triggers_that_are_off_make_no_event(self):
        self.rule.write({"on_create": False, "on_archive": False, "on_unlink": False})
        company = self.company()
        self.assertFalse(self.events())
        company.action_archive()
        self.assertFalse(self.events())
        company.name = "Acme Ltd"
        self.assertEqual(self.the_event().operation, "write")
        company.unlink()
        self.assertFalse(self.events())

    def test_only_the_watched_fields_fire_where_a_rule_names_some(self):
        self.rule.watched_field_ids = self.env["ir.model.fields"]._get("res.partner", "vat")
        company = self.committed(self.company())
        company.phone = "1"
        self.assertFalse(self.events())
        company.write({"vat": "BE0477472701", "phone": "2"})
        event = self.the_event()
        self.assertEqual(event.changed_fields, "vat")
        self.assertEqual(self.payload(event)["record"]["phone"], "2")

    def test_two_rules_for_one_change_make_two_events(self):
        other = self.make_rule(event_type="customer.renamed", paths=("name",))
        company = self.committed(self.company())
        company.name = "Acme Ltd"
        self.assertEqual(self.events().mapped("rule_id"), self.rule | other)

    def test_a_rule_works_at_once_and_stops_at_once(self):
        company = self.committed(self.company())
        self.rule.active = False
        company.phone = "1"
        self.assertFalse(self.events())
        self.rule.active = True
        company.phone = "2"
        self.assertTrue(self.the_event())

    def test_a_delivery_carries_what_the_queue_needs(self):
        self.rule.write({"priority": 20, "coalesce": False, "system_ids": [(6, 0, self.crm.ids)]})
        company = self.company()
        delivery = self.the_event().delivery_ids
        self.assertEqual(
            (
                delivery.lane,
                delivery.model,
                delivery.res_id,
                delivery.res_name,
                delivery.object,
                delivery.event_type,
                delivery.operation,
            ),
            (f"res.partner,{company.id}", "res.partner", company.id, "Acme", "customer", "customer.changed", "create"),
        )
        self.assertEqual(
            (delivery.state, delivery.priority, delivery.coalesce, delivery.forced, delivery.attempts),
            ("pending", 20, False, False, 0),
        )
        self.assertRegex(delivery.traceparent, r"^00-[0-9a-f]{32}-[0-9a-f]{16}-01$")

    def test_an_archived_system_gets_no_deliveries(self):
        self.psa.active = False
        self.company()
        self.assertEqual(self.the_event().delivery_ids.system_id, self.crm)

    def test_a_changed_record_that_raw_sql_deletes_makes_no_event_and_stops_nobody(self):
        company = self.committed(self.company(phone="1"))
        company.phone = "2"
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [company.id])
        self.env.invalidate_all()
        self.assertFalse(self.events())

    def test_a_rule_whose_domain_names_a_lost_field_stops_no_other_model(self):
        self.make_rule("res.partner.category", ("name",))
        self.env.cr.execute(
            "UPDATE integration_rule SET domain = %s WHERE id = %s", ["[('lost_field', '=', 1)]", self.rule.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.env["res.partner.category"].create({"name": "Tag"})
        self.assertEqual(self.the_event().model, "res.partner.category")

    def test_a_change_before_and_after_models_are_set_up_anew_is_one_event(self):
        # As a custom field does that somebody adds: the fields of these models are other objects from then on.
        company = self.committed(self.company(phone="1"))
        company.phone = "2"
        self.env.registry._setup_models__(self.env.cr, ["res.partner"])
        company.email = "mail@example.com"
        payload = self.payload(self.the_event())
        self.assertEqual(payload["before"], {"email": None, "phone": "1"})
        self.assertEqual((payload["record"]["phone"], payload["record"]["email"]), ("2", "mail@example.com"))
