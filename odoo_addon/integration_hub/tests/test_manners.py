from collections import Counter

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestManners(TransactionCase):
    """What Odoo complains of when the addon is installed: nothing."""

    def ours(self):
        return [model for model in self.env.values() if model._name.startswith("integration.")]

    def test_no_two_fields_of_a_model_have_the_same_label(self):
        for model in self.ours():
            labels = Counter(
                field.string for name, field in model._fields.items() if field._module == "integration_hub"
            )
            self.assertEqual([label for label, count in labels.items() if count > 1], [], model._name)

    def test_every_table_says_who_may_do_what_with_it(self):
        ruled = self.env["ir.model.access"].search([("model_id.model", "=like", "integration.%")]).model_id
        tables = {model._name for model in self.ours() if not model._abstract}
        self.assertEqual(tables - set(ruled.mapped("model")), set())
