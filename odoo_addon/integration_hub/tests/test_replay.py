from unittest.mock import patch

from odoo.addons.integration_hub.models.deliveries import integration_replay
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestReplay(HubCase):
    """RES-04: what failed or was delivered is sent again, in steps, and never twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.write({"system_ids": [(6, 0, cls.crm.ids)], "brake_creates": 0})
        cls.operator = cls.person("hub_replay_operator", "integration_hub.group_operator")
        cls.viewer = cls.person("hub_replay_viewer", "integration_hub.group_viewer")

    def delivered(self, count, names="Company"):
        companies = self.committed(
            self.env["res.partner"].create([{"name": f"{names} {n}", "is_company": True} for n in range(count)])
        )
        self.env["integration.rule"]._enqueue_records(companies, systems=self.crm)
        deliveries = self.env["integration.delivery"].search([("res_id", "in", companies.ids)], order="id")
        self.settle(deliveries)
        return companies, deliveries

    def settle(self, deliveries):
        deliveries.sudo().write({"state": "delivered"})
        self.env.flush_all()

    def start(self, chosen=None, **values):
        wizard = self.env["integration.replay.start"].with_user(self.operator)
        form = Form(wizard.with_context(default_delivery_ids=chosen.ids) if chosen else wizard)
        for name, value in values.items():
            setattr(form, name, value)
        self.counted = form.count
        action = form.save().action_start()
        return self.env["integration.replay"].browse(action["res_id"])

    def work(self):
        while self.env["integration.replay"]._step() is not None:
            pass
        self.env.invalidate_all()

    def test_the_number_is_shown_before_it_begins_and_is_what_goes(self):
        _companies, deliveries = self.delivered(5)
        job = self.start(which="delivered", system_id=self.crm, force=True)
        self.assertEqual((self.counted, job.total, job.progress), (5, 5, 0))
        with patch.object(integration_replay, "STEP", 2):
            self.env["integration.replay"]._step()
            self.env.invalidate_all()
            self.assertEqual((job.queued, job.progress, job.state), (2, 40, "running"))
            self.work()
        self.assertEqual((job.queued, job.progress, job.state), (5, 100, "done"))
        self.assertEqual(set(deliveries.mapped("state")), {"pending"})
        self.assertEqual(set(deliveries.mapped("priority")), {90})
        self.assertEqual(deliveries.attempt_ids.mapped("user_id"), self.operator)
        self.assertIn("Test CRM", job.filter_text)

    def test_records_are_read_again_behind_live_changes(self):
        companies, deliveries = self.delivered(3)
        companies[0].name = "Renamed"
        self.commit()
        self.env["integration.delivery"].search([("state", "=", "pending")]).sudo().write({"state": "delivered"})
        companies[1].unlink()
        self.commit()
        self.env["integration.delivery"].search([("state", "=", "pending")]).sudo().write({"state": "cancelled"})
        job = self.start(which="delivered", system_id=self.crm, mode="read_again", force=True)
        with patch.object(integration_replay, "STEP_READING", 2):
            self.work()
        self.assertEqual((job.state, job.total, job.queued, job.skipped), ("done", 4, 2, 2))
        self.assertEqual(sorted(job.skip_ids.mapped("reason")), ["gone", "later_state"])
        fresh = self.env["integration.delivery"].search([("state", "=", "pending")])
        self.assertEqual(set(fresh.mapped("res_id")), {companies[0].id, companies[2].id})
        self.assertEqual(set(fresh.mapped("priority")), {90})
        self.assertEqual(
            self.payload(fresh.filtered(lambda d: d.res_id == companies[0].id).event_id)["record"]["name"], "Renamed"
        )

    def test_what_others_settled_after_it_began_is_accounted_for(self):
        _companies, deliveries = self.delivered(3)
        job = self.start(which="delivered", system_id=self.crm)
        deliveries[1].sudo().state = "cancelled"
        self.env.flush_all()
        self.work()
        self.assertEqual((job.state, job.total, job.queued, job.skipped, job.changed), ("done", 3, 2, 0, 1))

    def test_what_came_to_be_asked_for_after_it_began_is_accounted_for(self):
        for mode in ("same", "read_again"):
            _companies, deliveries = self.delivered(3, names=mode)
            deliveries[1].sudo().state = "cancelled"
            self.env.flush_all()
            job = self.start(which="delivered", system_id=self.crm, mode=mode, force=True)
            self.settle(deliveries)
            self.work()
            self.assertEqual((job.state, job.total, job.queued + job.skipped), ("done", 3, 3), mode)
            self.env["integration.delivery"].search([]).sudo().write({"state": "cancelled"})
            self.env.flush_all()

    def test_pause_go_on_and_cancel(self):
        self.delivered(4)
        job = self.start(which="delivered", system_id=self.crm)
        job.with_user(self.operator).action_pause()
        self.work()
        self.assertEqual((job.state, job.queued), ("paused", 0))
        job.with_user(self.operator).action_resume()
        self.assertEqual(job.state, "running")
        job.with_user(self.operator).action_cancel()
        self.work()
        self.assertEqual((job.state, job.queued), ("cancelled", 0))

    def test_chosen_deliveries_whatever_their_state(self):
        _companies, deliveries = self.delivered(3)
        job = self.start(chosen=deliveries[:2])
        self.work()
        self.assertEqual((self.counted, job.queued), (2, 2))

    def test_nobody_sends_again_what_he_may_not_see(self):
        _companies, deliveries = self.delivered(2)
        elsewhere = self.env["res.company"].create({"name": "Another firm"})
        deliveries[0].sudo().company_id = elsewhere
        self.env.flush_all()
        job = self.start(which="delivered", system_id=self.crm)
        self.work()
        self.assertEqual((job.total, job.queued), (1, 1))

    def test_only_operators_start_and_steer(self):
        self.delivered(1)
        job = self.start(which="delivered", system_id=self.crm)
        with self.assertRaises(AccessError):
            job.with_user(self.viewer).action_cancel()
        with self.assertRaises(AccessError):
            self.env["integration.replay.start"].with_user(self.viewer).create({})
        with self.assertRaises(AccessError):
            job.with_user(self.operator).write({"state": "done"})
