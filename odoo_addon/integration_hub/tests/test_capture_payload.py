from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestCapturePayload(HubCase):
    """MAP-02: the snapshot has the one form that every mapping reads (docs/architecture.md, Capture)."""

    def snapshot(self, record, *paths):
        self.rule.write(
            {"model_id": self.env["ir.model"]._get_id(record._name), "payload_fields": "\n".join(paths), "domain": "[]"}
        )
        self.env["integration.rule"]._enqueue_records(record)
        return self.payload(self.events()[-1])["record"]

    def test_empty_values_are_null_and_booleans_stay_booleans(self):
        record = self.snapshot(
            self.company(), "email", "parent_id", "country_id.code", "employee", "category_id", "partner_latitude"
        )
        self.assertEqual(
            {
                name: record[name]
                for name in ("email", "parent_id", "country_id", "employee", "category_id", "partner_latitude")
            },
            {
                "email": None,
                "parent_id": None,
                "country_id": None,
                "employee": False,
                "category_id": [],
                "partner_latitude": 0.0,
            },
        )

    def test_a_many_to_one_has_id_model_name_and_the_fields_asked_for(self):
        belgium = self.env.ref("base.be")
        record = self.snapshot(self.company(country_id=belgium.id), "country_id.code", "country_id.currency_id.name")
        euro = belgium.currency_id
        self.assertEqual(
            record["country_id"],
            {
                "id": belgium.id,
                "model": "res.country",
                "name": "Belgium",
                "code": "BE",
                "currency_id": {"id": euro.id, "model": "res.currency", "name": "EUR"},
            },
        )

    def test_a_to_many_is_a_list_of_objects_with_the_fields_asked_for(self):
        child = {"name": "Ann", "email": "ann@example.com"}
        company = self.company(child_ids=[(0, 0, child)])
        record = self.snapshot(company, "child_ids.email", "child_ids.country_id.code")
        self.assertEqual(
            record["child_ids"], [{"id": company.child_ids.id, "email": "ann@example.com", "country_id": None}]
        )

    def test_times_are_utc_with_z_dates_plain_selections_keys(self):
        currency = self.env.ref("base.EUR")
        rate = self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "name": date(2031, 5, 4), "rate": 1.25}
        )
        record = self.snapshot(rate, "name", "rate", "currency_id.position")
        self.assertEqual(
            (record["name"], record["rate"], record["currency_id"]["position"]), ("2031-05-04", 1.25, "after")
        )
        self.assertRegex(record["write_date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_id_display_name_active_and_write_date_are_always_there(self):
        company = self.company()
        record = self.snapshot(company, "vat")
        self.assertEqual(set(record), {"id", "display_name", "active", "write_date", "vat"})
        self.assertEqual((record["id"], record["display_name"], record["active"]), (company.id, "Acme", True))

    def test_translated_values_are_in_the_companys_language_whoever_makes_the_change(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        tag = self.env["res.partner.category"].create({"name": "Client"})
        tag.with_context(lang="fr_FR").name = "Cliente"
        self.env.company.partner_id.lang = "en_US"
        company = self.committed(self.company(category_id=[(6, 0, tag.ids)]))
        self.rule.payload_fields = "phone\ncategory_id.name"
        company.with_context(lang="fr_FR").phone = "5"
        self.assertEqual(self.payload(self.the_event())["record"]["category_id"], [{"id": tag.id, "name": "Client"}])

    def test_a_company_that_changes_its_language_is_read_in_the_new_one_at_once(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        tag = self.env["res.partner.category"].create({"name": "Client"})
        tag.with_context(lang="fr_FR").name = "Cliente"
        company = self.committed(self.company(category_id=[(6, 0, tag.ids)]))
        self.rule.payload_fields = "phone\ncategory_id.name"
        for lang, name in (("en_US", "Client"), ("fr_FR", "Cliente")):
            self.env.company.partner_id.lang = lang
            company.phone = lang
            event = self.the_event()
            self.assertEqual(self.payload(event)["record"]["category_id"], [{"id": tag.id, "name": name}])

    def test_text_from_outside_survives_the_way_into_the_queue(self):
        name = "Ünï \"quoted\" \\ 100% {brace} 'single'\n漢字 🙂"
        company = self.company(name)
        event = self.the_event()
        self.assertEqual(self.payload(event)["record"]["name"], company.name)
        self.assertEqual(event.res_name, company.display_name)

    def test_fields_the_user_may_not_read_are_captured_for_him(self):
        self.rule.write(
            {
                "model_id": self.env["ir.model"]._get_id("res.company"),
                "payload_fields": "name\nparent_id",
                "domain": "[]",
            }
        )
        company = self.env["res.company"].create({"name": "Branch"})
        event = self.events().filtered(lambda event: event.model == "res.company")
        self.assertEqual(self.payload(event)["record"]["name"], company.name)

    def test_the_name_is_the_one_that_people_see(self):
        acme = self.company("Acme")
        person = self.env["res.partner"].create({"name": "Ann", "parent_id": acme.id})
        self.committed(acme | person)
        found = [self.env[model].search([])[0] for model in ("project.task", "sale.order", "hr.employee", "crm.lead")]
        for record in (acme, person, *found):
            with self.subTest(record=record):
                self.assertEqual(self.snapshot(record, "name")["display_name"], record.display_name)

    def test_the_name_that_another_addon_gives_counts(self):
        acme = self.committed(self.company("Acme"))

        def numbered(records):
            for record in records:
                record.display_name = f"[7] {record.name}"

        with patch.object(type(acme), "_compute_display_name", numbered):
            self.assertEqual(self.snapshot(acme, "name")["display_name"], "[7] Acme")
