from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import HubCase

PATHS = ["name", "email", "child_ids.email", "parent_id.vat", "no_such_field"]


class ReadingCase(HubCase):
    """Asks as the addon's own service user, who has the right to work on the queue and no other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["integration.catalogue"].publish(
            {
                "objects": [
                    {"object": "customer", "model": "res.partner", "paths": PATHS},
                    {"object": "contact", "model": "res.partner", "paths": ["name", "email"]},
                    {"object": "unheard_of", "model": "no.such.model", "paths": ["name"]},
                ]
            }
        )
        cls.service_user = cls.env.ref("integration_hub.user_sidecar")
        cls.rule.system_ids = cls.crm

    def queue(self, user=None):
        return self.env["integration.queue"].with_user(user or self.service_user)


@tagged("post_install", "-at_install")
class TestSnapshot(ReadingCase):
    """DES-04: a preview shows what a record would send, from the same reading as the capture's."""

    def snapshot(self, record, object_code="customer", model="res.partner"):
        return self.queue().snapshot(model=model, res_id=getattr(record, "id", record), object=object_code)

    def test_a_snapshot_is_what_a_rule_that_follows_the_mapping_records(self):
        self.rule.follow_mapping = True
        group = self.committed(self.company("Group", vat="BE0477472701"))
        ann = {"name": "Ann", "email": "b@example.com"}
        acme = self.company(email="a@example.com", parent_id=group.id, child_ids=[(0, 0, ann)])
        recorded = self.payload(self.events().filtered(lambda event: event.res_id == acme.id))
        self.assertEqual(recorded["record"]["email"], "a@example.com")
        self.assertEqual(self.snapshot(acme), recorded)

    def test_only_what_the_objects_mapping_reads_is_in_it(self):
        acme = self.company(phone="1")
        self.assertEqual(
            list(self.snapshot(acme, "contact")["record"]),
            ["id", "display_name", "active", "write_date", "name", "email"],
        )

    def test_a_snapshot_queues_nothing(self):
        acme = self.committed(self.company())
        self.snapshot(acme)
        self.assertFalse(self.events())

    def test_a_record_of_another_company_is_read_in_that_company(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        acme = self.company(company_id=other.id, email="a@example.com")
        self.assertNotIn(other, self.service_user.company_ids)
        self.assertEqual(self.snapshot(acme)["record"]["email"], "a@example.com")

    def test_what_cannot_be_read_is_refused_with_what_to_do(self):
        acme = self.company()
        gone = self.company("Gone")
        gone.unlink()
        user = self.env.ref("base.user_admin")
        for said, arguments in (
            ("no business object “nonsense”.*contact, customer.*start the sidecar", (acme, "nonsense")),
            ("made from res.partner, not from res.users.*Name a record of res", (user, "customer", "res.users")),
            ("no model no.such.model.*Install its app", (1, "unheard_of", "no.such.model")),
            (f"no record res.partner,{gone.id}.*Check the id", (gone,)),
            ("no record res.partner,0", (0,)),
            ("no record res.partner,forty-two", ("forty-two",)),
        ):
            with self.subTest(said), self.assertRaisesRegex(ValidationError, said):
                self.snapshot(*arguments)

    def test_nobody_else_reads_records_this_way(self):
        acme = self.company()
        administrator = self.person("hub_reading_admin", "integration_hub.group_administrator", "base.group_system")
        with self.assertRaises(AccessError):
            self.queue(administrator).snapshot(model="res.partner", res_id=acme.id, object="customer")


@tagged("post_install", "-at_install")
class TestSentAs(ReadingCase):
    """MAP-02: which of a model's business objects a record is, the rules say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_rule(object="contact", domain="[('is_company', '=', False)]", system_ids=[(6, 0, cls.crm.ids)])
        cls.make_rule(object="prospect", sequence=90, system_ids=[(6, 0, (cls.crm | cls.psa).ids)])

    def sent_as(self, record, system="test_crm"):
        return self.queue().sent_as(system=system, model=record._name, res_id=record.id)

    def test_the_rules_domains_tell_in_the_rules_order(self):
        person = self.env["res.partner"].create({"name": "Ann"})
        self.assertEqual(self.sent_as(person), ["contact"])
        self.assertEqual(self.sent_as(self.company()), ["customer", "prospect"])

    def test_only_rules_for_that_system_count(self):
        self.assertEqual(self.sent_as(self.company(), "test_psa"), ["prospect"])

    def test_a_record_that_no_rule_takes_is_sent_as_nothing(self):
        self.assertEqual(self.sent_as(self.env.ref("base.user_admin")), [])


@tagged("post_install", "-at_install")
class TestReread(ReadingCase):
    """RES-04: the sidecar has records read again for whoever asked it, without being an operator."""

    def setUp(self):
        super().setUp()
        self.acme = self.company(phone="1")
        self.delivery = self.the_event().delivery_ids
        self.become("held")

    def become(self, state):
        self.delivery.write({"state": state})
        self.env.flush_all()

    def reread(self, *deliveries, **arguments):
        ids = [delivery.id for delivery in deliveries]
        return self.queue().reread(delivery_ids=ids, requested_by="hub replay (ann)", **arguments)

    def test_the_record_goes_as_it_is_now_and_the_old_delivery_stays(self):
        self.env.cr.execute("UPDATE res_partner SET phone = '2' WHERE id = %s", [self.acme.id])
        self.env.invalidate_all()
        self.assertEqual(self.reread(self.delivery), [self.delivery.id])
        event = self.the_event()
        self.assertEqual(self.payload(event)["record"]["phone"], "2")
        self.assertEqual(
            (event.delivery_ids.state, event.delivery_ids.system_id, event.delivery_ids.forced),
            ("pending", self.crm, False),
        )
        self.assertEqual(self.delivery.state, "held")

    def test_the_request_stays_on_record_with_who_asked(self):
        self.reread(self.delivery)
        attempt = self.delivery.attempt_ids
        self.assertEqual(
            (attempt.outcome, attempt.number, attempt.worker, attempt.user_id.id, attempt.traceparent),
            ("read_again", 0, "hub replay (ann)", False, self.delivery.event_id.traceparent),
        )

    def test_force_sends_also_what_the_system_is_believed_to_hold(self):
        self.reread(self.delivery, force=True)
        self.assertTrue(self.the_event().delivery_ids.forced)

    def test_two_deliveries_of_one_record_become_one_new_delivery(self):
        self.acme.phone = "2"
        second = self.the_event().delivery_ids
        self.assertEqual(self.reread(second, self.delivery), [second.id, self.delivery.id])
        self.assertEqual(len(self.events().delivery_ids), 1)

    def test_what_cannot_be_read_again_is_left_out_of_the_answer_and_untouched(self):
        gone = self.company("Gone")
        of_gone = self.the_event().delivery_ids
        gone.unlink()
        self.events()
        person = self.company("No longer a company")
        of_person = self.the_event().delivery_ids
        person.is_company = False
        self.events()
        never = self.env["integration.delivery"].browse(2147483647)
        self.assertEqual(self.reread(of_gone, of_person, never, self.delivery), [self.delivery.id])
        self.assertEqual(len(self.the_event().delivery_ids), 1)
        self.assertFalse((of_gone | of_person).attempt_ids)

    def test_a_rule_switched_off_sends_nothing_again(self):
        self.rule.active = False
        self.assertEqual(self.reread(self.delivery), [])
        self.assertFalse(self.events())

    def test_200_deliveries_are_read_again_in_a_bounded_number_of_queries(self):
        self.env["res.partner"].create([{"name": f"Company {number}", "is_company": True} for number in range(200)])
        deliveries = self.events().delivery_ids
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(len(self.reread(*deliveries)), 200)
        self.assertLess(self.env.cr.sql_log_count - before, 60)
        self.assertEqual(len(self.events().delivery_ids), 200)


@tagged("post_install", "-at_install")
class TestReadingOverJson2(ReadingCase, HttpCase):
    """SEC-01: the service user needs no group but the sidecar's."""

    def call(self, method, **arguments):
        keys = self.env["res.users.apikeys"].with_user(self.service_user).sudo()
        key = keys._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
        return self.url_open(
            f"/json/2/integration.queue/{method}",
            json=arguments,
            headers={"Authorization": f"bearer {key}", "X-Odoo-Database": self.env.cr.dbname},
        )

    def test_the_service_user_has_no_group_but_the_sidecars(self):
        self.assertEqual(
            self.service_user.group_ids,
            self.env.ref("base.group_user") | self.env.ref("integration_hub.group_sidecar"),
        )

    def test_it_reads_and_rereads_with_its_key(self):
        acme = self.company(email="a@example.com")
        delivery = self.the_event().delivery_ids
        answer = self.call("snapshot", model="res.partner", res_id=acme.id, object="customer")
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.json()["record"]["email"], "a@example.com")
        answer = self.call("reread", delivery_ids=delivery.ids, requested_by="test")
        self.assertEqual((answer.status_code, answer.json()), (200, delivery.ids), answer.text)

    @mute_logger("odoo.http")
    def test_a_refusal_arrives_in_words(self):
        answer = self.call("snapshot", model="res.partner", res_id=0, object="customer")
        self.assertEqual((answer.status_code, answer.json()["name"]), (422, "odoo.exceptions.ValidationError"))
        self.assertIn("Check the id", answer.json()["message"])
