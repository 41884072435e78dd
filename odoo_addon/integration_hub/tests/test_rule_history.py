from odoo.exceptions import UserError
from odoo.tests import tagged

from .artifact_case import ArtifactCase


@tagged("post_install", "-at_install")
class TestRuleHistory(ArtifactCase):
    """GOV-02: each change of a rule is kept with who, when, before and after; a reviewed one is applied when active."""

    def versions(self):
        return self.rule._artifact().version_ids.sorted("number")

    def test_a_change_in_the_form_works_at_once_and_is_a_version(self):
        count = len(self.versions())
        self.rule.with_user(self.ann).write({"priority": 20})
        version = self.versions()[-1]
        self.assertEqual(len(self.versions()), count + 1)
        self.assertEqual((version.state, version.author_id, version.content["priority"]), ("active", self.ann, 20))
        self.assertIn("priority: 50 → 20", " ".join(version.message_ids.mapped("body")))
        self.assertEqual(self.versions()[-2].state, "retired")

    def test_writing_the_same_is_no_version(self):
        self.rule.priority = 20
        count = len(self.versions())
        self.rule.write({"priority": 20, "sequence": 7})
        self.assertEqual(len(self.versions()), count)

    def test_a_reviewed_version_changes_the_rule_when_it_is_activated(self):
        artifact = self.rule._artifact()
        artifact.write({"owner_id": self.ann.id, "purpose": "Customers for sales."})
        content = self.rule._as_content() | {"priority": 11, "systems": ["test_crm"], "watch": ["vat"]}
        version = self.approved(content, artifact=artifact)
        self.assertEqual(self.rule.priority, 50)
        version.action_activate()
        self.assertEqual(
            (self.rule.priority, self.rule.system_ids, self.rule.watched_field_ids.mapped("name"), version.state),
            (11, self.crm, ["vat"], "active"),
        )
        self.assertFalse(self.asked, "Odoo itself runs the rules: no sidecar is asked")
        version.action_rollback()
        self.assertEqual((self.rule.priority, self.rule.system_ids), (50, self.crm | self.psa))

    def test_a_version_that_does_not_fit_here_is_refused_with_the_reason(self):
        artifact = self.rule._artifact()
        for changed, words in (({"systems": ["nowhere"]}, "nowhere"), ({"domain": [["no_field", "=", 1]]}, "no_field")):
            version = self.draft(self.rule._as_content() | changed, artifact=artifact)
            version.action_submit()
            self.assertEqual(version.state, "draft")
            self.assertIn(words, version.check_problems[0]["reason"])
            version.action_withdraw()
        self.assertEqual(self.rule.system_ids, self.crm | self.psa)

    def test_the_first_version_cannot_be_rolled_back(self):
        rule = self.make_rule(name="Fresh")
        with self.assertRaisesRegex(UserError, "first version"):
            rule._artifact().active_version_id.action_rollback()

    def test_a_deleted_rule_leaves_its_history(self):
        artifact = self.rule._artifact()
        self.rule.unlink()
        self.assertEqual(set(artifact.version_ids.mapped("state")), {"retired"})
