from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import HubCase

PROTECTED = (
    "integration.event",
    "integration.event.payload",
    "integration.delivery",
    "integration.attempt",
    "integration.link",
    "integration.catalogue",
)
EVERYBODY = ("viewer", "operator", "mapping", "administrator", "sidecar")


@tagged("post_install", "-at_install")
class TestRights(HubCase):
    """SEC-01: each group may do what it is for; history is written by the hub alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = {name: cls.person(f"hub_rights_{name}", f"integration_hub.group_{name}") for name in EVERYBODY}
        cls.people["administrator"].group_ids += cls.env.ref("base.group_system")
        cls.stranger = cls.person("hub_rights_stranger")

    def setUp(self):
        super().setUp()
        self.acme = self.company(email="a@example.com")
        self.event = self.events()[-1]
        self.delivery = self.event.delivery_ids[0]
        self.delivery._note("cancelled", "for the test")
        self.env["integration.link"].sudo().create(
            {
                "system_id": self.crm.id,
                "lane": self.delivery.lane,
                "model": "res.partner",
                "res_id": self.acme.id,
                "external_type": "company",
                "external_id": "1",
            }
        )
        self.env["integration.catalogue"].sudo().publish({"objects": [{"object": "customer", "paths": ["name"]}]})

    def test_nobody_may_write_any_field_of_a_protected_model(self):
        for model in PROTECTED:
            row = self.env[model].search([], limit=1)
            self.assertTrue(row, model)
            for name, field in row._fields.items():
                if not field.store or name == "id":
                    continue
                for who, user in self.people.items():
                    with self.subTest(model=model, field=name, user=who), self.assertRaises(AccessError):
                        row.with_user(user).write({name: False})

    def test_nobody_may_create_or_delete_rows_of_a_protected_model(self):
        for model in PROTECTED:
            row = self.env[model].search([], limit=1)
            for who, user in self.people.items():
                with self.subTest(model=model, user=who, call="create"), self.assertRaises(AccessError):
                    self.env[model].with_user(user).create({})
                with self.subTest(model=model, user=who, call="unlink"), self.assertRaises(AccessError):
                    row.with_user(user).unlink()

    def test_an_administrator_who_grants_himself_access_still_cannot_rewrite_history(self):
        self.env["ir.model.access"].create(
            {
                "name": "all",
                "model_id": self.env["ir.model"]._get_id("integration.delivery"),
                "group_id": self.env.ref("base.group_system").id,
                "perm_read": True,
                "perm_write": True,
                "perm_create": True,
                "perm_unlink": True,
            }
        )
        mine = self.delivery.with_user(self.people["administrator"])
        with self.assertRaisesRegex(AccessError, "written by the integration hub only"):
            mine.write({"state": "delivered"})
        with self.assertRaisesRegex(AccessError, "written by the integration hub only"):
            mine.unlink()

    def test_viewers_read_everything_but_the_payload(self):
        viewer = self.people["viewer"]
        for model in (
            "integration.system",
            "integration.rule",
            "integration.event",
            "integration.delivery",
            "integration.attempt",
            "integration.link",
        ):
            self.assertTrue(self.env[model].with_user(viewer).search([]), model)
        with self.assertRaises(AccessError):
            self.env["integration.event.payload"].with_user(viewer).search([])
        with self.assertRaises(AccessError):
            self.delivery.with_user(viewer).read(["payload"])
        with self.assertRaises(AccessError):
            self.event.with_user(viewer).read(["payload_ids"])

    def test_operators_read_the_payload(self):
        operator = self.people["operator"]
        self.assertIn('"email"', self.delivery.with_user(operator).payload)

    def test_other_users_see_nothing(self):
        for model in ("integration.system", "integration.rule", *PROTECTED):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.stranger).search([])

    def test_the_sidecars_user_sees_no_tables(self):
        for model in ("integration.rule", *PROTECTED):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.people["sidecar"]).search([])

    def test_rules_are_made_by_mapping_administrators(self):
        for who, may in (
            ("viewer", False),
            ("operator", False),
            ("mapping", True),
            ("administrator", True),
            ("sidecar", False),
        ):
            self.assertEqual(self.rule.with_user(self.people[who]).has_access("write"), may, who)

    def test_systems_are_managed_by_administrators(self):
        for who, may in (
            ("viewer", False),
            ("operator", False),
            ("mapping", False),
            ("administrator", True),
            ("sidecar", False),
        ):
            self.assertEqual(self.crm.with_user(self.people[who]).has_access("write"), may, who)

    def test_the_state_of_a_system_changes_through_its_buttons_only(self):
        administrator = self.people["administrator"]
        for values in (
            {"state": "paused"},
            {"pause_kind": "manual"},
            {"pause_reason": "x"},
            {"paused_until": "2031-01-01"},
        ):
            with self.subTest(values), self.assertRaisesRegex(AccessError, "Pause and Resume"):
                self.crm.with_user(administrator).write(values)

    def test_operators_pause_and_resume_and_viewers_do_not(self):
        with self.assertRaises(AccessError):
            self.crm.with_user(self.people["viewer"]).action_pause()
        self.crm.with_user(self.people["operator"]).action_pause(reason="Month end")
        self.assertEqual(
            (self.crm.state, self.crm.pause_kind, self.crm.pause_reason), ("paused", "manual", "Month end")
        )
        self.crm.with_user(self.people["operator"]).action_resume()
        self.assertEqual((self.crm.state, self.crm.pause_kind), ("active", False))

    def test_viewers_cannot_decide_about_deliveries(self):
        mine = self.delivery.with_user(self.people["viewer"])
        for action in (
            "action_retry",
            "action_send_again",
            "action_read_again",
            "action_hold",
            "action_release",
            "action_cancel",
        ):
            with self.subTest(action), self.assertRaises(AccessError):
                getattr(mine, action)()

    def test_the_service_user_has_no_password_and_no_other_group(self):
        user = self.env.ref("integration_hub.user_sidecar")
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
        self.assertFalse(self.env.cr.fetchone()[0])
        self.assertEqual(user.login, "integration-sidecar")
        self.assertFalse(user.has_group("base.group_system"))
        self.assertFalse(user.has_group("integration_hub.group_viewer"))
        self.assertTrue(user.has_group("integration_hub.group_sidecar"))
