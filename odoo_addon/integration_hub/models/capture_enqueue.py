"""Stores captured events in one statement: events, payloads, deliveries, and one notification.

Plain inserts only. Anything shared with the sidecar would make the user's transaction fail, because Odoo runs
REPEATABLE READ.
"""

from dataclasses import dataclass
from typing import Any


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
    payload: str
    forced: bool = False
    systems: tuple | None = None  # None: all of the rule's

    def targets(self, origin):
        """The rule's systems, without the one the change came from and without those of other companies."""
        return [
            (system_id, code)
            for system_id, code, company_id in (self.rule.systems if self.systems is None else self.systems)
            if system_id != origin and not (company_id and self.company_id and company_id != self.company_id)
        ]


def store(cr, transaction, events, replaced=()):
    """Inserts the events that have a target, and takes back those of an earlier judgement of the same transaction.

    :param replaced: ids of events that this transaction inserted before and that no longer say the truth
    :return: ids of the inserted events, in order
    """
    if replaced:
        cr.execute("DELETE FROM integration_event WHERE id = ANY(%s)", [list(replaced)])
    rows, deliveries, codes = [], [], {}
    for event in events:
        targets = event.targets(transaction.origin)
        if not targets:
            continue
        rows.append(event)
        for system_id, code in targets:
            deliveries.append((len(rows), system_id))
            codes[code] = True
    if not rows:
        return []
    cr.execute(
        _INSERT,
        {
            "rule_id": [row.rule.id for row in rows],
            "event_type": [row.rule.event_type for row in rows],
            "object": [row.rule.object for row in rows],
            "priority": [row.rule.priority for row in rows],
            "coalesce": [row.rule.coalesce for row in rows],
            "operation": [row.operation for row in rows],
            "model": [row.model for row in rows],
            "res_id": [row.res_id for row in rows],
            "res_name": [row.res_name for row in rows],
            "company_id": [row.company_id for row in rows],
            "user_id": [row.user_id for row in rows],
            "changed": [",".join(row.changed) or None for row in rows],
            "forced": [row.forced for row in rows],
            "payload": [row.payload for row in rows],
            "place": [place for place, _system in deliveries],
            "system_id": [system_id for _place, system_id in deliveries],
            "origin": transaction.origin,
            "traceparent": transaction.traceparent,
            "codes": ",".join(codes),
        },
    )
    ids = cr.fetchone()[0]
    for row, event_id in zip(rows, ids, strict=True):
        transaction.emitted.setdefault((row.model, row.res_id), []).append(event_id)
    return ids


_INSERT = """
WITH src AS MATERIALIZED (
    SELECT s.*, nextval('integration_event_id_seq')::integer AS event_id, clock_timestamp() AT TIME ZONE 'UTC' AS at
    FROM unnest(
        %(rule_id)s::integer[], %(event_type)s::text[], %(object)s::text[], %(priority)s::integer[],
        %(coalesce)s::boolean[], %(operation)s::text[], %(model)s::text[], %(res_id)s::integer[], %(res_name)s::text[],
        %(company_id)s::integer[], %(user_id)s::integer[], %(changed)s::text[], %(forced)s::boolean[],
        %(payload)s::text[]
    ) WITH ORDINALITY AS s(rule_id, event_type, object, priority, is_state, operation, model, res_id, res_name,
                           company_id, user_id, changed, forced, payload, place)
), events AS (
    INSERT INTO integration_event (id, event_type, object, operation, model, res_id, res_name, company_id, user_id,
        rule_id, changed_fields, origin_system_id, traceparent, txid, occurred_at, create_date)
    SELECT event_id, event_type, object, operation, model, res_id, res_name, company_id, user_id, rule_id,
        changed, %(origin)s::integer, %(traceparent)s, pg_current_xact_id()::text, at, at
    FROM src ORDER BY place
), payloads AS (
    INSERT INTO integration_event_payload (event_id, payload) SELECT event_id, payload FROM src ORDER BY place
), deliveries AS (
    INSERT INTO integration_delivery (event_id, system_id, lane, model, res_id, res_name, object, event_type, operation,
        company_id, state, priority, "coalesce", forced, verify, attempts, create_date)
    SELECT src.event_id, d.system_id, src.model || ',' || src.res_id, src.model, src.res_id, src.res_name, src.object,
        src.event_type, src.operation, src.company_id, 'pending', src.priority, src.is_state, src.forced, false, 0,
        src.at
    FROM unnest(%(place)s::integer[], %(system_id)s::integer[]) WITH ORDINALITY AS d(place, system_id, turn)
    JOIN src ON src.place = d.place
    ORDER BY d.turn
)
SELECT array_agg(event_id ORDER BY place), (SELECT pg_notify('integration_hub', %(codes)s)) FROM src
"""
