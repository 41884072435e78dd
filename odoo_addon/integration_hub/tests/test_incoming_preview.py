from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .artifact_case import ArtifactCase
from .inbound_case import InboundCase

SCHEMA = {
    "$id": "hub:canonical/customer/1",
    "properties": {
        "id": {"x-classification": "internal"},
        "name": {"x-classification": "internal"},
        "phone": {"x-classification": "personal"},
        "reference": {"x-classification": "internal"},
    },
}
FROM_CRM = {
    "source": {"type": "company"},
    "target": {"object": "customer", "version": 1},
    "lines": [
        {"to": "id", "from": "id"},
        {"to": "name", "from": "title"},
        {"to": "phone", "from": "tel"},
    ],
}
INTO_ODOO = {
    "source": {"object": "customer", "version": 1},
    "target": {"model": "res.partner"},
    "lines": [
        {"to": "values.name", "from": "name"},
        {"to": "values.phone", "from": "phone"},
        {"to": "values.ref", "from": "reference"},
        {"to": "values.is_company", "const": True},
    ],
}
PATH = "systems/test/mappings/in/customer.json"


@tagged("post_install", "-at_install")
class TestIncomingPreview(ArtifactCase, InboundCase):
    """What another system's record would become in Odoo is seen before a mapping counts, by whom it may (SEC-06,
    OWN-02, GOV-02), and nothing of it stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["integration.catalogue"].search([]).unlink()
        cls.env["integration.catalogue"].create(
            [
                {"kind": kind, "code": code, "title": code, "content": content}
                for kind, code, content in (
                    ("schema", "customer/1", SCHEMA),
                    ("file", PATH, FROM_CRM),
                    ("file", "odoo/in/customer.json", INTO_ODOO),
                    ("system", "test_crm", {"connector": "test", "objects": []}),
                    ("system", "test_psa", {"connector": "other", "objects": []}),
                )
            ]
        )
        cls.env["integration.artifact"].sudo()._from_catalogue()
        cls.from_crm = cls.env["integration.artifact"].search([("path", "=", PATH)])
        cls.into_odoo = cls.env["integration.artifact"].search([("path", "=", "odoo/in/customer.json")])
        cls.trusted = cls.person(
            "hub_preview_trusted", "integration_hub.group_mapping", "integration_hub.group_confidential"
        )

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()  # the trial works in a cursor of its own

    def version(self, user=None, artifact=None, content=None):
        artifact = artifact or self.from_crm
        return self.draft(content or artifact._content(), user=user or self.trusted, artifact=artifact)

    def look(self, values=None, user=None, version=None, id_="7", **given):
        """What the person is shown of a company that the sidecar says it has read."""
        values = {"name": "Acme", "is_company": True, "phone": "+32 2 1"} if values is None else values
        self.answer = {
            "found": True,
            "id": id_,
            "type": "company",
            "record": {"id": id_, "title": "Acme", "tel": "+32 2 1", "salary": 100},
            "canonical": {"id": f"test:company,{id_}", "name": "Acme", "phone": "+32 2 1"},
            "document": {"model": "res.partner", "values": values},
            "problems": [],
            "active": None,
            "item": self.item(id_, values) | given.pop("item", {}),
        } | given
        version = version or self.version(user)
        self.env.flush_all()
        return version.with_user(user or self.trusted).editor_preview_incoming(version.content, id_, "test_crm")

    def fields(self, preview):
        return {row["field"]: row for row in preview["fields"]}

    def test_the_editor_is_told_from_which_systems_it_comes(self):
        preview = self.version().editor_info()["preview"]
        self.assertTrue(preview["incoming"])
        self.assertEqual(preview["model"], "res.partner")
        self.assertEqual(preview["systems"], [self.of_crm()], "the other connector has no such mapping")
        self.assertEqual(self.version(artifact=self.into_odoo).editor_info()["preview"]["systems"], [self.of_crm()])

    def of_crm(self):
        return {"code": "test_crm", "name": "Test CRM", "id": self.crm.id, "type": "company"}

    def test_the_sidecar_is_asked_under_what_stands_in_the_editor_and_what_counts(self):
        changed = FROM_CRM | {"lines": FROM_CRM["lines"][:2]}
        self.look(version=self.version(content=changed))
        (kind, request) = self.asked[-1]
        self.assertEqual((kind, request["system"], request["id"]), ("preview_incoming", "test_crm", "7"))
        self.assertEqual((request["overlay"][PATH], request["in_force"][PATH]), (changed, FROM_CRM))

    def test_a_new_record_is_shown_with_what_it_would_get_and_is_not_made(self):
        preview = self.look()
        self.assertEqual((preview["outcome"]["state"], preview["outcome"]["created"]), ("delivered", True))
        self.assertIsNone(preview["linked"])
        self.assertEqual(self.fields(preview)["phone"]["then"], "+32 2 1")
        self.assertFalse(self.link("7"))
        self.assertFalse(self.env["integration.delivery"].search([("lane", "=", "in:company,7")]))
        self.assertFalse(self.env["res.partner"].search([("phone", "=", "+32 2 1")]))

    def test_a_linked_record_is_shown_with_what_odoo_holds_now_beside_what_it_would_become(self):
        record = self.linked("7", phone="+32 2 0")
        preview = self.look({"name": "Company 7", "is_company": True, "phone": "+32 2 1"})
        self.assertEqual(preview["linked"], {"model": "res.partner", "id": record.id, "name": record.display_name})
        phone, name = self.fields(preview)["phone"], self.fields(preview)["name"]
        self.assertEqual((phone["now"], phone["then"], phone["changes"]), ("+32 2 0", "+32 2 1", True))
        self.assertFalse(name["changes"])
        self.assertEqual(record.phone, "+32 2 0", "looking writes nothing")
        self.assertFalse(self.events(), "nothing is captured by looking")
        again = self.look({"name": "Company 7", "is_company": True, "phone": "+32 2 0"})
        self.assertTrue(again["outcome"]["unchanged"])

    def test_a_field_that_another_owns_stays_and_its_rule_is_named(self):
        self.linked("7", phone="+32 2 0")
        refused = {"not_owned": {"phone": {"owner": "odoo", "rule": "customer.phone", "reason": "Odoo owns phones."}}}
        preview = self.look({"name": "New", "is_company": True, "phone": "+32 2 1"}, item=refused)
        self.assertEqual(self.fields(preview)["phone"]["refused"], "Odoo owns phones.")
        self.assertIsNone(self.fields(preview)["name"]["refused"])
        self.assertEqual(preview["outcome"]["error"]["code"], "not_owner")

    def test_a_value_that_odoo_does_not_know_is_named_at_its_field_and_the_others_are_shown_all_the_same(self):
        country = {"$find": {"model": "res.country", "by": {"code": "QQ"}}}
        parent = {"$record": "test_crm:company,99"}
        preview = self.look({"name": "Acme", "country_id": country, "parent_id": parent})
        rows = self.fields(preview)
        self.assertIn("QQ", rows["country_id"]["problem"])
        self.assertIn("company 99", rows["parent_id"]["problem"])
        self.assertEqual(rows["name"]["then"], "Acme")
        self.assertTrue(preview["outcome"]["error"])

    def test_a_record_that_is_gone_there_says_what_would_become_of_its_like_in_odoo(self):
        record = self.linked("7")
        gone = {"found": False, "record": None, "canonical": None, "document": None}
        item = {"operation": "gone", "canonical": {}, "document": {"model": "res.partner", "values": {}}}
        preview = self.look(item=item, **gone)
        self.assertEqual((preview["found"], preview["linked"]["id"]), (False, record.id))
        self.assertTrue(record.active)
        self.assertIsNone(self.look(id_="8", item=item, **gone)["linked"])

    def test_a_mapping_that_does_not_compile_is_refused_with_the_place(self):
        version = self.version()
        self.answer = {"refused": True, "problems": [{"path": PATH, "pointer": "lines[0]", "reason": "No.", "fix": ""}]}
        preview = version.editor_preview_incoming(FROM_CRM, "7", "test_crm")
        self.assertEqual((preview["refused"], preview["problems"][0]["pointer"]), (True, "lines[0]"))

    def test_confidential_values_are_hidden_from_whoever_is_not_in_the_group(self):
        self.linked("7", phone="+32 2 0")
        preview = self.look(user=self.ann)
        self.assertTrue(preview["masked"])
        self.assertEqual(preview["record"], {"id": "7", "title": "Acme", "tel": "•••", "salary": "•••"})
        self.assertEqual(preview["canonical"], {"id": "test:company,7", "name": "Acme", "phone": "•••"})
        rows = self.fields(preview)
        self.assertEqual((rows["phone"]["now"], rows["phone"]["then"]), ("•••", "•••"))
        self.assertEqual(rows["name"]["then"], "Acme")
        for hidden in ("+32", "100"):
            self.assertNotIn(hidden, str(preview))

    def test_a_draft_does_not_show_a_confidential_value_as_something_else(self):
        line = {"to": "reference", "from": "tel"}
        version = self.version(self.ann, content=FROM_CRM | {"lines": [*FROM_CRM["lines"], line]})
        canonical = {"id": "test:company,7", "name": "Acme", "reference": "+32 2 1"}
        preview = self.look({"name": "Acme", "ref": "+32 2 1"}, user=self.ann, version=version, canonical=canonical)
        self.assertEqual((preview["canonical"]["reference"], self.fields(preview)["ref"]["then"]), ("•••", "•••"))
        problem = {
            "kind": "data",
            "code": "value_unknown",
            "field": "t.json#+32 2 1",
            "message": "“+32 2 1” is unknown.",
        }
        preview = self.look(user=self.ann, version=version, problems=[problem])
        self.assertNotIn("+32", str(preview))

    def test_only_mapping_administrators_look_and_only_at_what_they_may_read(self):
        version = self.version()
        with self.assertRaises(AccessError):
            version.with_user(self.operator).editor_preview_incoming(FROM_CRM, "7", "test_crm")
        record = self.linked("7")
        record.company_id = self.env["res.company"].create({"name": "Other firm"})
        with self.assertRaises(AccessError):
            self.look()

    def test_what_stands_in_the_way_is_said_in_words(self):
        version = self.version()
        with self.assertRaisesRegex(UserError, "id"):
            version.editor_preview_incoming(FROM_CRM, "  ", "test_crm")
        with self.assertRaisesRegex(UserError, "Nothing of this system"):
            version.editor_preview_incoming(FROM_CRM, "7", "test_psa")
        self.crm.write({"state": "paused", "pause_reason": "Month end"})
        with self.assertRaisesRegex(UserError, "paused .Month end."):
            version.editor_preview_incoming(FROM_CRM, "7", "test_crm")
        self.assertFalse(self.asked, "nothing of that is asked there")
        self.crm.write({"state": "active"})
        self.crm.api_user_id = False
        self.assertEqual(self.look()["outcome"]["error"]["code"], "inbound_no_user")
