from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestTitles(HubCase):
    """OBS-01: people read titles of business objects and events; codes are what is stored."""

    def publish(self, kind, code, title, content=None):
        return (
            self.env["integration.catalogue"]
            .sudo()
            .create({"kind": kind, "code": code, "title": title, "content": content or {}})
        )

    def title(self, record, field):
        return dict(record.fields_get([field], ["selection"])[field]["selection"]).get(record[field])

    def delivery(self):
        self.company("Azure")
        return self.the_event().delivery_ids[:1]

    def test_a_delivery_shows_the_published_title_of_its_object_and_event(self):
        self.env["integration.catalogue"].sudo().search([("code", "=", "customer")]).unlink()
        self.publish("object", "customer", "Client")
        delivery = self.delivery()
        self.assertEqual((delivery.object, delivery.event_type), ("customer", "customer.changed"))
        self.assertEqual(self.title(delivery, "object"), "Client")
        self.assertEqual(self.title(delivery, "event_type"), "Client changed")

    def test_a_person_names_an_event_in_each_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        row = self.env["integration.event.type"].search([("name", "=", "customer.changed")])
        row.title = "Customer news"
        row.with_context(lang="fr_FR").title = "Nouvelles du client"
        delivery = self.delivery()
        self.assertEqual(self.title(delivery, "event_type"), "Customer news")
        self.assertEqual(self.title(delivery.with_context(lang="fr_FR"), "event_type"), "Nouvelles du client")
        self.assertEqual(delivery.event_id.display_name, "Azure: Customer news")

    def test_what_is_neither_published_nor_in_a_rule_any_more_is_still_readable(self):
        self.rule.write({"object": "cost_centre", "event_type": "cost_centre.merged_there"})
        delivery = self.delivery()
        self.rule.write({"object": "customer", "event_type": "customer.changed"})
        self.env["integration.event.type"].search([("name", "=", "cost_centre.merged_there")]).sudo().unlink()
        self.assertEqual(self.title(delivery, "object"), "Cost centre")
        self.assertEqual(self.title(delivery, "event_type"), "Cost centre merged there")

    def test_events_that_come_in_have_titles_before_the_first_one_came(self):
        self.publish("schema", "parcel/2", "Parcel")
        self.publish("file", "odoo/in/parcel.json", "Parcel", {"event": {"upsert": "parcel.arrived"}})
        titles = self.env["integration.event.type"]._event_titles()
        self.assertEqual(titles["parcel.arrived"], "Parcel arrived")
        self.assertEqual(titles["parcel.deleted"], "Parcel deleted")

    def test_an_export_holds_the_title(self):
        delivery = self.delivery()
        self.assertEqual(delivery.export_data(["event_type"])["datas"], [[self.title(delivery, "event_type")]])

    def test_a_replay_says_in_words_what_it_sends_again(self):
        start = self.env["integration.replay.start"].create({"event_type": "customer.changed", "object": "customer"})
        job = self.env["integration.replay"].browse(start.action_start()["res_id"])
        self.assertIn("changed", job.filter_text)
        for code in ("customer.changed", "res.partner"):
            self.assertNotIn(code, job.filter_text)

    def test_no_breadcrumb_is_a_bare_code_or_number(self):
        delivery = self.delivery()
        delivery._note("read_again")
        self.assertEqual(delivery.attempt_ids.display_name, "Azure: Read again by a person")
        release = self.env["integration.release"]._make([], {}, "A test")
        self.assertEqual(release.display_name, f"Release {release.number}")
        self.assertEqual(delivery.event_id.display_name, f"Azure: {self.title(delivery, 'event_type')}")
