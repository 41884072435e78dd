from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestContract(HubCase):
    """SEC-12: the contract's functions are the only door, and an update does not change who holds the key."""

    def functions(self, schema="integration_hub"):
        self.env.cr.execute(
            "SELECT p.oid::regprocedure::text, p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = %s",
            [schema],
        )
        return dict(self.env.cr.fetchall())

    def may(self, role, oid):
        self.env.cr.execute("SELECT has_function_privilege(%s, %s::oid, 'EXECUTE')", [role, oid])
        return self.env.cr.fetchone()[0]

    def test_every_function_has_a_fixed_search_path(self):
        self.env.cr.execute(
            """
            SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname LIKE 'integration\\_hub%'
                AND NOT coalesce(p.proconfig::text LIKE '%search_path=pg_catalog, pg_temp%', false)
            """
        )
        self.assertFalse(self.env.cr.fetchall())

    def test_nobody_may_execute_them_without_a_grant(self):
        for schema in ("integration_hub", "integration_hub_private"):
            functions = self.functions(schema)
            self.assertTrue(functions, schema)
            for name, oid in functions.items():
                self.assertFalse(self.may("pg_monitor", oid), name)

    def test_an_update_keeps_grants_and_drops_functions_that_are_no_longer_there(self):
        self.env.cr.execute("GRANT USAGE ON SCHEMA integration_hub TO pg_monitor")
        self.env.cr.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA integration_hub TO pg_monitor")
        self.env.cr.execute(
            "CREATE FUNCTION integration_hub.reap(old_argument int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
        )
        before = self.functions()
        self.env["integration.contract"]._install_contract()
        after = self.functions()
        self.assertEqual(set(before) - set(after), {"integration_hub.reap(integer)"})
        for name, oid in after.items():
            self.assertTrue(self.may("pg_monitor", oid), name)
        self.env.cr.execute("SELECT has_schema_privilege('pg_monitor', 'integration_hub', 'USAGE')")
        self.assertTrue(self.env.cr.fetchone()[0])
        for name, oid in self.functions("integration_hub_private").items():
            self.assertFalse(self.may("pg_monitor", oid), name)

    def test_an_update_keeps_the_data(self):
        self.company()
        events = self.events()
        self.env["integration.contract"]._install_contract()
        self.assertEqual(events.exists(), events)

    def test_the_indexes_that_the_functions_rely_on_are_there(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'integration_delivery'")
        found = [row[0].split(" USING btree ")[1] for row in self.env.cr.fetchall()]
        for start in (
            "(system_id, priority, id) WHERE",
            "(system_id, next_attempt_at) WHERE",
            "(system_id, lane, id) WHERE",
            "(system_id, wait_for) WHERE",
            "(lease_until) WHERE",
            "(event_id)",
            "(model, res_id)",
        ):
            self.assertTrue([index for index in found if index.startswith(start)], start)
