from contextlib import closing
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.sql_db import db_connect
from odoo.tests import tagged

from ..models.capture.cache import CHANGES
from .common import HubCase


@tagged("post_install", "-at_install")
class TestRules(HubCase):
    """DES-04: an administrator makes rules without code, and mistakes are named."""

    def test_a_payload_path_that_does_not_exist_is_named(self):
        for path, said in (
            ("nonsense", "res.partner has no field “nonsense”"),
            ("parent_id.nonsense", "res.partner has no field “nonsense”"),
            ("name.length", "“name” does not lead to another record"),
            ("image_1920", "never captured"),
        ):
            with self.subTest(path), self.assertRaisesRegex(ValidationError, said):
                self.rule.payload_fields = f"name\n{path}"

    def test_a_domain_with_an_unknown_field_is_refused_with_its_name(self):
        with self.assertRaisesRegex(ValidationError, "nonsense"):
            self.rule.domain = "[('nonsense', '=', 1)]"

    def test_a_domain_that_is_code_is_refused(self):
        for domain in ("[('name', '=', __import__('os').name)]", "[('name', '=', 1", "lambda: []"):
            with self.subTest(domain), self.assertRaises(ValidationError):
                self.rule.domain = domain

    def test_a_watched_field_of_another_model_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "res.company"):
            self.rule.watched_field_ids = self.env["ir.model.fields"]._get("res.company", "name")

    def test_the_hubs_own_models_cannot_be_captured(self):
        with self.assertRaises(ValidationError):
            self.rule.model_id = self.env["ir.model"]._get("integration.delivery")

    def test_a_rule_without_a_trigger_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "never fires"):
            self.rule.write({"on_create": False, "on_write": False, "on_archive": False, "on_unlink": False})

    def test_a_rule_that_follows_a_mapping_captures_what_the_mapping_reads(self):
        self.rule.follow_mapping = True
        company = self.committed(self.company())
        self.assertIn("published no mapping", self.rule.problem)
        company.email = "a@example.com"
        self.assertFalse(self.events(), "nothing is mapped yet, so nothing may leave")

        self.publish("email", "parent_id.vat", "no_such_field")
        self.rule.invalidate_recordset(["effective_paths", "problem"])
        self.assertEqual(self.rule.effective_paths, "email\nparent_id.vat")
        self.assertEqual(self.rule.problem, "Not in this database: no_such_field.")
        company.email = "b@example.com"
        self.assertEqual(self.the_event().changed_fields, "email")
        company.phone = "1"
        self.assertFalse(self.events(), "phone is not mapped")

        self.publish("phone")
        company.phone = "2"
        self.assertEqual(self.the_event().changed_fields, "phone")

    def test_a_request_that_does_not_see_a_changed_rule_keeps_what_it_sees_to_itself(self):
        # Requests run beside each other in a process without workers. The first here only reads, and began long ago.
        name = self.env.cr.dbname
        with closing(db_connect(name).cursor()) as beside, closing(db_connect(name).cursor()) as change:
            beside.execute("SELECT count(*) FROM integration_rule")
            change.execute("SELECT txid_current()")
            self.enterContext(patch.dict(CHANGES, {name: [change.fetchone()[0]]}))
            self.assertFalse(self.keeps(beside), "the change is not committed yet")
            change.commit()
            self.assertFalse(self.keeps(beside), "it was, after this request began")
            self.assertTrue(self.keeps(change))

    def test_what_a_request_makes_of_its_own_change_is_nobody_elses_before_it_is_committed(self):
        self.rule.name = "Another"
        of_change = self.env["integration.rule"]._capture_plans()
        self.assertIs(self.env["integration.rule"]._capture_plans(), of_change)
        with closing(db_connect(self.env.cr.dbname).cursor()) as beside:
            rules = self.env["integration.rule"].with_env(self.env(cr=beside))
            self.assertIsNot(rules._capture_plans(), of_change)

    def keeps(self, cr):
        """Whether others get what a request with this cursor made of the rules."""
        self.env.registry.clear_cache()
        rules = self.env["integration.rule"].with_env(self.env(cr=cr))
        first = rules._capture_plans()
        return rules._capture_plans() is first

    def test_what_is_kept_is_made_anew_once_a_change_is_committed(self):
        self.rule.name = "Another"
        read_meanwhile = self.env["integration.rule"]._capture_plans()
        self.env.cr.postcommit.run()
        self.addCleanup(CHANGES[self.env.cr.dbname].pop)
        self.assertIsNot(self.env["integration.rule"]._capture_plans(), read_meanwhile)

    def publish(self, *paths):
        entry = {"object": "customer", "title": "Customer", "model": "res.partner", "version": 1, "paths": list(paths)}
        self.env["integration.catalogue"].sudo().publish({"objects": [entry], "systems": [], "rules": []})
