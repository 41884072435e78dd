from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import HubCase


@tagged("post_install", "-at_install")
class TestJson2(HubCase, HttpCase):
    """INT-05: the queue is reached over Odoo's JSON-2 API with the service user's key, and by nobody else."""

    def call(self, method, key, **arguments):
        return self.url_open(
            f"/json/2/integration.queue/{method}",
            json=arguments,
            headers={"Authorization": f"bearer {key}", "X-Odoo-Database": self.env.cr.dbname},
        )

    def key_of(self, login, *groups):
        user = self.person(login, *groups)
        keys = self.env["res.users.apikeys"].with_user(user).sudo()
        return keys._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))

    def test_a_delivery_is_claimed_over_the_api(self):
        self.rule.system_ids = self.crm
        company = self.company()
        self.commit()
        key = self.key_of("hub_json2_sidecar", "integration_hub.group_sidecar")
        answer = self.call("claim", key, worker="w", system="test_crm", max_rows=5, lease_seconds=30)
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual([row["lane"] for row in answer.json()], [f"res.partner,{company.id}"])

    @mute_logger("odoo.sql_db", "odoo.http")
    def test_an_unknown_system_is_answered_with_what_to_do(self):
        key = self.key_of("hub_json2_sidecar", "integration_hub.group_sidecar")
        answer = self.call("claim", key, worker="w", system="nonsense", max_rows=5, lease_seconds=30)
        self.assertEqual((answer.status_code, answer.json()["name"]), (422, "odoo.exceptions.ValidationError"))
        self.assertIn("Publish the catalogue", answer.json()["message"])

    @mute_logger("odoo.http")
    def test_an_administrators_key_is_refused(self):
        key = self.key_of("hub_json2_admin", "integration_hub.group_administrator", "base.group_system")
        answer = self.call("unpark", key, system="test_crm", lanes=[])
        self.assertEqual((answer.status_code, answer.json()["name"]), (403, "odoo.exceptions.AccessError"))
