from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestFigures(HubCase):
    """MET-01, MET-02, MET-05: what went where, how well and how fast."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.person("hub_figures_viewer", "integration_hub.group_viewer")

    def setUp(self):
        super().setUp()
        self.rule.system_ids = self.crm
        self.company()
        self.delivery = self.the_event().delivery_ids.sudo()

    def tries(self, outcome, count=1, number=1, at="2026-03-02 10:15:00", duration=100, **values):
        self.env["integration.attempt"].sudo().create(
            [
                {
                    "delivery_id": self.delivery.id,
                    "system_id": self.crm.id,
                    "number": number,
                    "started_at": at,
                    "ended_at": at,
                    "duration_ms": duration,
                    "outcome": outcome,
                    "request": "POST /x",
                }
                | values
            ]
            * count
        )

    def figures(self, groupby, *measures, user=None):
        self.env.flush_all()
        figures = self.env["integration.figure"].with_user(user or self.viewer)
        return figures._read_group([("system_id", "=", self.crm.id)], [groupby], list(measures))

    def test_counts_and_rates_of_a_system(self):
        self.tries("delivered", 6)
        self.tries("unchanged", 1)
        self.tries("applied", 1)
        self.tries("retry", 1, error_kind="technical")
        self.tries("held", 1, error_kind="data")
        ((_system, delivered, failed, success, failure),) = self.figures(
            "system_id", "delivered:sum", "failed:sum", "success_rate:avg", "failure_rate:avg"
        )
        self.assertEqual((delivered, failed, success, failure), (8, 2, 80, 20))

    def test_percentiles_are_those_of_the_group_whatever_it_is(self):
        for milliseconds in range(1, 101):
            self.tries("delivered", duration=milliseconds)
        self.tries("delivered", at="2026-03-02 11:15:00", duration=1000)
        by_hour = self.figures("started_at:hour", "response_p50:avg", "response_p95:avg")
        self.assertEqual([(round(p50, 2), round(p95, 2)) for _hour, p50, p95 in by_hour], [(50.5, 95.05), (1000, 1000)])
        ((_system, median),) = self.figures("system_id", "response_p50:avg")
        self.assertEqual(median, 51)

    def test_latency_is_from_the_change_to_the_arrival(self):
        self.delivery.write({"latency_ms": 840})
        self.tries("retry", error_kind="technical")
        self.tries("delivered")
        ((_event, p50, p95),) = self.figures("event_type", "latency_p50:avg", "latency_p95:avg")
        self.assertEqual((p50, p95), (840, 840))

    def test_mapping_failures_are_counted_by_mapping_and_version(self):
        self.tries("held", 3, error_kind="data", request=False, mapping="customer@2")
        self.tries("held", 1, error_kind="data", mapping="customer@2", http_status=400)
        self.tries("delivered", 1, mapping="customer@3")
        self.assertEqual(self.figures("mapping", "not_mapped:sum"), [("customer@2", 3), ("customer@3", 0)])

    def test_retries_count_and_decisions_of_people_do_not(self):
        self.tries("retry", number=1, error_kind="technical")
        self.tries("delivered", number=2)
        self.delivery._note("retried")
        ((_system, repeated, count),) = self.figures("system_id", "repeated:sum", "__count")
        self.assertEqual((repeated, count), (1, 2))

    def test_a_viewer_sees_those_of_his_companies_and_a_stranger_none(self):
        other = self.env["res.company"].create({"name": "Another"})
        self.tries("delivered", company_id=other.id)
        self.assertEqual(self.figures("system_id", "delivered:sum"), [])
        with self.assertRaises(AccessError):
            self.figures("system_id", "delivered:sum", user=self.person("hub_figures_stranger"))
