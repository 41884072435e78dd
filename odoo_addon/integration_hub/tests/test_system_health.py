from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestSystemHealth(HubCase):
    """MET-03: what waits for each system, in which state and since when."""

    def setUp(self):
        super().setUp()
        self.viewer = self.person("hub_health_viewer", "integration_hub.group_viewer")

    def waiting(self, state, since=None):
        """A delivery to the first system, in this state since then."""
        self.rule.system_ids = self.crm
        self.company()
        delivery = self.the_event().delivery_ids.sudo()
        delivery.state = state
        self.env.flush_all()
        if since:
            self.env.cr.execute(
                "UPDATE integration_delivery SET create_date = %s WHERE id = %s",
                [fields.Datetime.now() - since, delivery.id],
            )
        self.env.invalidate_all()
        return delivery

    def shown(self, system):
        return system.with_user(self.viewer)

    def test_counts_stand_by_state_and_the_worst_comes_first(self):
        self.waiting("pending")
        self.waiting("retry")
        self.waiting("retry")
        self.waiting("held")
        crm = self.shown(self.crm)
        self.assertEqual(crm.counts_text, "Needs attention: 1, Will retry: 2, Pending: 1")
        self.assertEqual((crm.open_count, crm.attention_count, crm.on_the_way_count), (4, 1, 3))

    def test_the_age_is_that_of_the_oldest_that_has_not_ended(self):
        self.waiting("delivered", timedelta(days=9))
        self.waiting("retry", timedelta(hours=3))
        self.waiting("pending")
        self.assertEqual(self.shown(self.crm).oldest_open_age, "3 hours")

    def test_another_system_has_figures_of_its_own(self):
        self.waiting("dead", timedelta(hours=3))
        psa = self.shown(self.psa)
        self.assertEqual((psa.open_count, psa.attention_count, psa.on_the_way_count), (0, 0, 0))
        self.assertFalse(psa.counts_text or psa.oldest_open_age)

    def test_two_hundred_systems_cost_no_more_queries_than_one(self):
        """A list of systems asks for all of them at once."""
        many = self.env["integration.system"].create([{"code": f"bulk_{n}", "name": f"Bulk {n}"} for n in range(200)])
        names = ["counts_text", "oldest_open_age", "on_the_way_count", "open_count", "polls_text", "available_text"]
        queries = []
        for systems in (many[:1], many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            systems.with_user(self.viewer).read(names)
            queries.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(queries[1], queries[0])
