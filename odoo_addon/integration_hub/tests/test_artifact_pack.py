from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .artifact_case import PATH, ArtifactCase

TABLE = "systems/test_crm/tables/stages.json"


@tagged("post_install", "-at_install")
class TestArtifactPack(ArtifactCase):
    """MIG-05: what administrators own moves between files and databases, and nobody gains a right by it."""

    def apply(self, user, content, path=PATH, **options):
        files = [{"path": path, "content": content}]
        artifacts = self.env["integration.artifact"].with_user(user)
        (answer,) = artifacts.pack_apply(files, "From the test database", **options)
        return answer

    def test_what_differs_becomes_a_draft_of_whoever_brought_it_in(self):
        answer = self.apply(self.ann, {"lines": [1]})
        self.assertEqual((answer["path"], answer["result"]), (PATH, "draft"))
        version = self.artifact.draft_version_id
        self.assertEqual((version.author_id, version.reason), (self.ann, "From the test database"))
        self.assertEqual((version.state, version.content), ("draft", {"lines": [1]}))
        self.assertEqual(self.apply(self.ann, {"lines": [1]})["result"], "waits")

    def test_what_counts_already_is_left_alone(self):
        self.activated({"lines": [2]})
        self.assertEqual(self.apply(self.ann, {"lines": [2]})["result"], "unchanged")
        files = self.env["integration.artifact"].with_user(self.operator).pack_files()
        (mine,) = [file for file in files if file["path"] == PATH]
        self.assertEqual((mine["content"], mine["version"]), ({"lines": [2]}, 1))

    def test_only_what_needs_no_second_person_is_activated(self):
        self.make_artifact(TABLE)
        table = {"title": "Stages", "entries": [{"from": "a", "to": "b"}]}
        self.assertEqual(self.apply(self.ann, table, TABLE, activate=True)["result"], "active")
        self.assertEqual(self.apply(self.ann, {"lines": [3]}, activate=True)["result"], "draft")

    def test_a_set_is_activated_as_one_release_or_not_at_all(self):
        """GOV-02: what was tried together counts together."""
        paths = [TABLE, "systems/test_crm/tables/countries.json"]
        files = [{"path": path, "content": {"title": path, "entries": []}} for path in paths]
        artifacts = self.env["integration.artifact"].with_user(self.ann)
        self.make_artifact(paths[0])
        other = self.make_artifact(paths[1], owner_id=False)
        releases = self.env["integration.release"]
        before = releases._current().number

        answers = artifacts.pack_apply(files, "From test", activate=True)
        self.assertEqual([answer["result"] for answer in answers], ["refused", "refused"])
        self.assertIn("an owner", answers[1]["reason"])
        other.owner_id = self.ann

        with self.refusing("There is no such table."):
            answers = artifacts.pack_apply(files, "From test", activate=True)
        self.assertEqual([answer["result"] for answer in answers], ["refused", "refused"])
        self.assertEqual(releases._current().number, before)

        answers = artifacts.pack_apply(files, "From test", activate=True)
        self.assertEqual([answer["result"] for answer in answers], ["active", "active"])
        self.assertEqual(releases._current().number, before + 1)
        self.assertLessEqual(set(paths), {entry["path"] for entry in releases._current().content})
        self.assertLessEqual(set(paths), set(self.asked[-1][1]["overlay"]))

    def test_operators_and_the_sidecar_bring_nothing_in(self):
        sidecar = self.person("pack_sidecar", "integration_hub.group_sidecar")
        for user in (self.operator, sidecar):
            with self.assertRaises(AccessError):
                self.apply(user, {"lines": []})
        self.assertTrue(self.env["integration.artifact"].with_user(sidecar).pack_files() is not None)
        with self.assertRaises(AccessError):
            self.env["integration.artifact"].with_user(self.person("pack_nobody")).pack_files()

    def test_a_file_that_is_not_administrators_is_refused(self):
        with self.assertRaises(ValidationError):
            self.apply(self.ann, {}, "systems/test_crm/connector.json")
