from .common import HubCase


class InboundCase(HubCase):
    """A system whose changes arrive as a user of its own, received as the sidecar's service user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.crm_user = cls.person(
            "hub_crm_user", "base.group_partner_manager", "base.group_multi_company", name="Test CRM user"
        )
        cls.crm.api_user_id = cls.crm_user
        cls.sidecar = cls.person("hub_inbound_sidecar", "integration_hub.group_sidecar")
        cls.operator = cls.person(
            "hub_inbound_operator", "integration_hub.group_operator", "base.group_partner_manager"
        )
        cls.belgium = cls.env.ref("base.be")

    def item(self, external_id="1", values=None, **given):
        """A company as the CRM has it; `values` are Odoo's."""
        number = self._turn = getattr(self, "_turn", 0) + 1
        return {
            "key": f"key-{number}",
            "type": "company",
            "external_id": external_id,
            "url": f"https://crm.example.com/{external_id}",
            "object": "customer",
            "event_type": "customer.changed",
            "operation": "upsert",
            "fetched_at": f"2030-01-01T00:{number // 60:02}:{number % 60:02}Z",
            "occurred_at": "2026-11-22T07:00:00Z",
            "mapping": "crm/customer@1",
            "canonical": {"name": "Acme", "phone": "1"},
            "document": {
                "model": "res.partner",
                "values": {"name": "Acme", "is_company": True} if values is None else values,
            },
        } | given

    def inbound(self):
        return self.env["integration.inbound"].with_user(self.sidecar)

    def receive(self, *items):
        answers = self.inbound().receive("test_crm", list(items))
        self.env.invalidate_all()
        return answers

    def receive_one(self, external_id="1", values=None, **given):
        (answer,) = self.receive(self.item(external_id, values, **given))
        return answer

    def row(self, answer):
        return self.env["integration.delivery"].browse(answer["delivery_id"])

    def record(self, answer):
        return self.env[answer["model"]].browse(answer["res_id"])

    def link(self, external_id="1", type_="company"):
        return self.env["integration.link"].search(
            [("system_id", "=", self.crm.id), ("external_type", "=", type_), ("external_id", "=", external_id)]
        )

    def linked(self, external_id="1", **values):
        """A company of Odoo that the CRM knows, and nothing waits for."""
        answer = self.receive_one(external_id, {"name": f"Company {external_id}", "is_company": True} | values)
        self.assertEqual(answer["state"], "delivered", answer["error"])
        record = self.record(answer)
        self.events()
        self.env.cr.execute("UPDATE integration_delivery SET state = 'delivered' WHERE direction = 'out'")
        self.env.invalidate_all()
        return record

    def know(self, type_, external_id, record):
        """The record has this identity in the system already."""
        self.env["integration.link"].sudo().create(
            {
                "system_id": self.crm.id,
                "lane": f"{record._name},{record.id}",
                "model": record._name,
                "res_id": record.id,
                "external_type": type_,
                "external_id": external_id,
            }
        )
