from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestCaptureOrigin(HubCase):
    """OWN-03: a change never goes back to the system it came from, and still reaches the others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sidecar = cls.person("hub_origin_sidecar", "integration_hub.group_sidecar", "base.group_partner_manager")
        cls.connector = cls.person("hub_origin_connector", "base.group_partner_manager")

    def setUp(self):
        super().setUp()
        self.acme = self.committed(self.company())

    def targets(self):
        return set(self.events().delivery_ids.system_id.mapped("code"))

    def test_the_sidecars_origin_is_skipped_and_other_systems_are_told(self):
        self.acme.with_user(self.sidecar).with_context(integration_origin="test_crm").phone = "1"
        self.assertEqual(self.targets(), {"test_psa"})

    def test_the_event_names_the_system_it_came_from(self):
        self.acme.with_user(self.sidecar).with_context(integration_origin="test_crm").phone = "1"
        self.assertEqual(self.the_event().origin_system_id, self.crm)

    def test_no_event_remains_when_the_origin_was_the_only_target(self):
        self.rule.system_ids = self.crm
        self.acme.with_user(self.sidecar).with_context(integration_origin="test_crm").phone = "1"
        self.assertFalse(self.events())

    def test_an_ordinary_user_cannot_claim_an_origin(self):
        self.acme.with_user(self.connector).with_context(integration_origin="test_crm").phone = "1"
        self.assertEqual(self.targets(), {"test_crm", "test_psa"})

    def test_a_systems_own_user_is_its_origin_without_saying_so(self):
        self.crm.api_user_id = self.connector
        self.acme.with_user(self.connector).phone = "1"
        self.assertEqual(self.targets(), {"test_psa"})

    def test_a_systems_user_cannot_claim_another_systems_origin(self):
        self.crm.api_user_id = self.connector
        self.acme.with_user(self.connector).with_context(integration_origin="test_psa").phone = "1"
        self.assertEqual(self.targets(), {"test_psa"})

    def test_the_origin_reaches_fields_that_are_recomputed_later(self):
        self.rule.write({"payload_fields": "complete_name", "domain": "[('is_company', '=', False)]"})
        self.committed(self.env["res.partner"].create({"name": "Ann", "parent_id": self.acme.id}))
        self.acme.with_user(self.sidecar).with_context(integration_origin="test_crm").name = "Renamed"
        self.assertEqual(self.targets(), {"test_psa"})

    def test_the_origin_ends_with_its_transaction(self):
        self.acme.with_user(self.sidecar).with_context(integration_origin="test_crm").phone = "1"
        self.events()
        self.acme.phone = "2"
        self.assertEqual(self.targets(), {"test_crm", "test_psa"})
