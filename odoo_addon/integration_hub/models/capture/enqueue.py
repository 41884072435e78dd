"""Stores captured events in one statement (`sql/07_private_enqueue.sql`)."""

import json
from dataclasses import dataclass
from typing import Any

from odoo.tools import SQL


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

    def row(self, system_ids):
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
        }


def store(env, transaction, events, replaced=()):
    """Inserts the events that have a target, and takes back those of an earlier judgement of the same transaction.

    :param replaced: ids of events that this transaction inserted before and that no longer say the truth
    :return: ids of the inserted events, in order
    """
    cr = env.cr
    if replaced:
        cr.execute("SELECT integration_hub_private.take_back(%s)", [list(replaced)])
    rows, created, codes = [], {}, {}
    linked = _linked(env, [event for event in events if event.rule.linked_only])
    for event in events:
        targets = event.targets(transaction.origin)
        if event.rule.linked_only:
            lane = f"{event.model},{event.res_id}"
            targets = [target for target in targets if (target[0], lane) in linked]
        if targets:
            row = event.row([system_id for system_id, _code in targets])
            if event.operation != "unlink" and event.res_id in transaction.created.get(event.model, ()):
                row["created"] = True
                created.setdefault(event.model, set()).add(event.res_id)
            rows.append(row)
            codes.update((code, True) for _system_id, code in targets)
    if not rows:
        return []
    values = [json.dumps(rows, ensure_ascii=False), transaction.origin, transaction.traceparent, ",".join(codes)]
    if created:
        count = sum(map(len, created.values()))
        present = SQL(" || ").join(_present(env[model], ids) for model, ids in created.items())
        cr.execute(SQL("SELECT integration_hub_private.enqueue(%s, %s, %s, %s, %s, %s)", *values, count, present))
    else:
        cr.execute("SELECT integration_hub_private.enqueue(%s, %s, %s, %s)", values)
    stored = [(row, event_id) for row, event_id in zip(rows, cr.fetchone()[0], strict=True) if event_id]
    for row, event_id in stored:
        transaction.emitted.setdefault((row["model"], row["res_id"]), []).append(event_id)
    return [event_id for _row, event_id in stored]


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
