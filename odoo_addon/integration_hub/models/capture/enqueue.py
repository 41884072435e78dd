"""Stores captured events in one statement: several by `sql/07_private_enqueue.sql`, a single one by its own."""

import json
from dataclasses import dataclass
from typing import Any

from odoo.tools import SQL

from .cache import release_in_force

_to_json = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` makes an encoder at every call


@dataclass(slots=True)
class CapturedEvent:
    rule: Any  # CompiledRule
    model: str
    res_id: int
    res_name: str | None
    company_id: int | None
    user_id: int
    operation: str
    changed: list
    payload: dict
    forced: bool = False
    systems: tuple | None = None  # None: all of the rule's

    def targets(self, origin):
        """The rule's systems, without the one the change came from and without those of other companies."""
        return [
            (system_id, code)
            for system_id, code, company_id in (self.rule.systems if self.systems is None else self.systems)
            if system_id != origin and not (company_id and self.company_id and company_id != self.company_id)
        ]

    def row(self, system_ids, release):
        """What is stored of it, in the words of the SQL function."""
        return {
            "rule_id": self.rule.id,
            "event_type": self.rule.event_type,
            "object": self.rule.object,
            "priority": self.rule.priority,
            "coalesce": self.rule.coalesce,
            "operation": self.operation,
            "model": self.model,
            "res_id": self.res_id,
            "res_name": self.res_name,
            "company_id": self.company_id,
            "user_id": self.user_id,
            "changed": ",".join(self.changed) or None,
            "forced": self.forced,
            "payload": self.payload,
            "system_ids": system_ids,
            "release": release,
        }


def store(env, transaction, events, replaced=()):
    """Inserts the events that have a target, and takes back those of an earlier judgement of the same transaction.

    :param replaced: ids of events that this transaction inserted before and that no longer say the truth
    :return: ids of the inserted events, in order
    """
    if replaced:
        _take_back(env.cr, replaced)
    rows, codes, release = [], {}, release_in_force(env)
    linked = _linked(env, [event for event in events if event.rule.linked_only])
    for event in events:
        targets = event.targets(transaction.origin)
        if event.rule.linked_only:
            lane = f"{event.model},{event.res_id}"
            targets = [target for target in targets if (target[0], lane) in linked]
        if targets:
            row = event.row([system_id for system_id, _code in targets], release)
            if event.operation != "unlink" and event.res_id in transaction.created.get(event.model, ()):
                row["created"] = True
            rows.append(row)
            codes.update((code, True) for _system_id, code in targets)
    if not rows:
        return []
    insert = _insert_one if len(rows) == 1 else _insert_many
    ids = insert(env, rows, transaction.origin, transaction.traceparent, ",".join(codes))
    stored = [(row, event_id) for row, event_id in zip(rows, ids, strict=True) if event_id]
    for row, event_id in stored:
        transaction.emitted.setdefault((row["model"], row["res_id"]), []).append(event_id)
    return [event_id for _row, event_id in stored]


def _take_back(cr, event_ids):
    cr.execute("SELECT integration_hub_private.take_back(%s)", [list(event_ids)])


# What `sql/07_private_enqueue.sql` does, for one event. Odoo resets a connection whenever it hands it out
# (`DISCARD ALL`), so that a user's transaction finds no plan of the function's statements, and planning them is more
# than half of what they cost. Plain inserts of values are planned fastest: there is nothing to join and nothing to hand
# on. They go to Postgres as one text: in one trip, and with one `statement_timestamp`.
_INSERT_ONE = """
    INSERT INTO integration_event (event_type, object, operation, model, res_id, res_name, company_id, user_id,
        rule_id, changed_fields, origin_system_id, traceparent, txid, release, occurred_at, create_date)
    VALUES (%(event_type)s, %(object)s, %(operation)s, %(model)s, %(res_id)s, %(res_name)s, %(company_id)s,
        %(user_id)s, %(rule_id)s, %(changed)s, %(origin)s, %(traceparent)s, pg_current_xact_id()::text,
        %(release)s, statement_timestamp() AT TIME ZONE 'UTC', statement_timestamp() AT TIME ZONE 'UTC');
    INSERT INTO integration_event_payload (event_id, payload)
    VALUES (currval('integration_event_id_seq'), %(payload)s);
    INSERT INTO integration_delivery (event_id, lane, model, res_id, res_name, object, event_type, operation,
        company_id, state, priority, "coalesce", forced, verify, attempts, create_date, system_id)
    VALUES """
_DELIVERY = """(currval('integration_event_id_seq'), %(lane)s, %(model)s, %(res_id)s, %(res_name)s, %(object)s,
        %(event_type)s, %(operation)s, %(company_id)s, 'pending', %(priority)s, %(coalesce)s, %(forced)s, false, 0,
        statement_timestamp() AT TIME ZONE 'UTC', """
_ANSWER = " RETURNING event_id, pg_notify('integration_hub', %(codes)s), "


def _insert_one(env, rows, origin, traceparent, codes):
    (row,) = rows
    values = row | {
        "payload": _to_json(row["payload"]),
        "lane": f"{row['model']},{row['res_id']}",
        "origin": origin,
        "traceparent": traceparent,
        "codes": codes,
    }
    deliveries = ", ".join([f"{_DELIVERY}{int(system_id)})" for system_id in row["system_ids"]])
    # Whether a created record is there is asked as well, and not in a WHERE, which would be planned for twice as long.
    created = row.get("created")
    there = f'(SELECT true FROM "{env[row["model"]]._table}" WHERE id = %(res_id)s)' if created else "true"
    env.cr.execute(f"{_INSERT_ONE}{deliveries}{_ANSWER}{there}", values)
    event_id, _notified, present = env.cr.fetchone()
    if not present:
        _take_back(env.cr, [event_id])
        return [None]
    return [event_id]


def _insert_many(env, rows, origin, traceparent, codes):
    values = [_to_json(rows), origin, traceparent, codes]
    created = {}
    for row in rows:
        if row.get("created"):
            created.setdefault(row["model"], set()).add(row["res_id"])
    if created:
        count = sum(map(len, created.values()))
        present = SQL(" || ").join(_present(env[model], ids) for model, ids in created.items())
        env.cr.execute(SQL("SELECT integration_hub_private.enqueue(%s, %s, %s, %s, %s, %s)", *values, count, present))
    else:
        env.cr.execute("SELECT integration_hub_private.enqueue(%s, %s, %s, %s)", values)
    return env.cr.fetchone()[0]


def _linked(env, events):
    """`{(system id, lane), …}` of these events' records: where each has its like."""
    if not events:
        return frozenset()
    lanes = tuple({f"{event.model},{event.res_id}" for event in events})
    env["integration.link"].flush_model(["system_id", "lane", "active"])
    env.cr.execute("SELECT system_id, lane FROM integration_link WHERE active AND lane IN %s", [lanes])
    return frozenset(env.cr.fetchall())


def _present(model, ids):
    """Which of these records are in the database, as lanes. It is asked in the statement that stores them: a savepoint
    may have taken back what was created in it, which Odoo's memory does not show."""
    return SQL(
        "ARRAY(SELECT %s || id FROM %s WHERE id IN %s)", f"{model._name},", SQL.identifier(model._table), tuple(ids)
    )
