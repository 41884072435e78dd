import json

from odoo.tests import TransactionCase, new_test_user


class HubCase(TransactionCase):
    """Two systems, and a rule that sends companies to both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Only the rules of the test count.
        cls.env["integration.rule"].search([]).write({"active": False})
        cls.crm = cls.env["integration.system"].create({"code": "test_crm", "name": "Test CRM", "connector": "test"})
        cls.psa = cls.env["integration.system"].create({"code": "test_psa", "name": "Test PSA", "connector": "test"})
        cls.rule = cls.make_rule()

    @classmethod
    def make_rule(cls, model="res.partner", paths=("name", "email", "phone", "vat", "parent_id.vat"), **values):
        return cls.env["integration.rule"].create(
            {
                "name": "Customer changed",
                "model_id": cls.env["ir.model"]._get_id(model),
                "event_type": "customer.changed",
                "object": "customer",
                "follow_mapping": False,
                "payload_fields": "\n".join(paths),
                "domain": "[('is_company', '=', True)]" if model == "res.partner" else "[]",
                "system_ids": [(6, 0, (cls.crm | cls.psa).ids)],
            }
            | values
        )

    def commit(self):
        """What a commit does for the capture: the hooks run, and the next change belongs to another transaction."""
        self.env.cr.flush()
        self.env.cr.postcommit.clear()

    def committed(self, records):
        """Forgets the events that these records made on their way into the database."""
        self.commit()
        self.env.cr.execute("SELECT integration_hub_private.take_back(array_agg(id)) FROM integration_event")
        self.env.invalidate_all()
        return records

    def events(self):
        """The events made since the last look, oldest first; looking commits."""
        self.commit()
        self.env["integration.event"].invalidate_model()
        seen = getattr(self, "_seen", self.env["integration.event"])
        fresh = self.env["integration.event"].search([("id", "not in", seen.ids)], order="id")
        self._seen = seen | fresh
        return fresh

    def the_event(self):
        events = self.events()
        self.assertEqual(len(events), 1, f"one event expected, not {events.mapped('operation')}")
        return events

    def payload(self, event):
        return json.loads(event.payload_ids.payload)

    def company(self, name="Acme", **values):
        return self.env["res.partner"].create({"name": name, "is_company": True} | values)

    @classmethod
    def person(cls, login, *groups, **values):
        return new_test_user(cls.env, login, groups=",".join(("base.group_user", *groups)), **values)
