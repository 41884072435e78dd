from odoo.tests import tagged

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundMerge(InboundCase):
    """OBJ-03: a merge on either side takes links and history with it."""

    def merge(self, gone, stays):
        self.env["base.partner.merge.automatic.wizard"]._merge((gone | stays).ids, stays)
        self.env.flush_all()
        self.env.invalidate_all()

    def test_a_record_merged_away_in_odoo_leaves_its_identity_and_history_to_the_one_that_stays(self):
        gone, stays = self.linked("1"), self.committed_company()
        gone.phone = "1"
        sent = self.events().delivery_ids
        waiting = self.row(self.receive_one("2", {"name": "Branch", "parent_id": {"$record": "test_crm:company,x"}}))
        self.merge(gone, stays)
        self.assertEqual((self.link("1").lane, self.link("1").res_id), (f"res.partner,{stays.id}", stays.id))
        self.assertEqual(set(sent.mapped("state")), {"superseded"}, "what is sent is the one that stays")
        self.assertEqual(set((sent | sent.event_id.delivery_ids).mapped("res_id")), {stays.id})
        self.assertEqual(waiting.state, "waiting")
        answer = self.receive_one("1", {"email": "b@example.com"})
        self.assertEqual((answer["res_id"], stays.email), (stays.id, "b@example.com"))

    def test_of_two_identities_that_of_the_record_that_stays_counts(self):
        gone, stays = self.linked("1"), self.linked("2")
        self.merge(gone, stays)
        self.assertEqual((len(self.link("1")), self.link("2").res_id), (0, stays.id))

    def test_a_merge_there_moves_the_link_to_the_id_that_stays(self):
        acme = self.linked("1")
        answer = self.receive_one("9", {"name": "Company 1", "phone": "3"}, old_ids=["1"])
        self.assertEqual((answer["state"], answer["res_id"], acme.phone), ("delivered", acme.id, "3"))
        self.assertEqual((len(self.link("1")), self.link("9").res_id), (0, acme.id))

    def test_a_merge_there_of_two_that_odoo_has_is_for_a_person(self):
        old, kept = self.linked("1"), self.linked("2")
        row = self.row(self.receive_one("2", {"name": "Company 2", "phone": "3"}, old_ids=["1"]))
        self.assertEqual((row.state, row.error_code, row.res_id, kept.phone), ("held", "merged_there", kept.id, "3"))
        self.assertIn("Company 1", row.what_happened)
        self.merge(old, kept)
        row.with_user(self.operator).action_retry()
        self.assertEqual(self.receive_one("2", {"name": "Company 2"}, old_ids=["1"])["state"], "delivered")
        self.assertEqual(row.state, "delivered")

    def committed_company(self):
        stays = self.company("Stays")
        self.events()
        return stays


@tagged("post_install", "-at_install")
class TestRefusedCalls(InboundCase):
    """SEC-11: a flood of forged calls is one event, and one activity for each administrator."""

    def tell(self, count, hour="2026-11-22T07:00:00Z", reason="bad_signature"):
        return self.inbound().refused(
            [{"system": "test_crm", "reason": reason, "hour": hour, "count": count, "sender": "192.0.2.1"}]
        )

    def test_one_row_an_hour_and_one_activity_a_person(self):
        admin = self.person("hub_security_admin", "integration_hub.group_administrator")
        self.assertEqual([self.tell(3), self.tell(900), self.tell(5, "2026-11-22T08:00:00Z")], [1, 0, 1])
        events = self.env["integration.security.event"].search([("system_code", "=", "test_crm")])
        self.assertEqual(events.mapped("calls"), [5, 900])
        self.assertEqual(events.system_id, self.crm)
        self.assertEqual(len(events.activity_ids.filtered(lambda activity: activity.user_id == admin)), 1)

    def test_a_reason_that_is_not_known_is_kept_as_another(self):
        self.tell(1, reason="something new")
        self.assertEqual(self.env["integration.security.event"].search([], limit=1).reason, "other")
