from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import HubCase

PATH = "systems/test_crm/mappings/customer.json"


@tagged("post_install", "-at_install")
class TestArtifacts(HubCase):
    """MAP-12, GOV-02: a file of the pack and its versions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mapper = cls.person("hub_artifact_mapper", "integration_hub.group_mapping")
        cls.operator = cls.person("hub_artifact_operator", "integration_hub.group_operator")
        cls.artifact = cls.env["integration.artifact"].create({"path": PATH, "title": "Customer to Test CRM"})

    def draft(self, content=None, user=None):
        values = {"artifact_id": self.artifact.id} | ({"content": content} if content else {})
        return self.env["integration.artifact.version"].with_user(user or self.mapper).create(values)

    def test_the_path_says_what_it_is(self):
        self.assertEqual(
            (self.artifact.kind, self.artifact.system_code, self.artifact.object, self.artifact.four_eyes),
            ("mapping", "test_crm", "customer", True),
        )
        table = self.env["integration.artifact"].create({"path": "odoo/tables/taxes.json", "title": "Taxes"})
        self.assertEqual((table.kind, table.four_eyes), ("table", False))

    def test_a_failed_delivery_leads_to_its_mapping(self):
        self.env["res.partner"].create({"name": "Acme", "is_company": True})
        delivery = self.events().delivery_ids.filtered(lambda delivery: delivery.system_id == self.crm)
        delivery.sudo().object = "customer"
        self.assertEqual(delivery.with_user(self.mapper).action_open_mapping()["res_id"], self.artifact.id)
        delivery.sudo().object = "planet"
        with self.assertRaisesRegex(UserError, "No mapping of “Planet” for Test CRM"):
            delivery.with_user(self.mapper).action_open_mapping()

    def test_files_outside_the_pack_are_refused(self):
        for path in ("../secrets.json", "systems/crm/connector.json", "odoo/customer.txt", "systems/../odoo/x.json"):
            with self.subTest(path=path), self.assertRaisesRegex(ValidationError, "not a file of the pack"):
                self.env["integration.artifact"].create({"path": path, "title": "x"})

    def test_a_version_begins_with_what_is_shipped_and_the_next_with_what_is_active(self):
        self.env["integration.catalogue"].sudo().create(
            {"kind": "file", "code": PATH, "title": PATH, "content": {"version": 1}}
        )
        first = self.draft()
        self.assertEqual((first.content, first.number, first.author_id), ({"version": 1}, 1, self.mapper))
        first.content = {"version": 2}
        first.sudo().state = "active"
        self.assertEqual(self.draft().content, {"version": 2})

    def test_content_is_fixed_once_it_left_draft(self):
        version = self.draft({"a": 1})
        version.sudo().state = "in_review"
        for values in ({"content": {"a": 2}}, {"content_text": "{}"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "fixed once it was submitted"):
                version.write(values)
            with self.assertRaisesRegex(UserError, "fixed once it was submitted"):
                version.sudo().write(values)

    def test_states_and_people_are_not_written_by_hand(self):
        version = self.draft({"a": 1})
        for values in ({"state": "active"}, {"approver_id": self.operator.id}, {"author_id": self.operator.id}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                version.write(values)

    def test_operators_read_and_mapping_administrators_write(self):
        version = self.draft({"a": 1})
        self.assertEqual(version.with_user(self.operator).content, {"a": 1})
        with self.assertRaises(AccessError):
            version.with_user(self.operator).write({"content": {"a": 2}})
        with self.assertRaises(AccessError):
            self.draft({"a": 1}, user=self.operator)

    def test_text_that_is_no_json_is_refused_with_the_place(self):
        with self.assertRaisesRegex(ValidationError, "line 2, column 3"):
            self.draft({"a": 1}).content_text = '{"a": 1,\n  b}'

    def test_the_same_content_has_the_same_hash(self):
        self.assertEqual(self.draft({"a": 1, "b": 2}).content_hash, self.draft({"b": 2, "a": 1}).content_hash)

    def test_only_an_administrator_switches_four_eyes_off(self):
        with self.assertRaisesRegex(AccessError, "second person"):
            self.artifact.with_user(self.mapper).four_eyes = False
        administrator = self.person("hub_artifact_admin", "integration_hub.group_administrator")
        self.artifact.with_user(administrator).four_eyes = False
        self.assertEqual(self.artifact.alone_by_id, administrator)

    def test_there_is_no_side_door_past_the_second_person(self):
        administrator = self.person("hub_artifact_admin", "integration_hub.group_administrator")
        with self.assertRaisesRegex(AccessError, "kind"):
            self.artifact.with_user(self.mapper).kind = "table"  # tables need no second person
        self.artifact.with_user(administrator).four_eyes = False
        with self.assertRaisesRegex(AccessError, "alone_by_id"):
            self.artifact.with_user(administrator).alone_by_id = False
        # Nor by making the file anew: one that was never changed can be deleted.
        self.artifact.with_user(self.mapper).unlink()
        files = self.env["integration.artifact"]
        with self.assertRaisesRegex(AccessError, "second person"):
            files.with_user(self.mapper).create({"path": PATH, "title": "x", "four_eyes": False})
        with self.assertRaisesRegex(AccessError, "kind"):
            files.with_user(self.mapper).create({"path": PATH, "title": "x", "kind": "table"})
        anew = files.with_user(administrator).create({"path": PATH, "title": "x", "four_eyes": False})
        self.assertEqual(anew.alone_by_id, administrator)

    def test_an_import_goes_by_the_same_rules(self):
        version = self.draft({"a": 1})
        rows = [[str(version.id), "active"]]
        answer = version.load([".id", "state"], rows)
        self.assertIn("not written by hand", answer["messages"][0]["message"])
        self.assertEqual(version.state, "draft")

    def test_history_stays(self):
        version = self.draft({"a": 1})
        version.sudo().state = "retired"
        with self.assertRaisesRegex(UserError, "history"):
            version.unlink()
        with self.assertRaisesRegex(UserError, "history"):
            self.artifact.with_user(self.mapper).unlink()
