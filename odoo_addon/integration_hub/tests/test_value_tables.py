import base64
import csv
import io

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..models.tables.table_content import from_csv, to_csv
from .artifact_case import ArtifactCase

TABLE = "systems/test_crm/tables/cost-centres.json"


@tagged("post_install", "-at_install")
class TestValueTables(ArtifactCase):
    """MAP-05: values are translated by tables that people edit as rows; an unknown value waits for being added."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table = cls.make_artifact(TABLE)

    def values(self, version):
        return [(row.source, row.target) for row in version.value_ids]

    def held(self, count, value="Sales", **values):
        self.env["res.partner"].create([{"name": f"C{n}", "is_company": True} for n in range(count)])
        deliveries = self.events().delivery_ids.sudo().filtered(lambda delivery: delivery.system_id == self.crm)
        deliveries.write(
            {
                "state": "held",
                "error_kind": "data",
                "error_code": "value_unknown",
                "error_field": f"{TABLE}#{value}",
                "cause": f"data:value_unknown:{TABLE}#{value}",
            }
            | values
        )
        self.env.flush_all()
        self.env.invalidate_all()
        return deliveries

    def unknown(self):
        return self.env["integration.unknown.value"].search([("path", "=", TABLE)])

    def add(self, target="4000", user=None, **values):
        unknown = self.unknown().filtered(lambda row: row.value == "Sales").with_user(user or self.ann)
        wizard = self.env["integration.unknown.value.add"].with_user(user or self.ann)
        context = unknown.action_add()["context"]
        return wizard.with_context(**context).create({"target": target} | values).action_add()

    def csv(self, text, mode="merge"):
        wizard = self.env["integration.table.csv"].with_user(self.ann)
        return wizard.create(
            {
                "artifact_id": self.table.id,
                "file": base64.b64encode(text.encode()),
                "file_name": "cost.csv",
                "mode": mode,
            }
        ).action_import()

    def test_rows_and_content_are_the_same_thing(self):
        version = self.draft({"title": "Cost centres", "entries": [{"from": "A", "to": 1}]}, artifact=self.table)
        self.assertEqual([(row.target, row.target_type) for row in version.value_ids], [("1", "number")])
        version.value_ids = [(0, 0, {"source": "B", "target": "2000", "note": "new"})]
        self.assertEqual(
            version.content,
            {
                "title": "Cost centres",
                "entries": [{"from": "A", "to": 1}, {"from": "B", "to": "2000", "note": "new"}],
            },
        )
        version.value_ids[0].unlink()
        self.assertEqual([entry["from"] for entry in version.content["entries"]], ["B"])
        version.content = {"X": "9"}
        self.assertEqual(self.values(version), [("X", "9")])

    def test_what_a_table_says_now_is_read_without_a_version(self):
        self.assertFalse(self.table.values_now)
        self.draft({"entries": [{"from": "<b>A</b>", "to": 7}]}, artifact=self.table).action_activate()
        self.table.invalidate_recordset()
        shown = self.table.with_user(self.operator).values_now
        self.assertIn("<td>&lt;b&gt;A&lt;/b&gt;</td><td>7</td>", shown)

    def test_rows_of_a_submitted_version_stay(self):
        version = self.draft({"entries": [{"from": "A", "to": "1"}]}, artifact=self.table)
        version.action_activate()
        with self.assertRaisesRegex(UserError, "fixed"):
            version.value_ids.write({"target": "2"})
        with self.assertRaisesRegex(UserError, "fixed"):
            self.env["integration.table.value"].with_user(self.ann).create(
                {"version_id": version.id, "source": "B", "target": "2"}
            )
        with self.assertRaises(AccessError):
            version.value_ids.with_user(self.operator).write({"target": "2"})

    def test_a_number_that_is_none_is_refused(self):
        version = self.draft({"entries": []}, artifact=self.table)
        with self.assertRaisesRegex(ValidationError, "abc"):
            version.value_ids = [(0, 0, {"source": "A", "target": "abc", "target_type": "number"})]

    def test_unknown_values_are_counted_for_each_table(self):
        self.held(3)
        self.held(2, value="R#D")
        self.assertEqual(self.unknown().mapped(lambda row: (row.value, row.waiting)), [("Sales", 3), ("R#D", 2)])
        self.assertEqual(self.table.unknown_count, 2)
        self.assertEqual(self.unknown()[0].artifact_id, self.table)

    def test_unknown_values_of_other_companies_are_not_shown(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.held(1, company_id=other.id)
        self.assertFalse(self.unknown().with_user(self.operator).search([("path", "=", TABLE)]))

    def test_adding_the_value_lets_all_that_wait_go_under_the_new_release(self):
        waiting, others = self.held(3), self.held(1, value="Other")
        self.add()
        self.env.invalidate_all()
        release = self.env["integration.release"]._current()
        self.assertEqual(set(waiting.mapped(lambda row: (row.state, row.release))), {("pending", release.number)})
        self.assertEqual(others.state, "held")
        self.assertEqual(
            self.table.active_version_id.content, {"title": TABLE, "entries": [{"from": "Sales", "to": "4000"}]}
        )
        self.assertEqual(self.unknown().mapped("value"), ["Other"])

    def test_what_waits_for_a_value_leads_to_adding_it(self):
        delivery = self.held(1)
        asked = delivery.with_user(self.ann).action_add_value()
        self.assertEqual(asked["context"], self.unknown().action_add()["context"])
        version = self.draft({"entries": [{"from": str(n), "to": n} for n in range(8)]}, artifact=self.table)
        version.with_user(self.ann).action_activate()
        wizard = self.env["integration.unknown.value.add"].with_context(**asked["context"]).create({"target": "4000"})
        self.assertEqual((wizard.known.split("\n")[0], wizard.known.split("\n")[-1]), ("0 → 0", "… and 2 more"))
        self.assertFalse(delivery.error_field_words, "the name of a file says nothing to who reads it")
        delivery.state = "cancelled"
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, "Nothing waits for this value"):
            delivery.with_user(self.ann).action_add_value()

    def test_a_table_that_nobody_owns_yet_is_given_an_owner_and_a_purpose_on_the_way(self):
        """GOV-01"""
        self.table.write({"owner_id": False, "purpose": False})
        waiting = self.held(1)
        self.add(purpose="Cost centres of departments")
        self.env.invalidate_all()
        self.assertEqual((self.table.owner_id, self.table.purpose), (self.ann, "Cost centres of departments"))
        self.assertEqual(waiting.state, "pending")

    def test_with_four_eyes_the_value_waits_for_its_approval(self):
        waiting = self.held(1)
        self.table.four_eyes = True
        self.add()
        version = self.table.draft_version_id
        self.assertEqual((version.state, waiting.state), ("in_review", "held"))
        version.sudo().write({"compliance_note": "x", "rollback_plan": "x"})
        version.with_user(self.bob).action_approve()
        version.with_user(self.bob).action_activate()
        self.env.invalidate_all()
        self.assertEqual(waiting.state, "pending")

    def test_however_the_table_comes_in_force_what_waits_for_it_goes(self):
        waiting = self.held(1)
        content = {"title": "T", "entries": [{"from": "Sales", "to": "1"}]}
        files = [{"path": TABLE, "content": content}]
        (answer,) = self.table.with_user(self.ann).pack_apply(files, "From test", activate=True)
        self.env.invalidate_all()
        self.assertEqual((answer["result"], waiting.state), ("active", "pending"))
        self.csv("from,to\nOther,2\n", mode="replace")
        self.table.draft_version_id.action_activate()
        waiting = self.held(1)
        self.table.active_version_id.with_user(self.ann).action_rollback()
        self.env.invalidate_all()
        self.assertEqual(waiting.state, "pending", "gone back to, the table knows it again")

    def test_of_two_who_add_one_value_the_second_overwrites_nothing(self):
        self.held(1)
        wizard = self.env["integration.unknown.value.add"].with_user(self.bob)
        second = wizard.with_context(**self.unknown().action_add()["context"]).create({"target": "5000"})
        self.add("4000")
        with self.assertRaisesRegex(UserError, "in the table by now, as “4000”"):
            second.action_add()
        self.assertEqual(self.table.active_version_id.content["entries"], [{"from": "Sales", "to": "4000"}])

    def test_a_row_of_history_is_not_moved_away(self):
        self.draft({"entries": [{"from": "A", "to": "1"}]}, artifact=self.table).action_activate()
        active, draft = self.table.active_version_id, self.draft({"entries": []}, artifact=self.table)
        with self.assertRaisesRegex(UserError, "fixed"):
            active.value_ids.with_user(self.ann).write({"version_id": draft.id})

    def test_operators_see_unknown_values_and_add_none(self):
        self.held(1)
        self.assertEqual(len(self.unknown().with_user(self.operator)), 1)
        with self.assertRaises(AccessError):
            self.add(user=self.operator)

    def test_a_csv_goes_in_and_comes_out_again(self):
        self.csv("\ufefffrom;to;note\nA;1000;first\n\nB;'=2\n")
        version = self.table.draft_version_id
        self.assertEqual(self.values(version), [("A", "1000"), ("B", "=2")])
        version.action_activate()
        download = self.table.with_user(self.ann).action_export_csv()
        wizard = self.env["integration.table.csv"].browse(int(download["url"].split("/")[4]))
        text = base64.b64decode(wizard.file).decode("utf-8-sig")
        self.assertEqual(text, "from,to,note\r\nA,1000,first\r\nB,'=2,\r\n")

    def test_no_text_runs_in_a_spreadsheet_and_none_is_changed_by_the_way(self):
        texts = ["=1+1", "@x", "\t=1", "-5", "+1", "'=kept", "''", "O'Neil", "a,b", 'say "x"']
        entries = [{"from": f"{place}", "to": text, "note": ""} for place, text in enumerate(texts)]
        text = to_csv(entries)
        for line in csv.reader(io.StringIO(text)):
            self.assertFalse(line[1].startswith(("=", "@", "\t", "-", "+")), line)
        self.assertEqual([row for _line, row in from_csv(text)], entries)

    def test_a_csv_adds_or_is_the_whole_table(self):
        self.draft({"entries": [{"from": "A", "to": 1}]}, artifact=self.table).action_activate()
        self.csv("from,to\nA,2\nB,3\n")
        version = self.table.draft_version_id
        self.assertEqual([(entry["from"], entry["to"]) for entry in version.content["entries"]], [("A", 2), ("B", "3")])
        self.csv("from,to\nC,4\n", mode="replace")
        self.assertEqual(self.values(version), [("C", "4")])

    def test_a_wrong_csv_changes_nothing_and_names_its_lines(self):
        for text, words in (
            ("a,b\n1,2\n", "from, to"),
            ("from,to\nA,1\nA,2\n", "line 3: “A” stands in line 2"),
            ("from,to\n,2\n", "line 2"),
            ("from,to\n", "no values"),
            ("from,to\nA,1\rB,2\n", "cannot be read"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, words):
                self.csv(text)
        self.assertFalse(self.table.draft_version_id)
