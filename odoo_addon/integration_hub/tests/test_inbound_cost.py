from unittest.mock import patch

from odoo.tests import tagged

from .inbound_case import InboundCase

ITEMS = 50


@tagged("post_install", "-at_install")
class TestInboundCost(InboundCase):
    """PERF-01: what the items of a call need is looked up once for all of them."""

    def companies(self, **values):
        belgium = {"$find": {"model": "res.country", "by": {"code": "BE"}}}
        identify = [{"as": "email", "fields": ["email"]}, {"as": "name", "fields": ["name"]}]
        return [
            self.item(
                str(number),
                {"name": f"Company {number}", "email": f"{number}@example.com", "country_id": belgium} | values,
                identify=identify,
            )
            for number in range(ITEMS)
        ]

    def of_the_hub(self, act):
        """The statements of `act` on the hub's own tables and on those in which it looks for duplicates and values."""
        sent = []
        cursor = type(self.env.cr)
        execute = cursor.execute

        def listening(cr, query, *args, **kwargs):
            sent.append(str(getattr(query, "code", query)))
            return execute(cr, query, *args, **kwargs)

        with patch.object(cursor, "execute", listening):
            act()
        words = ("integration_", "ILIKE ANY", "LIKE ANY", 'FROM "res_country"')
        return [query for query in sent if any(word in query for word in words) and "enqueue(" not in query]

    def test_what_changes_nothing_costs_a_savepoint_and_the_note_that_it_was_seen(self):
        self.receive(*self.companies())
        again = self.companies()
        with self.assertQueryCount(3 * ITEMS + 25):
            self.inbound().receive("test_crm", again)

    def test_a_change_costs_its_rows_and_link(self):
        self.receive(*self.companies())
        self.events()
        self.env.cr.execute("UPDATE integration_delivery SET state = 'delivered' WHERE direction = 'out'")
        changed = self.companies(phone="2")
        sent = self.of_the_hub(lambda: self.inbound().receive("test_crm", changed))
        self.assertLessEqual(len(sent), 5 * ITEMS + 25, "event, payload, delivery, attempt, link")

    def test_a_new_record_is_looked_for_together_with_the_others(self):
        self.commit()  # the rules, which this call does not change
        new = self.companies()
        sent = self.of_the_hub(lambda: self.inbound().receive("test_crm", new))
        self.assertLessEqual(len(sent), 5 * ITEMS + 25, "event, payload, delivery, attempt, link")

    def test_what_a_call_created_is_a_possible_duplicate_for_its_later_items(self):
        first, second = self.companies()[:2]
        second["document"]["values"] |= {"name": "COMPANY 0, Ltd.", "email": "other@example.com"}
        created, held = self.receive(first, second)
        self.assertEqual((created["state"], held["error"]["code"]), ("delivered", "possible_duplicate"))
        self.assertEqual(self.row(held).candidates, [{"id": created["res_id"], "why": "Name"}])

    def test_what_a_dry_run_created_is_none(self):
        first, second = self.companies()[:2]
        second["document"]["values"]["name"] = "Company 0"
        answers = self.receive(first | {"dry_run": True}, second)
        self.assertEqual([answer["created"] for answer in answers], [True, True])
        self.assertFalse(self.link("0"))
