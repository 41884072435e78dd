from unittest.mock import patch

from odoo.sql_db import BaseCursor
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestCaptureCost(HubCase):
    """PERF-01: capturing costs the user's transaction next to nothing."""

    def statements(self, act):
        """The SQL that `act` and the commit after it send."""
        sent = []
        cursor = type(self.env.cr)
        execute = cursor.execute

        def listening(cr, query, *args, **kwargs):
            sent.append(str(getattr(query, "code", query)))
            return execute(cr, query, *args, **kwargs)

        self.assertTrue(issubclass(cursor, BaseCursor))
        with patch.object(cursor, "execute", listening):
            act()
            self.commit()
        return sent

    def test_200_companies_are_stored_in_one_statement(self):
        values = [{"name": f"Company {number}", "is_company": True} for number in range(200)]
        sent = self.statements(lambda: self.env["res.partner"].create(values))
        self.assertEqual(len([query for query in sent if "enqueue(" in query]), 1)
        self.assertEqual(len(self.env["integration.event"].search([("res_name", "like", "Company %")])), 200)

    def test_a_change_costs_one_statement(self):
        company = self.committed(self.company(phone="1"))
        self.rule.active = False
        company.phone = "2"
        self.commit()
        without = self.statements(lambda: company.write({"phone": "3"}))
        self.rule.active = True
        company.phone = "4"
        self.commit()
        rules = self.statements(lambda: company.write({"phone": "5"}))
        self.assertLessEqual(len(rules) - len(without), 1, "\n".join(rules))

    def test_lines_that_point_at_the_same_record_read_it_once(self):
        self.rule.payload_fields = "name\nchild_ids.country_id.code"
        country = self.env.ref("base.be").id
        group = self.company(child_ids=[(0, 0, {"name": f"{n}", "country_id": country}) for n in range(3)])
        self.committed(group)
        sent = self.statements(lambda: group.write({"name": "Renamed"}))
        self.assertEqual(len([query for query in sent if 'FROM "res_country"' in query]), 1, "\n".join(sent))

    def test_a_model_without_rules_sends_nothing_more(self):
        tag = self.env["res.partner.category"].create({"name": "Tag"})
        self.commit()
        self.env["integration.rule"]._capture_plans()  # the rules, which are kept from then on
        sent = self.statements(lambda: tag.write({"name": "Another"}))
        self.assertFalse([query for query in sent if "integration_" in query])

    def test_a_rule_without_a_system_costs_nothing(self):
        self.rule.system_ids = False
        company = self.company()
        self.commit()
        sent = self.statements(lambda: company.write({"phone": "3"}))
        self.assertFalse([query for query in sent if "enqueue(" in query])

    def test_messages_of_other_models_know_nothing_of_our_chatters(self):
        for listed in ("mail.message", "mail.followers"):
            inverses = self.env.registry.field_inverses[self.env[listed]._fields["res_id"]]
            models = {field.model_name for field in inverses}
            self.assertIn("res.partner", models)
            self.assertFalse({name for name in models if name.startswith("integration.")})

    def test_a_message_on_a_record_of_ours_is_seen_at_once(self):
        event_type = self.env["integration.event.type"].create({"name": "thing.changed"})
        before = event_type.message_ids
        event_type.message_post(body="Seen?")
        self.assertIn("Seen?", (event_type.message_ids - before).body)

    def test_a_follower_of_a_record_of_ours_is_seen_at_once(self):
        event_type = self.env["integration.event.type"].create({"name": "thing.changed"})
        follower = self.env["res.partner"].create({"name": "Follower"})
        self.assertNotIn(follower, event_type.message_partner_ids)
        event_type.message_subscribe(follower.ids)
        self.assertIn(follower, event_type.message_follower_ids.partner_id)
        self.assertIn(follower, event_type.message_partner_ids)
