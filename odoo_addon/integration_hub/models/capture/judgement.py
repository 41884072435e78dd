"""Decides at precommit which marks became business events, and has them stored."""

import logging
from contextlib import contextmanager, nullcontext

from odoo.exceptions import MissingError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from .enqueue import CapturedEvent, store
from .snapshot import read_records
from .transaction import captured, existing, plans_of, take_marks

_logger = logging.getLogger(__name__)

FAILURE_PARAMETER = "integration_hub.capture_failure"  # 'raise' (default) or 'log'


def guarded(env):
    """What happens when capturing fails: by default the user's change fails too, so that no change goes unrecorded.
    With the system parameter `integration_hub.capture_failure` set to `log`, the user goes on and the log says what
    was lost. Errors after which Odoo repeats the whole transaction always pass."""
    plans = plans_of(env)
    if plans.lenient is None:
        plans.lenient = env["ir.config_parameter"].sudo().get_param(FAILURE_PARAMETER) == "log"
    return _lenient(env) if plans.lenient else _STRICT


_STRICT = nullcontext()


@contextmanager
def _lenient(env):
    try:
        with env.cr.savepoint(flush=False):
            yield
    except (SerializationFailure, DeadlockDetected, LockNotAvailable):
        raise
    except Exception:
        _logger.exception(
            "A change could not be recorded for the integrations; the user's transaction goes on (%s = log)",
            FAILURE_PARAMETER,
        )


def judge(env):
    """The precommit hook: one look at everything marked, one statement that stores it."""
    marks = take_marks(env.cr)
    if not marks:
        return
    with guarded(env):
        transaction = captured(env.cr)
        if transaction.imported:
            env.invalidate_all()
        plans = plans_of(env)
        events, replaced = [], []
        for model, users in marks.items():
            for res_id in users:
                replaced += transaction.emitted.get((model, res_id), ())
            if (plan := plans.get(model)) and plan.rules:
                events += _judge_model(env[model].browse(users), plan, users, transaction)
        store(env, transaction, events, replaced)


def note_deletion(records, plan):
    """Reads the payload of records that are about to be deleted: afterwards there is nothing to read."""
    transaction = captured(records.env.cr)
    created = transaction.created.get(records._name, ())
    gone = transaction.gone.setdefault(records._name, {})
    known = records.exists().filtered(lambda record: record.id not in created)
    for company_id, group in known._capture_by_company():
        for rule in plan.rules:
            if not rule.on_unlink:
                continue
            chosen = rule.in_scope(group, company_id)
            for res_id, values in zip(chosen._ids, read_records(chosen, rule.reading), strict=True):
                event = _event(rule, chosen._name, company_id, "unlink", values, [], {}, records.env.uid)
                gone.setdefault(res_id, {})[rule.id] = event


def snapshot_event(rule, record, company_id, user_id, targets, forced):
    """An event of a record as it is now, for these systems of the rule: somebody asked for it, nothing changed."""
    (values,) = read_records(record, rule.reading)
    event = _event(rule, record._name, company_id, "write", values, [], {}, user_id)
    event.systems = targets
    event.forced = forced
    return event


def _judge_model(records, plan, users, transaction):
    try:
        return _judge_present(records, existing(records), plan, users, transaction)
    except MissingError:  # deleted by raw SQL, which nothing in Odoo sees
        return _judge_present(records, records.exists(), plan, users, transaction)


def _judge_present(records, present, plan, users, transaction):
    events = []
    if len(present) < len(records):
        gone = transaction.gone.get(records._name, {})
        for res_id in set(records._ids).difference(present._ids):
            events += gone.get(res_id, {}).values()
    for company_id, group in present._capture_by_company():
        events += _judge_group(group, company_id, plan, users, transaction)
    return events


def _judge_group(records, company_id, plan, users, transaction):
    """Events of records of one company: what changed, whether a rule wants it, and the payload, read once for all
    rules that share it."""
    created = transaction.created.get(records._name, ())
    changes = _changes(records, plan, created, transaction.before.get(records._name, {}))
    snapshots = {}
    for rule in plan.rules:
        operations = {}
        for res_id in records._ids:
            if operation := _operation(rule, records, res_id, created, changes):
                operations[res_id] = operation
        if not operations:
            continue
        chosen = rule.in_scope(records.browse(operations), company_id)
        known = snapshots.setdefault(id(rule.reading), {})
        if unread := [res_id for res_id in chosen._ids if res_id not in known]:
            known.update(zip(unread, rule.reading.rows(chosen.env, unread), strict=True))
        for res_id in chosen._ids:
            changed = changes.get(res_id, {})
            before = {name: changed[name] for name in sorted(changed) if name in rule.watched}
            yield _event(
                rule, records._name, company_id, operations[res_id], known[res_id], list(before), before, users[res_id]
            )


def _changes(records, plan, created, images):
    """`{id: {field: value before}}` of the watched fields that hold another value than when the transaction began."""
    seen = [id_ for id_ in records._ids if id_ not in created and images.get(id_)]
    if not seen:
        return {}
    names = tuple(sorted({name for id_ in seen for name in images[id_] if name in plan.watched}))
    reading = plan.image_of(records.env, records._name, names)
    changes = {}
    for res_id, now in zip(seen, reading.rows(records.env, seen), strict=True):
        image = images[res_id]
        changed = {
            name: image[name]
            for name in now
            if name in image and not _same(image[name], now[name], name in plan.followed)
        }
        if changed:
            changes[res_id] = changed
    return changes


def _same(before, now, followed):
    """A many-to-one is the same when it points at the same record: a change inside that record is its own event,
    unless it is followed."""
    if not followed and isinstance(before, dict) and isinstance(now, dict) and "model" in before:
        return before["id"] == now.get("id")
    return before == now


def _operation(rule, records, res_id, created, changes):
    if res_id in created:
        return "create" if rule.on_create else None
    changed = changes.get(res_id, ())
    if rule.on_archive and "active" in changed:
        return "unarchive" if records.browse(res_id).active else "archive"
    if rule.on_write and not rule.watched.isdisjoint(changed):
        return "write"
    return None


def _event(rule, model, company_id, operation, values, changed, before, user_id):
    return CapturedEvent(
        rule=rule,
        model=model,
        res_id=values["id"],
        res_name=values["display_name"] or None,
        company_id=company_id,
        user_id=user_id,
        operation=operation,
        changed=changed,
        payload={"record": values, "changed": changed, "before": before},
    )
