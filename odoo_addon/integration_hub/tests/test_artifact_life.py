from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .artifact_case import PATH, ArtifactCase


@tagged("post_install", "-at_install")
class TestArtifactLife(ArtifactCase):
    """GOV-01, GOV-02, MAP-12, SEC-09: a change is checked, approved by somebody else, put in force and taken back."""

    def said(self, version):
        return " ".join(version.sudo().message_ids.mapped("body"))

    def release(self):
        return self.env["integration.release"]._current()

    def test_from_draft_to_active(self):
        version = self.draft({"a": 1}, compliance_note="No personal data.", rollback_plan="One button.")
        version.action_submit()
        self.assertEqual(
            (version.state, self.asked), ("in_review", [("check", {"overlay": {PATH: {"a": 1}}, "path": PATH})])
        )
        version.with_user(self.bob).action_approve()
        self.assertEqual((version.state, version.approver_id), ("approved", self.bob))
        before = self.release().number
        version.action_activate()
        self.assertEqual(version.state, "active")
        self.assertEqual(self.release().number, before + 1)
        self.assertEqual(self.release().content, [{"path": PATH, "version": 1, "version_id": version.id}])
        for words in ("No personal data.", "One button.", "Approved", f"release {self.release().number}"):
            self.assertIn(words, self.said(version))

    def test_whoever_wrote_any_of_it_cannot_approve_administrators_included(self):
        administrator = self.person("hub_life_admin", "integration_hub.group_administrator", "base.group_system")
        version = self.draft({"a": 1}, compliance_note="x", rollback_plan="x")
        version.with_user(administrator).content = {"a": 2}
        version.action_submit()
        for user in (self.ann, administrator):
            self.assertFalse(version.with_user(user).can_approve)
            with self.subTest(user=user.login), self.assertRaisesRegex(AccessError, "somebody else"):
                version.with_user(user).action_approve()
            with self.assertRaisesRegex(AccessError, "somebody else"):
                version.with_user(user).sudo().action_approve()
        version.with_user(self.bob).action_approve()

    def test_nothing_is_active_without_an_approval(self):
        version = self.draft({"a": 1})
        with self.assertRaisesRegex(UserError, "Approved"):
            version.action_activate()
        version.action_submit()
        with self.assertRaisesRegex(UserError, "Approved"):
            version.with_user(self.bob).action_activate()

    def test_operators_do_none_of_it(self):
        version = self.draft({"a": 1}, compliance_note="x", rollback_plan="x").with_user(self.operator)
        for action in ("submit", "approve", "activate", "rollback", "withdraw", "check", "send_back"):
            with self.subTest(action=action), self.assertRaisesRegex(AccessError, "mapping administrators"):
                getattr(version, f"action_{action}")()

    def test_nothing_is_activated_without_an_owner_and_a_purpose(self):
        version = self.approved({"a": 1})
        self.artifact.owner_id = False
        with self.assertRaisesRegex(UserError, "without an owner"):
            version.action_activate()
        self.artifact.write({"owner_id": self.ann.id, "purpose": False})
        with self.assertRaisesRegex(UserError, "without a purpose"):
            version.action_activate()

    def test_an_approval_needs_the_note_and_the_plan(self):
        version = self.draft({"a": 1}, compliance_note="x")
        version.action_submit()
        with self.assertRaisesRegex(UserError, "rollback plan"):
            version.with_user(self.bob).action_approve()

    def test_what_is_still_missing_is_said_all_at_once(self):
        self.artifact.write({"owner_id": False, "purpose": False})
        version = self.draft({"a": 1}, reason=False)
        every = "what changes and why, an owner, a purpose, the compliance note, the rollback plan"
        self.assertEqual(version.missing, every)
        version.write({"reason": "Because", "compliance_note": "x", "rollback_plan": "x"})
        self.assertEqual(version.missing, "an owner, a purpose")
        version.write({"owner_id": self.ann.id, "purpose": "x"})
        self.assertFalse(version.missing)

    def test_problems_stop_it_and_name_their_places(self):
        version = self.draft({"a": 1})
        with self.refusing():
            told = version.action_submit()
        self.assertEqual((version.state, version.check_problems[0]["pointer"]), ("draft", "lines[3].from"))
        self.assertIn("lines[3].from There is no such field.", told["params"]["message"])

    def test_what_was_approved_is_checked_again_when_it_is_activated(self):
        version = self.approved({"a": 1})
        before = self.release()
        with self.refusing():
            version.action_activate()
        self.assertEqual((version.state, self.release()), ("approved", before))

    def test_sent_back_it_can_be_changed_and_has_to_be_submitted_again(self):
        version = self.draft({"a": 1}, compliance_note="x", rollback_plan="x")
        version.action_submit()
        version.with_user(self.bob).action_send_back()
        version.content = {"a": 2}
        with self.assertRaises(UserError):
            version.with_user(self.bob).action_approve()
        version.action_submit()
        self.assertEqual(version.state, "in_review")

    def test_the_next_version_retires_the_one_before_and_one_button_takes_it_back(self):
        first, second = self.activated({"a": 1}), self.activated({"a": 2})
        self.assertEqual((first.state, second.state), ("retired", "active"))
        second.action_rollback()
        self.assertEqual((first.state, second.state), ("active", "retired"))
        first.action_rollback()
        self.assertEqual((first.state, self.release().version_count), ("retired", 0))

    def test_a_version_that_was_taken_back_is_not_gone_back_to(self):
        first = self.activated({"a": 1})
        self.activated({"a": 2}).action_rollback()
        third = self.activated({"a": 3})
        third.action_rollback()
        self.assertEqual(first.state, "active")

    def test_a_release_is_gone_back_to_as_a_whole(self):
        other = self.make_artifact("odoo/tables/test-taxes.json", four_eyes=True)
        first = self.activated({"a": 1})
        release = self.release()
        self.activated({"a": 2})
        added = self.activated({"entries": []}, artifact=other)
        release.with_user(self.bob).action_rollback()
        self.assertEqual((first.state, added.state), ("active", "retired"))
        self.assertEqual(self.release().content, release.content)
        with self.assertRaises(AccessError):
            release.with_user(self.operator).action_rollback()

    def test_the_impact_is_listed_before_the_approval(self):
        self.crm.connector = "test_crm"
        self.company()
        self.commit()
        self.capture("name", "email")
        version = self.draft({"a": 1})
        version.action_submit()
        impact = version.with_user(self.bob)._impact()
        self.assertEqual([system["name"] for system in impact["systems"]], ["Test CRM"])
        companies = self.env["res.partner"].search_count([("is_company", "=", True)])
        self.assertEqual(impact["flows"], [{"id": self.rule.id, "name": self.rule.name, "records": companies}])
        waiting = [("object", "=", "customer"), ("system_id", "=", self.crm.id), ("state", "=", "pending")]
        self.assertEqual(impact["queued"], self.env["integration.delivery"].search_count(waiting))
        self.assertGreater(impact["queued"], 0)
        added = [entry["path"] for entry in impact["captured"] if entry["change"] == "added"]
        self.assertIn("email", added)
        self.assertIn("customer.email", version.impact)

    def test_a_queued_change_shows_the_release_it_was_recorded_with(self):
        self.activated({"a": 1})
        self.company()
        delivery = self.the_event().delivery_ids[:1]
        first = self.release()
        self.activated({"a": 2})
        self.assertEqual(delivery.effective_release, first.number)
        self.assertEqual(delivery.action_open_release()["res_id"], first.id)
        delivery.sudo().write({"state": "held"})
        self.env.flush_all()
        delivery.with_user(self.operator).action_retry()
        self.assertEqual(delivery.effective_release, self.release().number)

    def test_what_is_captured_follows_at_once_and_goes_back_without_a_sidecar(self):
        self.rule.follow_mapping = True
        self.capture("name")
        self.activated({"a": 1})
        self.commit()
        self.company(email="a@example.com")
        self.assertNotIn("email", self.payload(self.the_event())["record"])
        self.capture("name", "email")
        second = self.activated({"a": 2})
        self.commit()
        self.company(email="b@example.com")
        event = self.the_event()
        self.assertEqual(self.payload(event)["record"]["email"], "b@example.com")
        self.assertEqual(event.release, self.release().number)
        self.sidecar_runs = False
        second.action_rollback()
        self.commit()
        self.company(email="c@example.com")
        self.assertNotIn("email", self.payload(self.the_event())["record"])

    def publish(self, *paths, release):
        objects = [{"object": "customer", "model": "res.partner", "paths": list(paths)}]
        self.env["integration.catalogue"].sudo().publish({"release": release, "objects": objects})

    def test_a_new_pack_published_under_a_release_is_captured(self):
        self.capture("name")
        self.activated({"a": 1})
        self.publish("name", "vat", release=self.release().number)
        self.assertEqual(self.env["integration.catalogue"]._object_paths("customer"), ("name", "vat"))

    def test_a_sidecar_that_has_not_heard_of_a_release_yet_does_not_take_back_what_is_captured_for_it(self):
        self.rule.follow_mapping = True
        before = self.release().number
        self.capture("name", "email")
        self.activated({"a": 1})
        self.publish("name", release=before)
        # The second in which it was published is later than the release's.
        entry = self.env["integration.catalogue"].search([("code", "=", "customer"), ("kind", "=", "object")])
        entry.sudo().published_at = "2100-01-01"
        self.commit()
        self.company(email="a@example.com")
        event = self.the_event()
        self.assertEqual(event.release, self.release().number)
        self.assertEqual(self.payload(event)["record"]["email"], "a@example.com")

    def test_without_four_eyes_one_person_activates_but_not_who_switched_it_off(self):
        administrator = self.person("hub_life_admin", "integration_hub.group_administrator")
        self.artifact.with_user(administrator).four_eyes = False
        version = self.draft({"a": 1})
        version.action_activate()
        self.assertEqual(version.state, "active")
        own = self.draft({"a": 2}, user=administrator)
        with self.assertRaisesRegex(UserError, "Approved"):
            own.action_activate()

    def test_files_of_the_pack_become_artifacts_and_keep_what_people_wrote(self):
        entry = {"kind": "file", "code": "odoo/test_thing.json", "title": "odoo/test_thing.json"}
        self.env["integration.catalogue"].sudo().create(entry | {"content": {"title": "Thing"}})
        Artifact = self.env["integration.artifact"]
        Artifact.sudo()._from_catalogue()
        artifact = Artifact.search([("path", "=", "odoo/test_thing.json")])
        self.assertEqual((artifact.title, artifact.shipped), ("Thing", True))
        artifact.title = "Our thing"
        Artifact.sudo()._from_catalogue()
        self.assertEqual(artifact.title, "Our thing")
