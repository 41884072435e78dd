import json
import random

from odoo.tests import tagged

from .inbound_case import InboundCase

FIELDS = ("name", "phone", "email")
#: Few, so that values come back: what was sent before is sent again, and edits on two sides agree by chance.
VALUES = {"name": ("Acme", "Bolt", "Cog"), "phone": ("1", "2", "3"), "email": ("a@x.example", "b@x.example")}
#: Rounds after which everything has come to rest, if it ever does.
ROUNDS = 25


class Vendor:
    """Another system with one record, which its own people edit."""

    def __init__(self, system):
        self.system = system
        self.code = system.code
        self.id = f"{system.code}-1"
        self.record = {}
        #: How often Odoo's side wrote to it.
        self.written = 0


@tagged("post_install", "-at_install")
class TestInboundLoops(InboundCase):
    """OWN-03, TST-04: three systems share one record with Odoo. Edits on any side, told of repeatedly and in any order,
    reach every other side once, never come back, and all end with the same values. Odoo's capture, `receive`, and the
    queue's claim and settle are the real ones; the sidecar's part (send what is claimed, read what a notice names) is
    played here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        third = cls.env["integration.system"].create({"code": "test_third", "name": "Third", "connector": "test"})
        systems = cls.crm | cls.psa | third
        for system in systems:
            system.api_user_id = cls.person(f"hub_loops_{system.code}", "base.group_partner_manager")
        cls.rule.write({"system_ids": [(6, 0, systems.ids)], "payload_fields": "\n".join(FIELDS)})
        cls.systems = systems

    def setUp(self):
        super().setUp()
        self.story = []

    def begin(self, seed):
        self.random = random.Random(seed)
        self.story = [f"seed {seed}"]
        self.vendors = [Vendor(system) for system in self.systems]
        for vendor in self.vendors:
            vendor.id = f"{vendor.code}-{seed}"
        self.company_ = self.company("Acme", phone="1", email="a@x.example")
        self.commit()
        self.settle_down()
        self.story.append("begun")

    # -- what happens ----------------------------------------------------------------------------------------

    def edit_anywhere(self):
        """Somebody sets a field on one of the sides. Answers `(vendor, None for Odoo; whether it is another value)`."""
        vendor = self.random.choice([None, *self.vendors])
        field = self.random.choice(FIELDS)
        value = self.random.choice(VALUES[field])
        self.story.append(f"{vendor.code if vendor else 'odoo'}.{field} = {value}")
        if vendor:
            other = vendor.record[field] != value
            vendor.record[field] = value
        else:
            other = self.company_[field] != value
            self.company_.write({field: value})
            self.commit()
        return vendor, other

    def send(self, vendor):
        """The sidecar sends what waits for a system. Answers how much it wrote there."""
        queue = self.env["integration.queue"].sudo()
        written = 0
        for _claim in range(3):
            claimed = queue.claim("w", vendor.code, 100, 60)
            results = [self.sent(vendor, row) for row in claimed if row["state"] == "processing"]
            written += sum(result["outcome"] == "delivered" for result in results)
            if results:
                queue.settle("w", results)
            queue.unpark(vendor.code, [f"res.partner,{self.company_.id}"])
            self.env.invalidate_all()
        return written

    def sent(self, vendor, row):
        record = {field: json.loads(row["payload"])["record"][field] for field in FIELDS}
        links = row["links"] if isinstance(row["links"], list) else json.loads(row["links"] or "[]")
        fingerprint = json.dumps(record, sort_keys=True)
        same = bool(links) and links[0]["fingerprint"] == fingerprint
        if not same:
            vendor.record = record
            vendor.written += 1
            self.story.append(f"odoo → {vendor.code} {record}")
        moment = "2026-11-22T07:00:00Z"
        return {
            "id": row["id"],
            "claims": row["claims"],
            "outcome": "unchanged" if same else "delivered",
            "started_at": moment,
            "ended_at": moment,
            "link": {"type": "company", "external_id": vendor.id, "url": None, "fingerprint": fingerprint},
        }

    def tell(self, vendor, **asked):
        """A notice of the record: it is read as it is now and received."""
        item = self.item(vendor.id, vendor.record | {"is_company": True}, **asked)
        item["key"] = json.dumps([vendor.id, vendor.record, asked], sort_keys=True)
        (answer,) = self.inbound().receive(vendor.code, [item])
        self.commit()
        self.env.invalidate_all()
        if answer["state"] != "delivered" or not answer["unchanged"]:
            self.story.append(f"{vendor.code} → odoo {vendor.record}: {answer['state']} {answer['error'] or ''}")
        return answer

    def tell_what_is_due(self, vendor):
        due = self.inbound().due(vendor.code, 10)
        for row in due:
            self.tell(vendor, delivery_id=row["delivery_id"])
        return len(due)

    def open_rows(self):
        return self.env["integration.delivery"].search(
            [("direction", "=", "in"), ("state", "in", ("received", "waiting", "held", "dead"))]
        )

    def decide(self):
        """A person settles what edits on two sides left open, one way or the other."""
        rows = self.open_rows().filtered(lambda row: row.state == "held")
        for row in rows:
            self.assertEqual(row.error_code, "conflict", self.told())
            take = self.random.random() < 0.5
            self.story.append(f"{row.system_id.code}: {'take theirs' if take else 'keep ours'} of {row.comparison}")
            row = row.with_user(self.operator)
            row.action_take_theirs() if take else row.action_keep_ours()
            self.commit()
        return len(rows)

    def settle_down(self):
        """Everything is carried, in any order, until nothing moves any more. One quiet round is not enough: what its
        last step let go is sent by the next."""
        quiet = 0
        for _round in range(ROUNDS):
            moved = 0
            for vendor in self.random.sample(self.vendors, len(self.vendors)):
                moved += self.send(vendor)
                for _again in range(self.random.randint(1, 2)):
                    answer = self.tell(vendor)
                    moved += answer["read_again"] or not answer["unchanged"] and answer["state"] == "delivered"
                moved += self.tell_what_is_due(vendor)
            moved += self.decide()
            quiet = 0 if moved else quiet + 1
            if quiet == 2:
                return
        self.fail(f"it never comes to rest: {self.told()}")

    def told(self):
        unsent = self.env["integration.delivery"].search(
            [("res_id", "=", self.company_.id), ("state", "not in", ("delivered", "superseded", "cancelled"))]
        )
        left = [f"left: {row.id} {row.direction} {row.system_id.code} {row.state} {row.error_code}" for row in unsent]
        return "\n".join([*self.story, *left])

    def assert_all_agree(self):
        ours = {field: self.company_[field] for field in FIELDS}
        for vendor in self.vendors:
            self.assertEqual(vendor.record, ours, f"{vendor.code} differs from Odoo\n{self.told()}")
        self.assertFalse(self.open_rows(), self.told())

    # -- promises --------------------------------------------------------------------------------------------

    def test_an_edit_reaches_every_other_side_once_and_never_comes_back(self):
        for seed in range(2):
            self.begin(seed)
            for _edit in range(10):
                before = {vendor.code: vendor.written for vendor in self.vendors}
                origin, other = self.edit_anywhere()
                if origin:
                    self.tell(origin)
                self.settle_down()
                for vendor in self.vendors:
                    expected = 1 if other and vendor is not origin else 0
                    self.assertEqual(vendor.written - before[vendor.code], expected, f"{vendor.code}\n{self.told()}")
                self.assert_all_agree()

    def test_edits_on_all_sides_at_once_end_with_the_same_values_everywhere(self):
        for seed in (101, 103, 104):
            self.begin(seed)
            for _step in range(12):
                self.edit_anywhere()
                vendor = self.random.choice(self.vendors)
                self.random.choice([self.send, self.tell, lambda _vendor: None])(vendor)
            self.settle_down()
            self.assert_all_agree()
