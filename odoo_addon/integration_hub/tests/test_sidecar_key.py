from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestSidecarKey(HubCase):
    """SEC-01: the sidecar signs in with a key of its own, which an administrator makes in Odoo."""

    def wizard(self, *groups, **values):
        person = self.person("hub_keys", *groups)
        return self.env["integration.sidecar.key"].with_user(person).create(values)

    def user_of(self, key):
        return self.env["res.users.apikeys"]._check_credentials(scope="rpc", key=key)

    def test_the_key_is_the_service_users(self):
        key = self.wizard("integration_hub.group_administrator")._make()
        self.assertEqual(self.user_of(key), self.env.ref("integration_hub.user_sidecar").id)

    def test_keys_made_before_go_on_until_they_are_revoked(self):
        wizard = self.wizard("integration_hub.group_administrator")
        first, second = wizard._make(), wizard._make()
        self.assertTrue(self.user_of(first))
        self.assertEqual(len(wizard.existing.splitlines()), 2)
        wizard.revoke = True
        third = wizard._make()
        self.assertEqual([bool(self.user_of(key)) for key in (first, second, third)], [False, False, True])

    def test_only_administrators_of_the_hub_make_keys(self):
        with self.assertRaises(AccessError):
            self.wizard("integration_hub.group_mapping")._make()
