"""Times the same work in two databases of one process, with the addon and without it, in turn.

Run inside `odoo shell`. HUB_INPUT: {"with": database, "without": database, "catalogue": what the sidecar publishes}.
Prints one line: HUB_ANSWER {"rules": n, "operations": {"<operation>": {"ratio", "pairs", "with": {"median_ms", "queries"},
"without": {…}}}}. The ratio is the median of the pairs' ratios: what slows the machine down for a while slows both of a pair.
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
WARM_UP = 2


def as_administrator(cr):
    """What a request of the administrator's browser works in: his rights, language and company."""
    admin = api.Environment(cr, SUPERUSER_ID, {}).ref("base.user_admin")
    context = {"lang": admin.lang, "tz": admin.tz, "allowed_company_ids": admin.company_ids.ids}
    return api.Environment(cr, admin.id, context)


def in_transaction(side, work):
    """One committed transaction, as a user's request makes it; answers (seconds, queries), commit included."""
    with registries[side].cursor() as cr:
        env = as_administrator(cr)
        prepared = work.prepare(env) if hasattr(work, "prepare") else None
        cr.commit()
        env.invalidate_all()
        gc.collect()
        gc.disable()
        queries, started = cr.sql_log_count, time.perf_counter()
        work(env, prepared)
        cr.commit()
        seconds = time.perf_counter() - started
        gc.enable()
        return seconds, cr.sql_log_count - queries


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


def measure(work, pairs):
    before = captured("with")
    for _warm in range(WARM_UP):
        for side in SIDES:
            in_transaction(side, work)
    runs = {side: [] for side in SIDES}
    for turn in range(pairs):
        for side in SIDES if turn % 2 else SIDES[::-1]:
            runs[side].append(in_transaction(side, work))
    if captured("with") == before:
        raise SystemExit(f"{work.__name__}: nothing was captured, so nothing was measured")
    ratios = [with_addon / without for (with_addon, _), (without, _) in zip(runs["with"], runs["without"], strict=True)]
    sides = {
        side: {
            "median_ms": statistics.median(seconds for seconds, _ in runs[side]) * 1000,
            "queries": statistics.median_low(queries for _, queries in runs[side]),
        }
        for side in SIDES
    }
    return {"ratio": statistics.median(ratios), "pairs": pairs, **sides}


rules = install_rules()
gc.collect()
gc.freeze()  # what both databases share is not looked through before every run
# Pairs: enough that the same run repeated differs by about 0.01; a minute and a half on two idle cores.
operations = {create_bulk: 20, create_single: 150, write: 150, confirm_order: 150}
answer = {"rules": rules, "operations": {work.__name__: measure(work, pairs) for work, pairs in operations.items()}}
print("HUB_ANSWER " + json.dumps(answer))
