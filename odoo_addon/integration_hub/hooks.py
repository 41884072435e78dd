"""Steps around installing and removing the addon."""


def uninstall_hook(env):
    """Leave nothing behind: Odoo drops the tables, this drops the functions that read them and the settings."""
    env.cr.execute("DROP SCHEMA IF EXISTS integration_hub CASCADE")
    env.cr.execute("DROP SCHEMA IF EXISTS integration_hub_private CASCADE")
    env["ir.config_parameter"].sudo().search([("key", "=like", "integration_hub.%")]).unlink()
