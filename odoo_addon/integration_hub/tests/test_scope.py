from odoo.fields import Domain
from odoo.tests import TransactionCase, tagged

from ..models.capture.scope import compile_scope, in_scope


@tagged("post_install", "-at_install")
class TestScope(TransactionCase):
    """PERF-01: what memory answers of a rule's domain is what Odoo answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = cls.env["res.partner"].create(
            [
                {"name": "Company", "is_company": True, "ref": "1", "type": "contact"},
                {"name": "Person", "ref": "2", "type": "contact"},
                {"name": "Address", "ref": False, "type": "delivery"},
                {"name": "Without a type", "ref": "", "type": False},
            ]
        )

    def compiled(self, domain):
        return compile_scope(self.records, Domain(domain).optimize(self.records))

    def test_comparisons_of_plain_values_let_through_what_odoo_lets_through(self):
        for domain in (
            [("is_company", "=", True)],
            [("is_company", "!=", True)],
            [("is_company", "=", False), ("type", "=", "contact")],
            [("type", "in", ["contact", "delivery"])],
            [("type", "not in", ["contact"])],
            [("type", "=", False)],
            [("type", "in", [False, "delivery"])],
            [("type", "!=", False), ("ref", "!=", False)],
            [("ref", "=", "1")],
            [("ref", "!=", "1")],
            [("ref", "=", "")],
            [("ref", "in", ["", "2"])],
            [("ref", "not in", [False, "2"])],
            ["!", ("ref", "=", "1")],
        ):
            with self.subTest(domain=domain):
                self.records.mapped("name")
                found = in_scope(self.env, self.records._ids, self.compiled(domain))
                self.assertEqual(found, self.records.filtered_domain(domain).ids)

    def test_any_other_domain_is_left_to_odoo(self):
        for domain in (
            ["|", ("is_company", "=", True), ("ref", "=", "1")],
            [("name", "ilike", "a")],
            [("parent_id", "!=", False)],
            [("parent_id.ref", "=", "1")],
            [("is_company", "=", True), ("color", ">", 1)],
            Domain.FALSE,
        ):
            with self.subTest(domain=domain):
                self.assertIsNone(self.compiled(domain))

    def test_what_memory_does_not_hold_is_left_to_odoo(self):
        scope = self.compiled([("ref", "=", "1")])
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertIsNone(in_scope(self.env, self.records._ids, scope))
