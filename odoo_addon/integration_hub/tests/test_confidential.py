import json

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.privacy.data_classes import MASK
from .artifact_case import ArtifactCase

SCHEMA = {
    "$id": "hub:canonical/customer/1",
    "properties": {
        "name": {"x-classification": "internal"},
        "taxId": {"x-classification": "commercial"},
        "parent": {"$ref": "hub:canonical/common/1#/$defs/reference", "x-classification": "internal"},
        "people": {
            "x-classification": "personal",
            "items": {"properties": {"email": {}, "lang": {"x-classification": "public"}}},
        },
    },
}
COMMON = {"$id": "hub:canonical/common/1", "$defs": {"reference": {"properties": {"id": {}, "name": {}}}}}
MAPPING = {
    "target": {"object": "customer", "version": 1},
    "lines": [
        {"to": "name", "from": "name"},
        {"to": "taxId", "from": "vat", "when": {"from": "is_company", "equals": True}},
        {"to": "parent.name", "from": "parent_id.name"},
        {
            "to": "people",
            "each": "child_ids",
            "lines": [{"to": "email", "from": "email"}, {"to": "lang", "from": "lang"}],
        },
    ],
}


@tagged("post_install", "-at_install")
class TestConfidential(ArtifactCase):
    """SEC-06: a field that is classified is masked in views and exports with no further work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        catalogue = cls.env["integration.catalogue"].sudo()
        catalogue.search([("kind", "in", ("schema", "file"))]).unlink()
        catalogue.create(
            [
                {"kind": "schema", "code": "customer/1", "title": "Customer", "content": SCHEMA},
                {"kind": "schema", "code": "common/1", "title": "Common", "content": COMMON},
                {"kind": "file", "code": "odoo/customer.json", "title": "Customer", "content": MAPPING},
            ]
        )
        cls.env["integration.artifact"].sudo()._from_catalogue()
        cls.env.registry.clear_cache()
        cls.rule.payload_fields = "name\nvat\nphone\nparent_id.name\nchild_ids.email\nchild_ids.lang"
        cls.trusted = cls.person("hub_trusted", "integration_hub.group_operator", "integration_hub.group_confidential")

    def setUp(self):
        super().setUp()
        parent = self.committed(self.company("Group"))
        self.company(
            "Acme",
            vat="BE0477472701",
            phone="1",
            parent_id=parent.id,
            child_ids=[(0, 0, {"name": "Zoe", "email": "zoe@example.com", "lang": "en_US"})],
        )
        self.event = self.events().filtered(lambda event: event.res_name and "Acme" in event.res_name)[:1]
        self.delivery = self.event.delivery_ids[:1]

    def seen(self, user):
        self.env.invalidate_all()
        return json.loads(self.delivery.with_user(user).payload)["record"]

    def test_confidential_values_are_masked_and_the_rest_is_shown(self):
        record = self.seen(self.operator)
        self.assertEqual((record["name"], record["vat"]), ("Acme", MASK))
        self.assertEqual(record["parent_id"]["name"], "Group")
        self.assertEqual([child["email"] for child in record["child_ids"]], [MASK])

    def test_what_no_mapping_classifies_is_masked(self):
        self.assertEqual(self.seen(self.operator)["phone"], MASK)

    def test_the_group_sees_all(self):
        record = self.seen(self.trusted)
        self.assertEqual((record["vat"], record["phone"]), ("BE0477472701", "1"))

    def test_administrators_are_no_exception_and_no_way_leads_around_it(self):
        administrator = self.person("hub_confidential_admin", "integration_hub.group_administrator")
        for user in (self.operator, administrator):
            self.assertNotIn("BE0477472701", json.dumps(self.seen(user)))
            self.assertNotIn("BE0477472701", self.event.with_user(user).content)
            payloads = self.env["integration.event.payload"].with_user(user).search([("event_id", "=", self.event.id)])
            with self.assertRaises(AccessError):
                payloads.read(["payload"])
            user.group_ids += self.env.ref("base.group_allow_export")
            exported = payloads.export_data(["pretty"])["datas"]
            self.assertNotIn("BE0477472701", json.dumps(exported))
            with self.assertRaises(AccessError):
                payloads.search([("payload", "like", "BE0477472701")])
            with self.assertRaises(AccessError):
                self.env["integration.delivery"].with_user(user).search(
                    [("event_id.payload_ids.payload", "like", "BE")]
                )

    def test_the_values_before_the_change_are_masked_too(self):
        partner = self.committed(self.company("Other", vat="BE0477472701"))
        partner.vat = "BE0403170701"
        self.event = self.the_event()
        self.assertNotIn("BE0477472701", self.event.with_user(self.operator).content)
        self.assertIn("BE0477472701", self.event.with_user(self.trusted).content)

    def test_a_classification_that_changes_counts_at_once(self):
        row = self.env["integration.catalogue"].search([("kind", "=", "schema"), ("code", "=", "customer/1")])
        row.sudo().content = SCHEMA | {"properties": SCHEMA["properties"] | {"name": {"x-classification": "personal"}}}
        self.env.registry.clear_cache()
        self.assertEqual(self.seen(self.operator)["name"], MASK)
