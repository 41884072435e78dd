from odoo.exceptions import AccessError
from odoo.tests import tagged

from .inbound_case import InboundCase


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

    def replayed(self, **values):
        """A replay job over everything of the CRM, done."""
        wizard = self.env["integration.replay.start"].with_user(self.operator)
        action = wizard.create({"which": "delivered", "system_id": self.crm.id} | values).action_start()
        job = self.env["integration.replay"].browse(action["res_id"])
        while self.env["integration.replay"]._step() is not None:
            pass
        self.env.invalidate_all()
        return job

    def test_a_replay_has_it_read_there_once_for_each_record_whichever_way_it_was_asked_for(self):
        """RES-04: a record that came in several times is read once, and nobody is told that it is gone."""
        self.linked("9")
        last = self.row(self.receive_one("9", {"phone": "5"}))
        rows = self.env["integration.delivery"].sudo().search([("lane", "=", last.lane), ("direction", "=", "in")])
        older = rows - last
        for mode in ("same", "read_again"):
            rows.write({"state": "delivered", "priority": 50})
            job = self.replayed(mode=mode)
            self.assertEqual((job.state, job.total, job.queued), ("done", 2, 1), mode)
            self.assertEqual((job.skip_ids.delivery_id, job.skip_ids.reason), (older, "later_state"), mode)
            self.assertEqual((older.state, last.state, last.priority), ("delivered", "received", 90), mode)
            # Until it was read, it is on its way for whoever asks besides.
            job = self.replayed(delivery_ids=[(6, 0, last.ids)], mode=mode)
            self.assertEqual((job.queued, job.skip_ids.mapped("reason")), (0, ["in_flight"]), mode)


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
