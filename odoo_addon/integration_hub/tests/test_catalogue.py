from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import HubCase

CATALOGUE = {
    "objects": [{"object": "customer", "title": "Customer", "model": "res.partner", "version": 1, "paths": ["name"]}],
    "systems": [
        {"code": "test_new", "name": "New System", "connector": "hubspot", "objects": ["customer"]},
        {"code": "test_crm", "name": "Another Name", "connector": "hubspot", "objects": ["customer"]},
    ],
    "rules": [],
}


@tagged("post_install", "-at_install")
class TestCatalogue(HubCase):
    """MAP-02, DES-04: the sidecar tells Odoo what it can carry."""

    def setUp(self):
        super().setUp()
        user = self.person("hub_catalogue_sidecar", "integration_hub.group_sidecar")
        self.catalogue = self.env["integration.catalogue"].with_user(user)

    def test_systems_appear_by_themselves_and_keep_the_name_people_gave_them(self):
        answer = self.catalogue.publish(CATALOGUE)
        self.assertEqual(
            answer, {"objects": 1, "systems": 2, "rules": 0, "created_systems": ["test_new"], "changed": True}
        )
        new = self.env["integration.system"].search([("code", "=", "test_new")])
        self.assertEqual((new.name, new.connector, new.state), ("New System", "hubspot", "active"))
        self.assertEqual(self.crm.name, "Test CRM")

    def test_publishing_the_same_again_changes_nothing(self):
        self.catalogue.publish(CATALOGUE)
        self.assertFalse(self.catalogue.publish(CATALOGUE)["changed"])

    def test_a_system_that_was_archived_is_not_created_again(self):
        self.crm.active = False
        self.assertEqual(self.catalogue.publish(CATALOGUE)["created_systems"], ["test_new"])

    def test_what_is_no_longer_published_disappears_but_systems_stay(self):
        self.catalogue.publish(CATALOGUE)
        self.catalogue.publish({"objects": [], "systems": [], "rules": []})
        self.assertFalse(self.catalogue.sudo().search([]))
        self.assertTrue(self.env["integration.system"].search([("code", "=", "test_new")]))

    def test_an_entry_without_its_code_is_named(self):
        with self.assertRaisesRegex(ValidationError, r"objects\[1\] has no “object”"):
            self.catalogue.publish({"objects": [{"object": "customer"}, {"title": "Nameless"}]})

    def test_only_the_sidecar_publishes(self):
        administrator = self.person("hub_catalogue_admin", "integration_hub.group_administrator", "base.group_system")
        with self.assertRaises(AccessError):
            self.env["integration.catalogue"].with_user(administrator).publish(CATALOGUE)

    def test_the_code_of_a_system_never_changes(self):
        with self.assertRaisesRegex(Exception, "never changes"):
            self.crm.code = "other"
