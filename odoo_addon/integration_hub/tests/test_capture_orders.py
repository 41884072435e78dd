from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestCaptureOrders(HubCase):
    """EVT-02, TIM-02: a confirmed order is captured with its final figures, though Odoo computes them late."""

    def setUp(self):
        super().setUp()
        if "sale.order" not in self.env:
            self.skipTest("sale is not installed")
        self.rule.active = False
        self.make_rule(
            "sale.order",
            (
                "name",
                "state",
                "amount_total",
                "partner_id.name",
                "order_line.product_uom_qty",
                "order_line.product_id.default_code",
            ),
            domain="[('state', '=', 'sale')]",
            event_type="contract.confirmed",
            object="contract",
        )
        self.product = self.env["product.product"].create(
            {"name": "Day", "default_code": "DAY", "list_price": 100.0, "taxes_id": False}
        )
        self.order = self.env["sale.order"].create(
            {
                "partner_id": self.company().id,
                "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 3})],
            }
        )
        self.committed(self.order)

    def test_confirming_makes_one_event_with_the_final_figures(self):
        self.order.action_confirm()
        event = self.the_event()
        record = self.payload(event)["record"]
        self.assertEqual((event.operation, record["state"], record["amount_total"]), ("write", "sale", 300.0))
        self.assertEqual(record["order_line"][0]["product_uom_qty"], 3.0)
        self.assertEqual(record["order_line"][0]["product_id"]["default_code"], "DAY")
        self.assertIn("state", event.changed_fields.split(","))

    def test_a_quotation_makes_no_event(self):
        self.order.order_line.product_uom_qty = 5
        self.assertFalse(self.events())

    def test_a_changed_line_of_a_confirmed_order_changes_the_orders_total(self):
        self.order.action_confirm()
        self.events()
        self.order.order_line.product_uom_qty = 5
        event = self.the_event()
        self.assertEqual((event.model, event.res_id), ("sale.order", self.order.id))
        self.assertEqual(event.changed_fields, "amount_total,order_line")
        self.assertEqual(self.payload(event)["before"]["amount_total"], 300.0)
        self.assertEqual(self.payload(event)["record"]["amount_total"], 500.0)

    def test_an_order_created_and_confirmed_in_one_transaction_is_one_creation(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.order.partner_id.id,
                "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 2})],
            }
        )
        order.action_confirm()
        event = self.the_event()
        self.assertEqual((event.operation, self.payload(event)["record"]["amount_total"]), ("create", 200.0))
