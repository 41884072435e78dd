from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import HubCase

RULE = {
    "code": "test_customer",
    "name": "Customers",
    "description": "Companies that we sell to.",
    "model": "res.partner",
    "object": "customer",
    "event_type": "customer.changed",
    "trigger": {"create": True, "write": True, "archive": False, "unlink": True},
    "domain": [["is_company", "=", True]],
    "watch": ["vat"],
    "systems": ["test_crm", "not_connected"],
    "priority": 30,
    "coalesce": True,
    "requires": [{"model": "res.partner", "field": "vat"}],
}


@tagged("post_install", "-at_install")
class TestRuleInstall(HubCase):
    """DES-04: starter rules are installed with one button, for what this database has."""

    def publish(self, *rules):
        objects = [
            {"object": "customer", "title": "Customer", "model": "res.partner", "version": 1, "paths": ["name", "vat"]}
        ]
        self.env["integration.catalogue"].sudo().publish({"objects": objects, "systems": [], "rules": list(rules)})

    def wizard(self):
        mapper = self.env.ref("base.user_admin")
        return self.env["integration.rule.install"].with_user(mapper).create({})

    def installed(self):
        return self.env["integration.rule"].with_context(active_test=False).search([("code", "=like", "test_%")])

    def test_a_starter_rule_becomes_a_rule_that_works(self):
        self.publish(RULE)
        self.rule.active = False
        self.wizard().action_install()
        rule = self.installed()
        self.assertEqual(
            (
                rule.name,
                rule.model,
                rule.object,
                rule.event_type,
                rule.priority,
                rule.on_archive,
                rule.follow_mapping,
                rule.system_ids,
            ),
            ("Customers", "res.partner", "customer", "customer.changed", 30, False, True, self.crm),
        )
        self.assertEqual(rule.watched_field_ids.mapped("name"), ["vat"])
        self.commit()
        self.company(vat="BE0477472701")
        self.assertEqual(self.the_event().rule_id, rule)

    def test_a_starter_rule_may_be_for_linked_records_only(self):
        self.publish(RULE | {"linkedOnly": True})
        self.wizard().action_install()
        self.assertTrue(self.installed().linked_only)
        self.assertTrue(self.installed()._as_content()["linkedOnly"])

    def test_installing_again_doubles_nothing_and_keeps_what_people_changed(self):
        self.publish(RULE)
        self.wizard().action_install()
        self.installed().write({"name": "Our customers", "active": False})
        wizard = self.wizard()
        self.assertEqual((wizard.line_ids.installed, wizard.line_ids.selected), (True, False))
        wizard.line_ids.selected = True
        with self.assertRaisesRegex(UserError, "not installed yet"):
            wizard.action_install()
        self.assertEqual(self.installed().mapped("name"), ["Our customers"])

    def test_rules_for_models_or_fields_that_are_missing_are_not_offered(self):
        self.publish(
            RULE,
            RULE | {"code": "test_no_model", "model": "no.such.model", "requires": []},
            RULE | {"code": "test_no_field", "requires": [{"model": "res.partner", "field": "no_such_field"}]},
        )
        self.assertEqual(self.wizard().line_ids.mapped("code"), ["test_customer"])

    def test_unselected_rules_are_left_alone(self):
        self.publish(RULE, RULE | {"code": "test_other"})
        wizard = self.wizard()
        wizard.line_ids.filtered(lambda line: line.code == "test_other").selected = False
        wizard.action_install()
        self.assertEqual(self.installed().mapped("code"), ["test_customer"])

    def test_before_the_sidecar_has_published_the_wizard_says_so(self):
        self.env["integration.catalogue"].sudo().publish({})
        self.assertIn("not published any starter rules", self.wizard().problem)
