from odoo.tests import tagged

from .common import HubCase


class Undo(Exception):
    pass


@tagged("post_install", "-at_install")
class TestCaptureSavepoints(HubCase):
    """DES-01: what is rolled back leaves no event, and a flushing savepoint (which runs precommit hooks early)
    doubles none."""

    def test_a_rolled_back_change_leaves_no_event(self):
        company = self.committed(self.company(phone="1"))
        with self.assertRaises(Undo), self.env.cr.savepoint():
            company.phone = "2"
            self.env.cr.flush()
            raise Undo
        self.assertFalse(self.events())

    def test_a_change_judged_early_and_changed_again_stays_one_event(self):
        company = self.committed(self.company(phone="1"))
        company.phone = "2"
        with self.env.cr.savepoint():
            company.phone = "3"
        company.phone = "4"
        event = self.the_event()
        self.assertEqual(self.payload(event)["record"]["phone"], "4")
        self.assertEqual(self.payload(event)["before"], {"phone": "1"})
        self.assertEqual(len(event.delivery_ids), 2)

    def test_a_change_judged_early_and_written_back_leaves_no_event(self):
        company = self.committed(self.company(phone="1"))
        company.phone = "2"
        self.env.cr.flush()
        company.phone = "1"
        self.assertFalse(self.events())

    def test_a_creation_judged_early_stays_a_creation(self):
        company = self.company()
        self.env.cr.flush()
        company.phone = "2"
        event = self.the_event()
        self.assertEqual((event.operation, self.payload(event)["record"]["phone"]), ("create", "2"))

    def test_created_judged_early_and_deleted_leaves_no_event(self):
        company = self.company()
        self.env.cr.flush()
        company.unlink()
        self.assertFalse(self.events())

    def test_an_event_made_before_a_rolled_back_savepoint_survives_it(self):
        company = self.committed(self.company(phone="1"))
        company.phone = "2"
        with self.assertRaises(Undo), self.env.cr.savepoint():
            company.phone = "3"
            self.env.cr.flush()
            raise Undo
        self.env.invalidate_all()
        event = self.the_event()
        self.assertEqual(self.payload(event)["record"]["phone"], "2")

    def test_a_change_after_a_rolled_back_savepoint_stays_one_event(self):
        company = self.committed(self.company(phone="1"))
        company.phone = "2"
        with self.assertRaises(Undo), self.env.cr.savepoint():
            company.phone = "3"
            self.env.cr.flush()
            raise Undo
        self.env.invalidate_all()
        company.phone = "4"
        event = self.the_event()
        self.assertEqual(self.payload(event)["record"]["phone"], "4")
        self.assertEqual(self.payload(event)["before"], {"phone": "1"})

    def test_a_deletion_that_was_rolled_back_is_no_deletion(self):
        company = self.committed(self.company())
        with self.assertRaises(Undo), self.env.cr.savepoint():
            company.unlink()
            self.env.cr.flush()
            raise Undo
        self.env.invalidate_all()
        self.assertFalse(self.events())

    def test_the_test_run_of_an_import_leaves_no_event(self):
        # Odoo's import works in a savepoint of the kind that keeps hooks and values in memory when it is undone.
        company = self.committed(self.company(phone="1"))
        importing = self.env["res.partner"].with_context(import_file=True)
        savepoint = self.env.cr.savepoint(flush=False)
        importing.create({"name": "Imported", "is_company": True})
        importing.browse(company.id).phone = "2"
        self.env.flush_all()
        savepoint.close(rollback=True)
        self.assertFalse(self.events())

    def test_a_creation_that_a_quiet_savepoint_took_back_leaves_no_event(self):
        # Such a savepoint keeps hooks and values in memory: only the database knows that the record is gone.
        kept = self.company(name="Kept")
        savepoint = self.env.cr.savepoint(flush=False)
        self.company(name="Taken back")
        self.env.flush_all()
        savepoint.close(rollback=True)
        self.assertEqual(self.the_event().res_id, kept.id)

    def test_the_only_creation_taken_back_by_a_quiet_savepoint_leaves_no_event(self):
        # One event alone is stored by another statement than several.
        savepoint = self.env.cr.savepoint(flush=False)
        self.company(name="Taken back")
        self.env.flush_all()
        savepoint.close(rollback=True)
        self.assertFalse(self.events())
        self.assertFalse(self.env["integration.delivery"].search([("res_name", "=", "Taken back")]))

    def test_a_creation_after_one_that_was_taken_back_is_stored_under_its_own_event(self):
        savepoint = self.env.cr.savepoint(flush=False)
        self.company(name="Taken back")
        self.env.flush_all()
        savepoint.close(rollback=True)
        kept = self.company(name="Kept", phone="1")
        self.env.cr.flush()
        kept.phone = "2"
        self.assertEqual(self.payload(self.the_event())["record"]["phone"], "2")
