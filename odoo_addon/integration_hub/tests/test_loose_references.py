from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestLooseReferences(HubCase):
    """PERF-01: rows of the queue have no foreign keys, and what they point at is deleted as if they had."""

    def setUp(self):
        super().setUp()
        self.company()
        self.event = self.the_event()
        self.delivery = self.event.delivery_ids

    def test_rows_that_users_insert_have_no_foreign_keys(self):
        self.env.cr.execute(
            """
            SELECT conrelid::regclass::text, a.attname FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
            WHERE c.contype = 'f' AND a.attname NOT IN ('create_uid', 'write_uid')
                AND conrelid::regclass::text IN ('integration_event', 'integration_event_payload',
                    'integration_delivery', 'integration_attempt', 'integration_link')
            """
        )
        self.assertFalse(self.env.cr.fetchall())

    def test_a_system_with_a_history_is_archived_and_not_deleted(self):
        with self.assertRaisesRegex(UserError, "Archive"):
            self.delivery.system_id.unlink()
        self.assertTrue(self.delivery.system_id.exists())

    def test_a_deleted_rule_is_forgotten_by_its_events(self):
        self.assertEqual(self.event.rule_id, self.rule)
        self.rule.unlink()
        self.assertFalse(self.event.rule_id)
        self.assertTrue(self.event.exists())

    def test_a_deleted_event_takes_its_payload_and_deliveries_with_it(self):
        payload = self.event.payload_ids
        self.assertTrue(payload)
        self.event.sudo().unlink()
        self.assertFalse(self.delivery.exists())
        self.assertFalse(payload.exists())

    def test_a_deleted_user_is_forgotten(self):
        user = self.env["res.users"].create({"name": "Gone soon", "login": "gone-soon"})
        self.env.cr.execute("UPDATE integration_event SET user_id = %s WHERE id = %s", [user.id, self.event.id])
        self.event.invalidate_recordset()
        user.unlink()
        self.assertFalse(self.event.user_id)
