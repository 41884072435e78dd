from pathlib import Path

from odoo import models
from odoo.tools import SQL, file_path

SCHEMAS = ("integration_hub", "integration_hub_private")  # the contract, and its building blocks that nobody may call


class IntegrationContract(models.AbstractModel):
    """Installs the queue contract: the SQL functions through which a sidecar claims and settles deliveries.

    `sql/` holds one function a file. They run in the order of their names, on install and on every update, in the
    update's own transaction. Roles that were granted the contract before an update have it afterwards.
    """

    _name = "integration.contract"
    _description = "Installer of the queue contract"

    def init(self):
        # Once all tables and columns exist: the functions name them.
        self.pool.post_init(self._install_contract)

    def _install_contract(self):
        cr = self.env.cr
        roles = self._granted_roles()
        self._drop_functions()
        for file in sorted(Path(file_path("integration_hub/sql")).glob("*.sql")):
            cr.execute(file.read_text(encoding="utf-8"))
        for schema in SCHEMAS:
            cr.execute(SQL("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %s FROM PUBLIC", SQL.identifier(schema)))
        for role in roles:
            cr.execute(SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA integration_hub TO %s", SQL.identifier(role)))

    def _granted_roles(self):
        """Roles that may execute a function of the contract, its owner aside."""
        self.env.cr.execute(
            """
            SELECT DISTINCT r.rolname
            FROM pg_proc p
            JOIN pg_namespace n ON n.oid = p.pronamespace
            CROSS JOIN LATERAL aclexplode(p.proacl) AS acl
            JOIN pg_roles r ON r.oid = acl.grantee
            WHERE n.nspname = 'integration_hub' AND acl.privilege_type = 'EXECUTE' AND acl.grantee <> p.proowner
            ORDER BY r.rolname
            """
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _drop_functions(self):
        """Replacing would leave an overload behind where arguments changed, and fail where an answer changed. A trigger
        goes with its function, and comes back with it."""
        cr = self.env.cr
        cr.execute(
            """
            SELECT format(
                'DROP FUNCTION %I.%I(%s) CASCADE', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)
            )
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname IN ('integration_hub', 'integration_hub_private')
            """
        )
        for (statement,) in cr.fetchall():
            cr.execute(statement)
