import json

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .artifact_case import ArtifactCase

REPORT = [
    {
        "system": "test_crm",
        "object": "customer",
        "compared": 5,
        "differing": 2,
        "failing": 0,
        "differences": [
            {
                "path": "properties.phone",
                "count": 2,
                "examples": [{"lane": "res.partner,7", "now": None, "then": "+32 2 111 22 33"}],
            }
        ],
    }
]


@tagged("post_install", "-at_install")
class TestShadow(ArtifactCase):
    """What a version in shadow would have sent, as people see it (MIG-04)."""

    def reported(self):
        version = self.draft({"lines": []})
        version.shadow = True
        self.env.flush_all()
        self.env.cr.execute("SELECT integration_hub.report_shadow(%s, %s)", [version.id, json.dumps(REPORT)])
        self.env.invalidate_all()
        return version

    def test_counts_stand_on_the_version_and_add_up(self):
        version = self.reported()
        self.env.cr.execute("SELECT integration_hub.report_shadow(%s, %s)", [version.id, json.dumps(REPORT)])
        self.env.invalidate_all()
        self.assertEqual((version.shadow_ids.compared, version.shadow_ids.differing), (10, 4))
        self.assertEqual(version.shadow_ids.difference_ids.mapped("count"), [4])

    def test_what_it_needs_is_captured_while_it_runs_and_no_longer(self):
        catalogue = self.env["integration.catalogue"]
        before = catalogue._captured_paths("customer")
        self.assertNotIn("barcode", before)
        version = self.draft({"lines": []})
        self.capture("name", "barcode")
        version.action_start_shadow()
        self.assertEqual(set(catalogue._captured_paths("customer")), {*before, "name", "barcode"})
        self.assertEqual(catalogue._object_paths("customer"), before)
        # Its content was changed while it runs.
        self.capture("name", "ref")
        version.action_check()
        self.assertEqual(set(catalogue._captured_paths("customer")), {*before, "name", "ref"})
        version.action_stop_shadow()
        self.assertEqual(catalogue._captured_paths("customer"), before)

    def test_it_is_checked_before_it_runs(self):
        version = self.draft({"lines": []})
        with self.refusing():
            version.action_start_shadow()
        self.assertFalse(version.shadow)

    def test_what_was_counted_of_another_content_is_forgotten(self):
        version = self.reported()
        version.content = {"lines": [{"to": "name", "from": "name"}]}
        self.assertFalse(version.shadow_ids)

    def test_values_are_shown_to_those_alone_who_may_see_them(self):
        difference = self.reported().shadow_ids.difference_ids
        with self.assertRaises(AccessError):
            _ = difference.with_user(self.operator).examples_in_words
        seer = self.person("hub_shadow_seer", "integration_hub.group_operator", "integration_hub.group_confidential")
        self.assertEqual(difference.with_user(seer).examples_in_words, 'res.partner,7: – → "+32 2 111 22 33"')

    def test_results_of_another_companys_system_are_not_seen(self):
        version = self.reported()
        viewer = self.person("hub_shadow_viewer", "integration_hub.group_viewer")
        results = self.env["integration.shadow"].with_user(viewer)
        of_version = [("version_id", "=", version.id)]
        differences = self.env["integration.shadow.difference"].with_user(viewer)
        self.assertTrue(results.search(of_version))
        self.crm.company_id = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(results.search(of_version))
        self.assertFalse(differences.search([("shadow_id", "in", version.shadow_ids.ids)]))
