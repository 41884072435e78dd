"""What is made of the rules, of what is in force and of what was published, kept for the requests of one process.

Odoo's own cache is emptied when something of it changes. That is not enough where requests run beside each other, as in
a process without workers: one that began before the change was committed sees what was, and would keep it for all who
come after.
"""

from collections import defaultdict, deque
from functools import partial

from .capture_transaction import forget_kept

FORGOTTEN = "integration_hub.forgotten"
#: `{database: the last transactions that changed what is kept here}`, as Postgres numbers them.
CHANGES = defaultdict(lambda: deque(maxlen=100))


def remembered(env, key, compute):
    """The answer of `compute()`, which all requests share until `forget_plans`. A transaction that does not see every
    change that was committed keeps its answer to itself."""
    cache = env["integration.rule"]._capture_cache()
    if key not in cache:
        value = compute()
        if not _sees_all_changes(env.cr):
            return value
        cache[key] = value
    return cache[key]


def _sees_all_changes(cr):
    changes = list(CHANGES[cr.dbname])
    if not changes:
        return True
    cr.execute(
        """
        SELECT bool_and(
                   txid_visible_in_snapshot(changed, txid_current_snapshot())
                   OR changed IS NOT DISTINCT FROM txid_current_if_assigned()
               )
          FROM unnest(%s::bigint[]) AS changed
        """,
        [changes],
    )
    return cr.fetchone()[0] is not False


def forget_plans(env, *caches):
    """A rule, or what rules are made of, changed: in this transaction, and for all workers' next requests.

    :param caches: Odoo's caches to empty besides, by name
    """
    forget_kept(env.cr)
    env.registry.clear_cache("default", *caches)
    data = env.cr.postcommit.data
    if FORGOTTEN not in data:
        data[FORGOTTEN] = {"default"}
        env.cr.execute("SELECT txid_current()")
        env.cr.postcommit.add(partial(_committed, env.registry, env.cr.fetchone()[0], data[FORGOTTEN]))
    data[FORGOTTEN].update(caches)


def _committed(registry, number, caches):
    """Empties them once more: until now a request beside this one read, and kept, what was."""
    CHANGES[registry.db_name].append(number)
    registry.clear_cache(*caches)
