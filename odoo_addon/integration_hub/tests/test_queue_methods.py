import json

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import HubCase

CALLS = {
    "contract_version": {},
    "identity": {},
    "systems": {},
    "claim": {"worker": "w", "system": "test_crm", "max_rows": 10, "lease_seconds": 60},
    "unpark": {"system": "test_crm", "lanes": ["res.partner,1"]},
    "renew": {"worker": "w", "delivery_ids": [], "lease_seconds": 60},
    "settle": {"worker": "w", "results": []},
    "reap": {},
    "links": {"system": "test_crm", "lanes": []},
    "replay": {"delivery_ids": [], "requested_by": "test", "force": False},
    "mark": {"hub": "test", "expected": 0},
    "report_restore": {"hub": "test", "expected": 7, "links": []},
    "start_replay": {"filter": {"system": "test_crm"}, "mode": "same", "force": False, "requested_by": "test"},
    "replay_step": {"max_rows": 10},
    "replay_jobs": {"jobs": [], "max_rows": 5},
    "steer_replay": {"job": 0, "action": "pause"},
    "find_deliveries": {"filter": {"system": "test_crm"}, "max_rows": 5},
    "pause": {"system": "test_crm", "kind": "breaker", "reason": "down", "until": "2031-01-01T00:00:00Z"},
    "resume": {"system": "test_crm"},
    "report": {"system": "test_crm", "figures": {"buckets": []}},
    "report_polls": {"system": "test_crm", "lists": []},
    "health": {},
    "backlog": {},
    "request_records": {"system": "test_crm", "lanes": []},
    "write_back": {"system": "test_crm", "values": []},
    "snapshot": {"model": "res.partner", "res_id": 1, "object": "test_customer"},
    "sent_as": {"system": "test_crm", "model": "res.partner", "res_id": 1},
    "reread": {"delivery_ids": [], "requested_by": "test", "force": False},
    "note_problems": {},
    "current_release": {},
    "release": {"number": 0},
    "questions": {"worker": "w", "max_rows": 5},
    "answer": {"worker": "w", "question": 0, "answer": {}},
    "shadows": {},
    "report_shadow": {"version_id": 0, "rows": []},
}


@tagged("post_install", "-at_install")
class TestQueueMethods(HubCase):
    """INT-05: the queue contract over Odoo's API, for the sidecar's user alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sidecar = cls.person("hub_queue_sidecar", "integration_hub.group_sidecar")
        cls.administrator = cls.person("hub_queue_admin", "integration_hub.group_administrator", "base.group_system")
        cls.env["integration.catalogue"].publish(
            {"objects": [{"object": "test_customer", "model": "res.partner", "paths": ["name", "write_date"]}]}
        )

    def queue(self, user=None):
        return self.env["integration.queue"].with_user(user or self.sidecar)

    def test_every_method_answers_the_sidecar_in_plain_json(self):
        job = self.queue().start_replay(**CALLS["start_replay"])
        for method, arguments in (CALLS | {"steer_replay": {"job": job, "action": "pause"}}).items():
            with self.subTest(method):
                json.dumps(getattr(self.queue(), method)(**arguments))

    def test_every_method_refuses_everybody_else(self):
        for method, arguments in CALLS.items():
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(self.queue(self.administrator), method)(**arguments)

    def test_no_public_method_is_left_out_of_these_tests(self):
        own = {
            name
            for part in type(self.env["integration.queue"]).__mro__
            if part.__module__.startswith("odoo.addons.integration_hub")
            for name, value in vars(part).items()
            if callable(value) and not name.startswith("_")
        }
        self.assertGreaterEqual(
            set(CALLS),
            {name for name in own if name in CALLS or hasattr(self.env["integration.queue"], name)}
            & own - base_names(),
        )

    def test_a_delivery_goes_from_claim_to_link(self):
        self.rule.system_ids = self.crm
        company = self.company(email="a@example.com")
        self.commit()
        (claimed,) = self.queue().claim(worker="w1", system="test_crm", max_rows=10, lease_seconds=60)
        self.assertEqual(
            (claimed["state"], claimed["lane"], claimed["attempts"]), ("processing", f"res.partner,{company.id}", 1)
        )
        self.assertEqual(json.loads(claimed["payload"])["record"]["email"], "a@example.com")
        self.assertRegex(claimed["occurred_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        (settled,) = self.queue().settle(
            worker="w1",
            results=[
                {
                    "id": claimed["id"],
                    "claims": claimed["claims"],
                    "outcome": "delivered",
                    "started_at": "2026-11-22T07:00:00Z",
                    "ended_at": "2026-11-22T07:00:00.25Z",
                    "request": "POST /companies",
                    "http_status": 201,
                    "link": {
                        "type": "company",
                        "external_id": "77",
                        "url": "https://crm.example.com/77",
                        "fingerprint": "f",
                    },
                }
            ],
        )
        self.assertEqual(settled, {"id": claimed["id"], "state": "delivered", "accepted": True})
        delivery = self.env["integration.delivery"].browse(claimed["id"])
        self.assertEqual((delivery.state, delivery.external_id), ("delivered", "77"))
        self.assertEqual(
            (delivery.attempt_ids.outcome, delivery.attempt_ids.duration_ms, delivery.attempt_ids.http_status),
            ("delivered", 250, 201),
        )
        self.assertEqual(
            self.queue().links(system="test_crm", lanes=[claimed["lane"]]),
            [{"lane": claimed["lane"], "type": "company", "external_id": "77", "url": "https://crm.example.com/77"}],
        )

    def test_a_system_paused_by_the_sidecar_gives_no_work_until_it_is_resumed(self):
        self.company()
        self.commit()
        self.queue().pause(system="test_crm", kind="breaker", reason="503", until=None)
        self.assertEqual((self.crm.state, self.crm.pause_kind), ("paused", "breaker"))
        self.assertFalse(self.queue().claim(worker="w", system="test_crm", max_rows=5, lease_seconds=60))
        self.queue().resume(system="test_crm")
        self.assertTrue(self.queue().claim(worker="w", system="test_crm", max_rows=5, lease_seconds=60))

    @mute_logger("odoo.sql_db")
    def test_an_unknown_system_is_refused_with_what_to_do(self):
        with self.assertRaisesRegex(ValidationError, "no active integration system.*nonsense.*Publish the catalogue"):
            self.queue().claim(worker="w", system="nonsense", max_rows=5, lease_seconds=60)

    @mute_logger("odoo.sql_db")
    def test_a_misspelt_filter_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "Unknown filter key: sistem"):
            self.queue().find_deliveries(filter={"sistem": "test_crm"}, max_rows=5)


def base_names():
    from odoo import models

    return set(dir(models.AbstractModel))
