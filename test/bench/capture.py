"""Times the same work in two databases of one process, with the addon and without it, in pairs.

Run inside `odoo shell`. HUB_INPUT: {"with": database, "without": database, "catalogue": what the sidecar publishes,
"pairs": how often each operation is done on each side, the one of 200 a tenth as often}.
Prints one line: HUB_ANSWER {"rules": n, "operations": {"<operation>": {"ratio", "low", "high", "cpu_ratio", "pairs",
"with": {"median_ms", "cpu_ms", "queries"}, "without": {…}}}}. The ratio is the median of the pairs' ratios, since what slows
the machine down for a while slows both of a pair; between `low` and `high` it lies with 95 % (bootstrap over the pairs).
`cpu` is the processor time of Odoo and of its Postgres process, which does not see the disk or other programs.
"""

import gc
import json
import os
import random
import statistics
import time

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

asked = json.loads(os.environ["HUB_INPUT"])
SIDES = ("without", "with")
registries = {side: Registry(asked[side]) for side in SIDES}
BULK = 200
WARM_UP = 4
RESAMPLES = 1000


def as_administrator(cr):
    """What a request of the administrator's browser works in: his rights, language and company."""
    admin = api.Environment(cr, SUPERUSER_ID, {}).ref("base.user_admin")
    context = {"lang": admin.lang, "tz": admin.tz, "allowed_company_ids": admin.company_ids.ids}
    return api.Environment(cr, admin.id, context)


def cpu_seconds(backend):
    """Processor time of this thread and of a Postgres process, which the kernel counts in nanoseconds."""
    with open(f"/proc/{backend}/schedstat") as counters:
        return time.thread_time() + int(counters.read().split()[0]) / 1e9


def in_transaction(side, work, record_id):
    """One committed transaction, as a user's request makes it; answers (seconds, CPU seconds, queries), commit included.

    Its connection comes from Odoo's pool, as that of a request does: Odoo has reset it, so that Postgres has no plan
    kept from the transaction before."""
    with registries[side].cursor() as cr:
        env = as_administrator(cr)
        cr.commit()
        env.invalidate_all()
        backend = cr.connection.info.backend_pid
        gc.collect()
        gc.disable()
        queries, cpu, started = cr.sql_log_count, cpu_seconds(backend), time.perf_counter()
        work(env, record_id)
        cr.commit()
        seconds, cpu = time.perf_counter() - started, cpu_seconds(backend) - cpu
        gc.enable()
        return seconds, cpu, cr.sql_log_count - queries


def company(number):
    return {"name": f"Bench company {number}", "is_company": True, "phone": "+32 2 000 00 00", "email": "bench@example.com"}


def create_bulk(env, _record_id):
    env["res.partner"].create([company(number) for number in range(BULK)])


def create_single(env, _record_id):
    env["res.partner"].create(company(0))


def write(env, record_id):
    env["res.partner"].browse(record_id).write({"phone": f"+32 2 {time.perf_counter_ns()}"})


write.prepare = lambda env, count: env["res.partner"].create([company(number) for number in range(count)])


def confirm_order(env, record_id):
    env["sale.order"].browse(record_id).action_confirm()


def quotations(env, count):
    product = env["product.product"].search([("type", "=", "service"), ("sale_ok", "=", True)], limit=1)
    partners = env["res.partner"].create([company(number) for number in range(count)])
    lines = [(0, 0, {"product_id": product.id, "product_uom_qty": 2 + number}) for number in range(5)]
    return env["sale.order"].create([{"partner_id": partner.id, "order_line": lines} for partner in partners])


confirm_order.prepare = quotations


def prepare(side, work, count):
    """The ids of the records that the transactions work on, one for each; made beforehand."""
    if not hasattr(work, "prepare"):
        return [None] * count
    with registries[side].cursor() as cr:
        ids = work.prepare(as_administrator(cr), count).ids
        cr.commit()
        return ids


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


def captured():
    with registries["with"].cursor() as cr:
        cr.execute("SELECT count(*) FROM integration_event")
        return cr.fetchone()[0]


def measure(work, pairs):
    ids = {side: prepare(side, work, WARM_UP + pairs) for side in SIDES}
    before = captured()
    runs = {side: [] for side in SIDES}
    for turn in range(WARM_UP + pairs):
        for side in random.sample(SIDES, len(SIDES)):
            runs[side].append(in_transaction(side, work, ids[side][turn]))
    if captured() - before < WARM_UP + pairs:
        raise SystemExit(f"{work.__name__}: not everything was captured, so the measurement says nothing")
    columns = {side: list(zip(*runs[side][WARM_UP:], strict=True)) for side in SIDES}
    ratios, cpu_ratios = (
        [with_addon / without for with_addon, without in zip(columns["with"][n], columns["without"][n], strict=True)]
        for n in (0, 1)
    )
    samples = sorted(statistics.median(random.choices(ratios, k=pairs)) for _ in range(RESAMPLES))
    sides = {
        side: {
            "median_ms": statistics.median(seconds) * 1000,
            "cpu_ms": statistics.median(cpu) * 1000,
            "queries": statistics.median_low(queries),
        }
        for side, (seconds, cpu, queries) in columns.items()
    }
    return {
        "ratio": statistics.median(ratios),
        "low": samples[RESAMPLES // 40],
        "high": samples[-RESAMPLES // 40],
        "cpu_ratio": statistics.median(cpu_ratios),
        "pairs": pairs,
        **sides,
    }


rules = install_rules()
gc.collect()
gc.freeze()  # what both databases share is not looked through before every run
pairs = {create_bulk: max(1, asked["pairs"] // 10)}
answer = {
    "rules": rules,
    "operations": {
        work.__name__: measure(work, pairs.get(work, asked["pairs"]))
        for work in (create_bulk, create_single, write, confirm_order)
    },
}
print("HUB_ANSWER " + json.dumps(answer))
