from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestNeutralize(HubCase):
    """DEP-05: a copied database sends nothing."""

    def setUp(self):
        super().setUp()
        self.company()
        self.deliveries = self.events().delivery_ids.sudo()
        self.deliveries[0].state = "delivered"
        self.env.flush_all()
        for query in get_neutralization_queries(["integration_hub"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()

    def test_systems_stand_still_until_a_person_resumes_them(self):
        self.assertEqual((self.crm.state, self.crm.pause_kind), ("paused", "neutralised"))
        self.env["integration.queue"].sudo().resume("test_crm")
        self.assertEqual(self.crm.state, "paused", "not by a sidecar")
        self.crm.action_resume()
        self.assertEqual(self.crm.state, "active")

    def test_waiting_work_is_held_and_finished_work_stays(self):
        self.assertEqual(self.deliveries.mapped("state"), ["delivered", "held"])
        self.assertEqual((self.deliveries[1].error_kind, self.deliveries[1].error_code), ("policy", "neutralised"))
        self.assertFalse(self.env["integration.queue"].sudo().claim("w", "test_psa", 10, 60))
