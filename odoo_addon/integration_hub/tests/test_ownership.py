from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.ownership.ownership_content import owners_of
from .artifact_case import ArtifactCase

SCHEMA = {
    "$id": "hub:canonical/customer/1",
    "title": "Customer",
    "properties": {
        "name": {"description": "Name.", "x-classification": "internal"},
        "email": {"description": "E-mail.", "x-classification": "internal"},
        "address": {"description": "Address.", "x-classification": "personal"},
    },
}
CONTENT = {
    "version": 1,
    "objects": {
        "customer": {
            "owner": "odoo",
            "fields": {"email": "test"},
            "survivorship": {"address.*": ["odoo", "test"]},
        }
    },
}


@tagged("post_install", "-at_install")
class TestOwnership(ArtifactCase):
    """OWN-01, OWN-02: which system owns which field is a screen; a change is approved and then counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        catalogue = cls.env["integration.catalogue"].sudo()
        catalogue.search([("kind", "in", ("schema", "file"))]).unlink()
        catalogue.create(
            [
                {"kind": "schema", "code": "customer/1", "title": "Customer", "content": SCHEMA},
                {"kind": "file", "code": "ownership.json", "title": "Ownership", "content": CONTENT},
            ]
        )
        cls.env["integration.artifact"].sudo()._from_catalogue()
        artifact = cls.env["integration.artifact"].search([("path", "=", "ownership.json")])
        artifact.write({"owner_id": cls.ann.id, "purpose": "Who owns what."})

    def matrix(self):
        return {
            row.field: (row.owner, row.survivorship or None, row.data_class)
            for row in self.env["integration.ownership"].search([("object", "=", "customer")])
        }

    def propose(self, field, owner, user=None, **values):
        rows = self.env["integration.ownership"].search([("object", "=", "customer"), ("field", "=", field)])
        wizard = self.env["integration.ownership.change"].with_user(user or self.ann)
        values = {"ownership_ids": rows.ids, "owner": owner, "reason": "Sales keeps it."} | values
        action = wizard.create(values).action_propose()
        return self.env["integration.artifact.version"].with_user(self.ann).browse(action["res_id"])

    def test_the_matrix_shows_every_field_with_its_owner(self):
        self.assertEqual(
            self.matrix(),
            {
                "name": ("odoo", None, "internal"),
                "email": ("test", None, "internal"),
                "address": ("odoo", "odoo, test", "personal"),
            },
        )

    def test_a_changed_cell_is_approved_and_then_counts(self):
        version = self.propose("name", "test")
        self.assertEqual(self.matrix()["name"][0], "odoo")
        version.write({"compliance_note": "x", "rollback_plan": "x"})
        version.action_submit()
        version.with_user(self.bob).action_approve()
        version.action_activate()
        self.assertEqual(self.matrix()["name"][0], "test")
        self.assertEqual(version.content["objects"]["customer"]["fields"], {"email": "test", "name": "test"})
        version.action_rollback()
        self.assertEqual(self.matrix()["name"][0], "odoo")

    def test_the_longest_path_decides_whatever_kind_of_rule_it_is(self):
        entry = {"owner": "odoo", "fields": {"address": "test"}, "survivorship": {"address.zip": ["other", "odoo"]}}
        content = {"version": 1, "objects": {"customer": entry}}
        self.assertEqual(owners_of(content, "customer", "address.city"), (["test"], "customer.fields.address"))
        self.assertEqual(
            owners_of(content, "customer", "address.zip"), (["other"], "customer.survivorship.address.zip")
        )

    def test_several_cells_are_one_proposal(self):
        first = self.propose("name", "test")
        second = self.propose("email", "odoo")
        self.assertEqual(first, second)
        self.assertEqual(second.content["objects"]["customer"]["fields"], {"name": "test"})

    def test_who_else_may_supply_a_value(self):
        version = self.propose("name", "test", survivorship="odoo")
        self.assertEqual(version.content["objects"]["customer"]["survivorship"]["name"], ["test", "odoo"])
        with self.assertRaisesRegex(UserError, "nowhere"):
            self.propose("name", "test", survivorship="nowhere")

    def test_several_systems_share_a_field(self):
        version = self.propose("name", "test", shared_with="odoo, test")
        self.assertEqual(version.content["objects"]["customer"]["fields"]["name"], ["test", "odoo"])
        self.assertNotIn("name", self.propose("name", "odoo").content["objects"]["customer"].get("fields", {}))
        with self.assertRaisesRegex(UserError, "nowhere"):
            self.propose("name", "test", shared_with="nowhere")
        with self.assertRaisesRegex(UserError, "not both"):
            self.propose("name", "test", shared_with="odoo", survivorship="odoo")

    def test_a_refusal_names_the_rule(self):
        may_write = self.env["integration.ownership"].may_write
        self.assertTrue(may_write("customer", "email", "test")["allowed"])
        self.assertTrue(may_write("customer", "address.city", "test")["allowed"])
        refused = may_write("customer", "email", "odoo")
        self.assertEqual((refused["allowed"], refused["rule"]), (False, "customer.fields.email"))
        self.assertIn("test owns customer.email", refused["reason"])
        self.assertEqual(may_write("invoice", "total", "test")["owner"], "odoo")
        stranger = self.person("hub_ownership_stranger")
        with self.assertRaises(AccessError):
            self.env["integration.ownership"].with_user(stranger).may_write("customer", "email", "test")

    def test_operators_look_and_propose_nothing(self):
        row = self.env["integration.ownership"].search([("field", "=", "name")])[:1]
        self.assertEqual(row.with_user(self.operator).owner, "odoo")
        with self.assertRaises(AccessError):
            self.propose("name", "test", user=self.operator)
        for user in (self.operator, self.ann):
            with self.assertRaises(AccessError):
                row.with_user(user).write({"owner": "test"})
