from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.mappings.schema_fields import open_prefixes, schema_fields
from .artifact_case import PATH, ArtifactCase

COMMON = {
    "$id": "hub:canonical/common/1",
    "$defs": {
        "person": {
            "type": ["object", "null"],
            "properties": {"email": {"type": ["string", "null"], "description": "Address."}},
        },
    },
}
CUSTOMER = {
    "$id": "hub:canonical/customer/1",
    "title": "Customer",
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "x-classification": "internal"},
        "vat": {"type": ["string", "null"], "x-classification": "commercial"},
        "owner": {"$ref": "hub:canonical/common/1#/$defs/person", "x-classification": "personal"},
        "since": {"type": ["string", "null"], "format": "date"},
        "lines": {
            "type": "array",
            "items": {"type": "object", "required": ["id"], "properties": {"id": {"type": "number"}}},
        },
    },
}
DOCUMENT = {
    "title": "What the CRM takes as a company",
    "type": "object",
    "additionalProperties": False,
    "required": ["properties"],
    "properties": {
        "properties": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "stage": {"enum": ["new", "old"]}},
            "additionalProperties": {"type": "string"},
        },
    },
}
MAPPING = {
    "title": "Customer to company",
    "version": 1,
    "source": {"object": "customer", "version": 1},
    "target": {"type": "company"},
    "lines": [
        {"to": "properties.name", "from": "name"},
        {"to": "properties.tax", "from": "vat"},
        {"to": "properties.origin", "const": "Odoo"},
    ],
}


@tagged("post_install", "-at_install")
class TestSchemaFields(ArtifactCase):
    def fields(self, schema):
        found = schema_fields(schema, {COMMON["$id"]: COMMON}.get)
        return {field["path"]: field for field in found}

    def test_fields_of_parts_and_of_lists_are_found_with_type_class_and_need(self):
        fields = self.fields(CUSTOMER)
        self.assertEqual(
            sorted(fields), ["lines", "lines.id", "name", "owner", "owner.email", "since", "vat"], "every field once"
        )
        self.assertTrue(fields["name"]["required"])
        self.assertEqual(fields["since"]["type"], "date")
        self.assertEqual((fields["owner"]["type"], fields["owner.email"]["type"]), ("object", "text"))
        self.assertEqual(fields["owner.email"]["classification"], "personal", "as the part it is in")
        self.assertEqual((fields["lines"]["type"], fields["lines"]["items"]), ("list", "object"))
        self.assertEqual(fields["lines.id"]["list"], "lines")
        self.assertFalse(fields["lines.id"]["required"], "an item's own need is none of the object's")

    def test_a_field_is_needed_only_where_all_around_it_is(self):
        optional = DOCUMENT | {"required": []}
        self.assertTrue(self.fields(DOCUMENT)["properties.name"]["required"])
        self.assertFalse(self.fields(optional)["properties.name"]["required"])

    def test_where_further_fields_are_taken(self):
        self.assertEqual(open_prefixes(DOCUMENT, lambda _id: None), ["properties."])

    def test_a_schema_that_contains_itself_ends(self):
        loop = {"type": "object", "properties": {"inner": {"$ref": "#"}}}
        self.assertIn("inner.inner", self.fields(loop))


@tagged("post_install", "-at_install")
class TestMappingEditor(ArtifactCase):
    """What the editor and the preview are told (MAP-04, MAP-12, SEC-06)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["integration.catalogue"].search([]).unlink()
        entries = [
            ("schema", "customer/1", CUSTOMER),
            ("schema", "common/1", COMMON),
            ("document", "test_crm/company", DOCUMENT),
            ("file", PATH, MAPPING),
            ("file", "systems/test_crm/tables/stages.json", {"title": "Stages", "entries": [{"from": "a", "to": "b"}]}),
            ("object", "customer", {"object": "customer", "model": "res.partner", "paths": ["name"]}),
            ("rule", "customer_changed", {"object": "customer", "domain": [["is_company", "=", True]]}),
            (
                "system",
                "test_crm",
                {"connector": "test_crm", "objects": ["customer"], "types": {"customer": "company"}},
            ),
            ("language", "mapping", {"functions": [{"name": "trim", "description": "Trims.", "arguments": []}]}),
        ]
        cls.env["integration.catalogue"].create(
            [
                {
                    "kind": kind,
                    "code": code,
                    "title": content.get("title") or code,
                    "model": content.get("model") or ("res.partner" if kind == "rule" else False),
                    "content": content,
                }
                for kind, code, content in entries
            ]
        )
        cls.company = cls.env["res.partner"].create({"name": "Acme", "is_company": True, "vat": "BE0477472701"})

    def test_the_editor_is_told_both_sides_the_tables_and_what_can_be_linked(self):
        info = self.draft(MAPPING).editor_info()
        self.assertEqual((info["source"]["kind"], info["source"]["title"]), ("canonical", "Customer"))
        targets = {field["path"]: field for field in info["target"]["fields"]}
        self.assertTrue(targets["properties.name"]["required"])
        self.assertIn("properties.tax", targets, "what the mapping fills is a target, named by the schema or not")
        self.assertEqual(info["target"]["open"], ["properties."])
        self.assertEqual([table["name"] for table in info["tables"]], ["stages"])
        self.assertIn("1 values", info["tables"][0]["description"])
        self.assertEqual([kind["type"] for kind in info["types"]], ["company"])
        self.assertEqual(info["preview"]["model"], "res.partner")
        self.assertEqual(info["preview"]["domain"], [["is_company", "=", True]])
        self.assertEqual(info["active"], MAPPING, "nothing was changed yet: the shipped file counts")

    def test_fields_of_odoo_behind_relations_that_the_mapping_follows_are_there(self):
        content = {
            "source": {"model": "res.partner"},
            "target": {"object": "customer", "version": 1},
            "lines": [{"to": "vat", "from": "parent_id.vat"}],
        }
        artifact = self.make_artifact("odoo/customer.json")
        info = self.draft(content, artifact=artifact).editor_info()
        fields = {field["path"]: field for field in info["source"]["fields"]}
        self.assertEqual(fields["parent_id.vat"]["classification"], "commercial", "as what is made of it")
        self.assertNotIn("country_id.code", fields)
        self.assertNotIn("image_1920", fields, "files are never captured")
        behind = self.env["integration.artifact.version"].editor_fields("res.partner", "child_ids")
        self.assertEqual({field["list"] for field in behind}, {"child_ids"})

    def test_the_way_into_odoo_has_its_two_sides_as_well(self):
        content = {
            "source": {"object": "customer", "version": 1},
            "target": {"model": "res.partner"},
            "lines": [{"to": "values.name", "from": "name"}],
        }
        artifact = self.make_artifact("odoo/in/customer.json")
        self.assertTrue(artifact.incoming)
        info = self.draft(content, artifact=artifact).editor_info()
        self.assertEqual((info["source"]["kind"], info["target"]["kind"]), ("canonical", "odoo"))
        targets = {field["path"]: field for field in info["target"]["fields"]}
        self.assertEqual(targets["values.phone"]["type"], "text")
        self.assertNotIn("values.display_name", targets, "nobody can write it")

        content = {
            "source": {"type": "company"},
            "target": {"object": "customer", "version": 1},
            "lines": [{"to": "name", "from": "properties.title"}],
        }
        artifact = self.make_artifact("systems/test_crm/mappings/in/customer.json")
        info = self.draft(content, artifact=artifact).editor_info()
        source = {field["path"]: field["type"] for field in info["source"]["fields"]}
        self.assertEqual((source["properties"], source["properties.title"]), ("object", "any"), "inside its group")
        self.assertTrue({field["path"]: field for field in info["target"]["fields"]}["name"]["required"])

    def test_a_check_that_nobody_answers_stops_nobody_from_working(self):
        version = self.draft(MAPPING)
        self.sidecar_runs = False
        self.assertIn("did not answer", version.editor_check(MAPPING)["unanswered"])

    def test_a_check_is_of_what_stands_in_the_editor(self):
        version = self.draft(MAPPING)
        changed = MAPPING | {"lines": []}
        version.editor_check(changed)
        (kind, request) = self.asked[-1]
        self.assertEqual((kind, request["path"], request["overlay"][PATH]), ("check", PATH, changed))
        self.assertEqual(version.content, MAPPING)

    def test_a_preview_reads_what_this_version_needs_and_nothing_else(self):
        self.capture("name", "vat")
        self.events()  # those of the company's own creation
        preview = self.draft(MAPPING, user=self.confidant()).editor_preview(MAPPING, self.company.id, "test_crm")
        self.assertEqual(preview["snapshot"]["vat"], "BE0477472701")
        self.assertNotIn("email", preview["snapshot"])
        request = self.asked[-2][1]
        self.assertEqual((request["lane"], request["system"]), (f"res.partner,{self.company.id}", "test_crm"))
        self.assertFalse(self.events(), "nothing is captured by looking")

    def test_a_mapping_with_problems_is_not_previewed(self):
        version = self.draft(MAPPING)
        with self.refusing():
            preview = version.editor_preview(MAPPING, self.company.id, "test_crm")
        self.assertTrue(preview["refused"])
        self.assertEqual([kind for kind, _request in self.asked], ["check"])

    def test_confidential_values_are_hidden_from_whoever_is_not_in_the_group(self):
        self.make_artifact("odoo/customer.json")
        version = self.draft(MAPPING)
        self.capture("name", "vat")
        self.answer |= {
            "canonical": {"name": "Acme", "vat": "BE1", "owner": {"email": "ann@example.com"}},
            "document": {"properties": {"name": "Acme", "tax": "BE1", "origin": "Odoo"}},
            "current": {"origin": "Odoo", "tax": "BE0", "other": "x"},
            "differences": [{"path": "tax", "now": "BE0", "then": "BE1"}],
        }
        preview = version.editor_preview(MAPPING, self.company.id, "test_crm")
        self.assertTrue(preview["masked"])
        self.assertNotIn("BE", str(preview["snapshot"].get("vat")))
        self.assertEqual(preview["canonical"], {"name": "Acme", "vat": "•••", "owner": {"email": "•••"}})
        self.assertEqual(preview["document"]["properties"], {"name": "Acme", "tax": "•••", "origin": "Odoo"})
        self.assertEqual(preview["current"], {"origin": "Odoo", "tax": "•••", "other": "•••"})
        self.assertEqual(preview["differences"], [{"path": "tax", "now": "•••", "then": "•••"}])
        self.assertEqual(self.asked[-2][1]["record"]["vat"], "BE0477472701", "the sidecar works with the real one")

    def test_only_mapping_administrators_ask_and_only_of_records_they_may_read(self):
        version = self.draft(MAPPING)
        with self.assertRaises(AccessError):
            version.with_user(self.operator).editor_check(MAPPING)
        with self.assertRaises(AccessError):
            version.with_user(self.operator).editor_preview(MAPPING, self.company.id, "test_crm")
        other = self.env["res.company"].create({"name": "Other firm"})
        hidden = self.env["res.partner"].create({"name": "Theirs", "is_company": True, "company_id": other.id})
        with self.assertRaises(AccessError):
            version.editor_preview(MAPPING, hidden.id, "test_crm")

    def confidant(self):
        return self.person(
            "hub_artifact_confidant", "integration_hub.group_mapping", "integration_hub.group_confidential"
        )
