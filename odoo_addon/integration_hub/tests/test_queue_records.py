from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import HubCase


@tagged("post_install", "-at_install")
class TestRequestRecords(HubCase):
    """MAP-04: a record that another one refers to is sent first, by itself."""

    def setUp(self):
        super().setUp()
        self.queue = self.env["integration.queue"].with_user(
            self.person("hub_records_sidecar", "integration_hub.group_sidecar")
        )
        self.acme = self.committed(self.company())

    def lane(self, record):
        return f"{record._name},{record.id}"

    def test_a_requested_record_is_queued_as_if_it_had_changed(self):
        self.assertEqual(
            self.queue.request_records(system="test_crm", lanes=[self.lane(self.acme)]), [self.lane(self.acme)]
        )
        event = self.the_event()
        self.assertEqual(
            (event.operation, event.delivery_ids.system_id, event.delivery_ids.forced), ("write", self.crm, False)
        )
        self.assertEqual(self.payload(event)["changed"], [])

    def test_asking_again_queues_nothing_twice(self):
        for _time in range(2):
            self.assertTrue(self.queue.request_records(system="test_crm", lanes=[self.lane(self.acme)]))
        self.assertEqual(len(self.events().delivery_ids), 1)

    def test_a_record_that_no_rule_sends_there_is_not_queued(self):
        person = self.committed(self.env["res.partner"].create({"name": "Ann"}))
        gone = self.committed(self.company("Gone"))
        gone_lane = self.lane(gone)
        gone.unlink()
        self.events()
        lanes = [self.lane(person), gone_lane, "no.such.model,1", "nonsense", self.lane(self.acme)]
        self.assertEqual(self.queue.request_records(system="test_crm", lanes=lanes), [self.lane(self.acme)])


@tagged("post_install", "-at_install")
class TestWriteBack(HubCase):
    """DES-02, OWN-03: what a system answered is written to the record, without an event for that system."""

    def setUp(self):
        super().setUp()
        user = self.person("hub_writes_sidecar", "integration_hub.group_sidecar", "base.group_partner_manager")
        self.queue = self.env["integration.queue"].with_user(user)
        self.rule.payload_fields = "name\nref\nphone"
        self.acme = self.committed(self.company())
        self.other = self.committed(self.company("Other"))

    def row(self, record, **values):
        return {"lane": f"res.partner,{record.id}", "values": values}

    def test_values_are_written_and_only_other_systems_are_told(self):
        (answer,) = self.queue.write_back(system="test_crm", values=[self.row(self.acme, ref="C-1")])
        self.assertEqual(answer, {"lane": f"res.partner,{self.acme.id}", "ok": True})
        self.assertEqual(self.acme.ref, "C-1")
        self.assertEqual(self.the_event().delivery_ids.system_id, self.psa)

    @mute_logger("odoo.sql_db")
    def test_a_bad_row_never_takes_the_others_with_it(self):
        answers = self.queue.write_back(
            system="test_crm",
            values=[
                self.row(self.acme, nonsense="1"),
                {"lane": "res.partner,0", "values": {"ref": "C-0"}},
                {"lane": "no.such.model,1", "values": {"ref": "C-0"}},
                self.row(self.acme, parent_id=self.acme.id),
                {"lane": f"res.users,{self.env.ref('base.user_admin').id}", "values": {"login": "taken"}},
                self.row(self.acme, country_id=2147483647),
                self.row(self.other, ref="C-2"),
            ],
        )
        self.assertEqual([answer["ok"] for answer in answers], [False] * 6 + [True])
        self.assertEqual(
            [answer.get("kind") for answer in answers[:6]], ["data", "data", "data", "business", "business", "data"]
        )
        self.assertEqual(answers[0]["field"], "nonsense")
        self.assertEqual(self.other.ref, "C-2")
        self.assertFalse(self.acme.parent_id)
