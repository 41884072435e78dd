from odoo.addons.integration_hub import uninstall_hook
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestUninstall(HubCase):
    """DEP-06: uninstalling leaves nothing behind."""

    def test_the_hook_drops_functions_and_settings(self):
        self.env["ir.config_parameter"].set_param("integration_hub.capture_failure", "log")
        uninstall_hook(self.env)
        self.env.cr.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'integration%'")
        self.assertFalse(self.env.cr.fetchall())
        self.assertFalse(self.env["ir.config_parameter"].search([("key", "=like", "integration_hub.%")]))

    def test_every_table_belongs_to_a_model_that_uninstalling_drops(self):
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables "
            "WHERE tablename LIKE 'integration\\_%' OR tablename LIKE '%\\_integration\\_%'"
        )
        tables = {row[0] for row in self.env.cr.fetchall()}
        modelled = {model._table for name, model in self.registry.items() if name.startswith("integration.")}
        relations = {
            field.relation
            for model in self.registry.values()
            for field in model._fields.values()
            if field.type == "many2many" and field.store
        }
        self.assertTrue(tables)
        self.assertFalse(tables - modelled - relations)
