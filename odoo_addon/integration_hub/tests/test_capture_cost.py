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
        self.assertEqual(len([query for query in sent if "integration_" in query and "INSERT" in query]), 1)

    def test_a_change_costs_one_look_at_the_record_and_one_statement(self):
        company = self.committed(self.company(phone="1"))
        self.rule.active = False
        company.phone = "2"
        self.commit()
        without = self.statements(lambda: company.write({"phone": "3"}))
        self.rule.active = True
        company.phone = "4"
        self.commit()
        rules = self.statements(lambda: company.write({"phone": "5"}))
        self.assertLessEqual(len(rules) - len(without), 2, "\n".join(rules))

    def test_a_model_without_rules_sends_nothing_more(self):
        tag = self.env["res.partner.category"].create({"name": "Tag"})
        self.commit()
        sent = self.statements(lambda: tag.write({"name": "Another"}))
        self.assertFalse([query for query in sent if "integration_" in query])

    def test_a_rule_without_a_system_costs_nothing(self):
        self.rule.system_ids = False
        company = self.company()
        self.commit()
        sent = self.statements(lambda: company.write({"phone": "3"}))
        self.assertFalse([query for query in sent if "integration_event" in query])
