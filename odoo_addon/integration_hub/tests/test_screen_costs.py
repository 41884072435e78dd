from lxml import etree
from odoo.tests import tagged

from .problem_case import ProblemCase

ROWS = 60


@tagged("post_install", "-at_install")
class TestScreenCosts(ProblemCase):
    """OBS-01: a list asks the database as often for a page of rows as for a few."""

    def columns(self, view):
        arch = etree.fromstring(self.env.ref(f"integration_hub.{view}").arch)
        return [node.get("name") for node in arch.iter("field") if not node.get("groups")]

    def queries(self, rows, columns):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env[rows._name].with_user(self.operator).browse(rows.ids)
        before = self.env.cr.sql_log_count
        rows.web_read({name: {} for name in columns})
        return self.env.cr.sql_log_count - before

    def assert_bounded(self, rows, *views):
        self.assertGreaterEqual(len(rows), ROWS)
        for view in views:
            columns = self.columns(view)
            self.queries(rows[:3], columns)  # what is remembered between requests
            few, many = ({name: self.queries(some, [name]) for name in columns} for some in (rows[:3], rows))
            dear = [name for name in columns if many[name] > few[name] + 2]
            self.assertEqual(dear, [], f"columns of {view} that cost a query for each row")

    def test_deliveries_that_stand_still(self):
        held = self.stand_still(self.changes(ROWS))
        self.assert_bounded(held, "view_delivery_list", "view_delivery_kanban", "view_inbound_list")

    def test_deliveries_that_wait_for_other_records(self):
        waiting = self.changes(ROWS)
        others = self.env["res.partner"].create([{"name": f"Other {n}"} for n in range(ROWS)])
        for delivery, other in zip(waiting, others, strict=True):
            delivery.write({"state": "waiting", "wait_for": f"res.partner,{other.id}"})
        self.assertIn("Other 7", waiting.with_user(self.operator)[7].situation)
        self.assert_bounded(waiting, "view_delivery_list", "view_inbound_list")

    def test_problems_and_the_counts_in_their_activities(self):
        held = self.changes(ROWS)
        for number, delivery in enumerate(held):
            self.stand_still(delivery, error_code=f"code_{number}", cause=f"data:code_{number}:customer.country")
        self.sync()
        self.assert_bounded(self.problems(), "view_problem_list", "view_problem_kanban")
        before = self.env.cr.sql_log_count
        self.env["integration.problem"]._refresh_activities()
        self.assertLess(self.env.cr.sql_log_count - before, ROWS)

    def test_events_and_attempts(self):
        deliveries = self.changes(ROWS)
        deliveries._note("cancelled", "no longer wanted")
        self.assert_bounded(deliveries.event_id, "view_event_list")
        self.assert_bounded(deliveries.attempt_ids, "view_attempt_list")

    def test_links_mappings_and_rules(self):
        self.env["integration.link"].sudo().create(
            [
                {
                    "system_id": self.crm.id,
                    "lane": f"res.partner,{n}",
                    "model": "res.partner",
                    "res_id": n,
                    "external_type": "company",
                    "external_id": str(n),
                }
                for n in range(1, ROWS + 1)
            ]
        )
        self.assert_bounded(self.env["integration.link"].search([]), "view_link_list")
        for number in range(ROWS):
            self.make_rule(name=f"Rule {number}")
        self.assert_bounded(self.env["integration.rule"].search([]), "view_rule_list")
        self.assert_bounded(self.env["integration.flow"].search([]), "view_flow_list")
        artifacts = self.env["integration.artifact"].sudo()
        artifacts.create([{"path": f"odoo/tables/t{n}.json", "title": f"Table {n}"} for n in range(ROWS)])
        tables = artifacts.search([("kind", "=", "table")])
        for table in tables:
            table.version_ids.create({"artifact_id": table.id, "content": {"entries": [{"from": "a", "to": "b"}]}})
        self.assert_bounded(tables, "view_artifact_list", "view_table_list")
        self.assert_bounded(tables.version_ids, "view_artifact_version_list")

    # -- what is counted at once is what the buttons act on ------------------------------------------------------

    def test_a_problem_counts_the_deliveries_that_its_buttons_are_about(self):
        deliveries = self.changes(9)
        self.stand_still(deliveries[:3])
        self.stand_still(deliveries[3], company_id=self.env.company.id)
        self.stand_still(deliveries[4], object="contact")
        self.stand_still(deliveries[5], error_kind="technical", error_code=False, cause=False, state="dead")
        self.stand_still(deliveries[6], cause="data:mapping_required_missing:customer.city")
        self.pause("credential", "401")
        self.sync()
        crowded = self.problems()[0].sudo().copy({"cause": "data:mapping_required_missing:*", "object": "customer"})
        problems = self.problems()
        self.assertIn(crowded, problems)
        counted = {problem.cause: problem.delivery_count for problem in problems}
        for problem in problems:
            found = self.env["integration.delivery"].sudo().search_count(problem._delivery_domain())
            self.assertEqual(problem.delivery_count, found, problem.cause)
            problem.invalidate_recordset(["delivery_count"])
        self.assertEqual(counted["data:mapping_required_missing:*"], 4)
        self.assertEqual(counted["technical:unspecified"], 1)
        self.assertEqual(counted["pause:credential"], 2)

    def test_who_may_not_read_what_a_delivery_waits_for_reads_its_number(self):
        model = next(name for name in ("account.move", "ir.cron") if name in self.env)
        waiting = self.changes(1)
        waiting.write({"state": "waiting", "wait_for": f"{model},7"})
        viewer = self.person("hub_costs_viewer", "integration_hub.group_viewer")
        self.assertFalse(self.env[model].with_user(viewer).has_access("read"))
        seen = self.env["integration.delivery"].with_user(viewer).browse(waiting.id)
        self.assertEqual(seen.waits_for_name, f"{self.env['ir.model']._get(model).name} 7")
        self.assertFalse(seen.waits_for_ref)
