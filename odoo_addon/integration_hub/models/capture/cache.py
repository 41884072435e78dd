"""What is made of the rules, of what is in force and of what was published, kept for the requests of one process.

Odoo's own cache is emptied when something of it changes. That is not enough where requests run beside each other, as in
a process without workers: one that began before the change was committed sees what was, and would keep it for all who
come after.
"""

from collections import defaultdict, deque
from functools import partial

from .transaction import forget_kept, plans_of

FORGOTTEN = "integration_hub.forgotten"
#: `{database: the last transactions that changed what is kept here, ended or not}`, as Postgres numbers them.
CHANGES = defaultdict(lambda: deque(maxlen=100))


def remembered(env, key, compute):
    """The answer of `compute()`, which all requests share until `forget_plans`. A transaction that does not see every
    change, because one is not committed yet or was after it began, keeps its answer to itself; so does one that made a
    change, which nobody else may see before it commits."""
    cache = env["integration.rule"]._capture_cache()
    if forgotten := env.cr.postcommit.data.get(FORGOTTEN):
        key = (forgotten["txid"], key)
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
    data = env.cr.postcommit.data
    if FORGOTTEN not in data:
        env.cr.execute("SELECT txid_current()")
        data[FORGOTTEN] = {"txid": env.cr.fetchone()[0], "caches": {"default"}}
        # Noted before it is committed: from now on nobody keeps for all what does not have the change in it. Noted
        # afterwards, a request that follows the commit at once could still meet what one beside it had kept before.
        CHANGES[env.cr.dbname].append(data[FORGOTTEN]["txid"])
        env.cr.postcommit.add(partial(_committed, env.registry, data[FORGOTTEN]["caches"]))
    data[FORGOTTEN]["caches"].update(caches)
    env.registry.clear_cache("default", *caches)


def release_in_force(env):
    """The number of the release whose fields are captured; 0: the mappings as shipped. It is kept with the plans, so
    that an event never names a release that reads fields which were not captured for it yet. Where this transaction
    made a change, the database is asked: a savepoint may have taken back the release it made."""
    if FORGOTTEN in env.cr.postcommit.data:
        return env["integration.release"]._current().number
    return plans_of(env).release


def _committed(registry, caches):
    """Empties them once more: what this transaction itself kept, a savepoint of it may have taken back."""
    registry.clear_cache(*caches)
