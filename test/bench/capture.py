"""Times the same work in two databases of one process, with the addon and without it, in turn.

Run inside `odoo shell`. HUB_INPUT: {"with": database, "without": database, "rounds": n, "catalogue": what the sidecar publishes}.
Prints one line: HUB_ANSWER {"<operation>": {"with": [seconds…], "without": [seconds…]}}.
"""

import gc
import json
import os
import statistics
import time

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

asked = json.loads(os.environ["HUB_INPUT"])
SIDES = ("without", "with")
registries = {side: Registry(asked[side]) for side in SIDES}
BULK = 200


def in_transaction(side, work):
    """One committed transaction, as a user's request makes it; answers its seconds, commit included."""
    with registries[side].cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": False})
        prepared = work.prepare(env) if hasattr(work, "prepare") else None
        cr.commit()
        env.invalidate_all()
        gc.collect()
        started = time.perf_counter()
        work(env, prepared)
        env.cr.commit()
        return time.perf_counter() - started


def company(number):
    return {"name": f"Bench company {number}", "is_company": True, "phone": "+32 2 000 00 00", "email": "bench@example.com"}


def create_bulk(env, _):
    env["res.partner"].create([company(number) for number in range(BULK)])


def create_single(env, _):
    env["res.partner"].create(company(0))


def write(env, partner):
    partner.write({"phone": f"+32 2 {time.perf_counter_ns()}"})


write.prepare = lambda env: env["res.partner"].create(company(0))


def confirm_order(env, order):
    order.action_confirm()


def quotation(env):
    product = env["product.product"].search([("type", "=", "service"), ("sale_ok", "=", True)], limit=1)
    partner = env["res.partner"].create(company(0))
    lines = [(0, 0, {"product_id": product.id, "product_uom_qty": 2 + number}) for number in range(5)]
    return env["sale.order"].create({"partner_id": partner.id, "order_line": lines})


confirm_order.prepare = quotation


def install_rules():
    """All starter rules, so that the measured side does everything a customer's would."""
    with registries["with"].cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["integration.catalogue"].publish(asked["catalogue"])
        wizard = env["integration.rule.install"].create({})
        wizard.line_ids.selected = True
        wizard.action_install()
        cr.commit()
        return env["integration.rule"].search_count([])


def captured(side):
    with registries[side].cursor() as cr:
        cr.execute("SELECT count(*) FROM integration_event")
        return cr.fetchone()[0]


rules = install_rules()
answer = {"rules": rules, "operations": {}}
for work, rounds in ((create_bulk, 1), (create_single, 4), (write, 6), (confirm_order, 3)):
    before = captured("with")
    seconds = {side: [] for side in SIDES}
    for _warm in range(2):
        for side in SIDES:
            in_transaction(side, work)
    for turn in range(asked["rounds"] * rounds):
        for side in SIDES if turn % 2 else SIDES[::-1]:
            seconds[side].append(in_transaction(side, work))
    if captured("with") == before:
        raise SystemExit(f"{work.__name__}: nothing was captured, so nothing was measured")
    answer["operations"][work.__name__] = {
        side: {"median_ms": statistics.median(values) * 1000, "runs": len(values)} for side, values in seconds.items()
    } | {"ratio": statistics.median(w / o for w, o in zip(seconds["with"], seconds["without"], strict=True))}
print("HUB_ANSWER " + json.dumps(answer))
