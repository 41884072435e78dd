import json
from datetime import timedelta

from odoo import _, fields, models
from odoo.tools import SQL

from ..differences import _plain, digest
from ..item import CONFLICT, ReadAgain, Stopped

#: What goes out and stands still because a conflict about the same record waits for its decision.
CONFLICT_WAITS = "conflict_waits"
UNSENT = ("pending", "waiting", "retry", "held", "dead")
#: Clocks of two machines, in seconds.
CLOCKS = 2


class IntegrationInboundConflict(models.AbstractModel):
    """Edits on both sides: what was read before ours arrived there says nothing, and two edits of one field are for a
    person (OWN-07)."""

    _inherit = "integration.inbound"

    def _check_fresh(self, system, item, record):
        """:raise ReadAgain: a change of Odoo's is on its way to the record, or arrived after it was read"""
        since = _before(item.fetched_at)
        for _id, state, _code, done_at in self._outgoing(system, record._name, record.id):
            if state in ("processing", "unknown") or (state == "delivered" and done_at >= since):
                raise ReadAgain

    def _read_since(self):
        """When the first of the call's items was read there; now, where there are none."""
        return _before(min((item.fetched_at for item in self._batch().items), default=fields.Datetime.now()))

    def _check_not_ours(self, system, item):
        """A record that nobody knows may be one that Odoo is creating there at this moment.

        :raise ReadAgain: it is known once that has ended
        """
        begun = self._batch().once(("creating", item.model), lambda: self._creating_since(system, item.model))
        if begun and _before(begun) <= item.fetched_at:
            raise ReadAgain

    def _creating_since(self, system, model):
        """When the first record of the model that is on its way there and has no link yet was taken; None for none."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT min(d.claimed_at) FROM integration_delivery d
            WHERE d.system_id = %(system)s AND d.direction = 'out' AND d.state IN ('processing', 'unknown')
                AND d.model = %(model)s
                AND NOT EXISTS (SELECT FROM integration_link k
                                WHERE k.system_id = d.system_id AND k.lane = d.lane AND k.active)
            """,
            {"system": system.id, "model": model},
        )
        return self.env.cr.fetchone()[0]

    def _unsent(self, system, record):
        """`{field: (value before, when it was changed)}` of the fields whose change in Odoo has not reached the system
        yet."""
        outgoing = self._outgoing(system, record._name, record.id)
        ids = [id_ for id_, state, _code, _done_at in outgoing if state in UNSENT]
        deliveries = self.env["integration.delivery"].sudo().browse(ids)
        found = {}
        for event in deliveries.event_id.sorted("id"):
            before = json.loads(event.payload_ids[:1].payload or "{}").get("before") or {}
            for path in (event.changed_fields or "").split(","):
                name = path.partition(".")[0]
                if name:
                    earlier = found.get(name)
                    found[name] = (earlier[0] if earlier else before.get(name), event.occurred_at)
        return found

    def _without_conflicts(self, item, record, changed, decided, unsent, memory):
        """Leaves out what only Odoo changed, and what a person decided for Odoo: the same two values are not asked
        about again, however often they are told.

        :param memory: what the link remembers; what was decided for Odoo is added
        :raise Stopped: business, `conflict`: fields were changed on both sides
        """
        landing, conflicts = {}, {}
        settled = dict(memory.get("settled") or {})
        for name, value in changed.items():
            both = [digest(value), digest(_plain(record[name]))]
            if name not in unsent or name in item.wins or decided.takes(name, value):
                landing[name] = value
                settled.pop(name, None)
            elif decided.keeps(name, value):
                settled[name] = both
            elif settled.get(name) != both and not _is_before(record, name, value, unsent[name][0]):
                conflicts[name] = value
        memory["settled"] = settled
        if conflicts:
            raise Stopped(
                "business",
                CONFLICT,
                _(
                    "Changed in Odoo and in the other system at the same time: %s.",
                    ", ".join(record._fields[name]._description_string(record.env) for name in conflicts),
                ),
                _("Compare both values, then take theirs or keep Odoo's."),
                ", ".join(conflicts),
                comparison=[
                    self._compared(record, name, value) | self._proposal(item, unsent[name][1])
                    for name, value in conflicts.items()
                ],
            )
        return landing

    def _proposal(self, item, changed_at):
        if item.occurred_at and item.occurred_at > changed_at:
            return {"proposal": "theirs", "reason": _("It was changed there after it was changed here.")}
        if item.occurred_at:
            return {"proposal": "odoo", "reason": _("It was changed here after it was changed there.")}
        return {"proposal": False, "reason": _("Which change came later is not known.")}

    # -- what waits for the decision -------------------------------------------------------------------------

    def _hold_unsent(self, row):
        """What goes out of the record waits for the decision, or Odoo's value would win meanwhile."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE integration_delivery
            SET state = 'held', next_attempt_at = NULL, wait_for = NULL, error_kind = 'policy', error_code = %(code)s,
                cause = %(cause)s, error_field = NULL, error_message = %(message)s, error_hint = %(hint)s
            WHERE model = %(model)s AND res_id = %(id)s AND system_id = %(system)s AND direction = 'out'
                AND state IN ('pending', 'waiting', 'retry')
            """,
            {
                "code": CONFLICT_WAITS,
                "cause": f"policy:{CONFLICT_WAITS}",
                "message": _("It was changed in %s as well.", row.system_id.name),
                "hint": _("Decide about the conflict: what came in of this record."),
                "model": row.model,
                "id": row.res_id,
                "system": row.system_id.id,
            },
        )
        self._forget_outgoing()
        self.env["integration.delivery"].invalidate_model()

    def _let_go_unsent(self, row, replaced=False):
        """The decision was made: what waited for it goes, or is replaced by the record as it is now."""
        if not row.res_id:
            return
        outgoing = self._outgoing(row.system_id, row.model, row.res_id)
        if not any(state == "held" and code == CONFLICT_WAITS for _id, state, code, _done_at in outgoing):
            return
        self._forget_outgoing()
        self.env.flush_all()
        state = SQL("state = 'pending'")
        if replaced:
            state = SQL("state = 'superseded', done_at = %s", fields.Datetime.now())
        self.env.cr.execute(
            SQL(
                """
                UPDATE integration_delivery SET %(state)s, error_kind = NULL, error_code = NULL, cause = NULL,
                    error_message = NULL, error_hint = NULL
                WHERE model = %(model)s AND res_id = %(id)s AND system_id = %(system)s AND direction = 'out'
                    AND state = 'held' AND error_code = %(code)s
                """,
                state=state,
                model=row.model,
                id=row.res_id,
                system=row.system_id.id,
                code=CONFLICT_WAITS,
            )
        )
        self.env["integration.delivery"].invalidate_model()
        if replaced:
            self._send_ours(row)
        else:
            row._wake()

    def _send_ours(self, row, forced=False):
        """Queues the record for the system as it is in Odoo now."""
        record = self.env[row.model].sudo().browse(row.res_id).exists()
        self.env["integration.rule"].sudo()._enqueue_records(record, systems=row.system_id, forced=forced)


def _before(moment):
    """The moment, as early as a clock elsewhere may have shown it."""
    return moment - timedelta(seconds=CLOCKS)


def _is_before(record, name, value, before):
    """Theirs is what Odoo held before its own change: nobody changed it there."""
    field = record._fields[name]
    if isinstance(before, dict):
        before = before.get("id")
    elif isinstance(before, list):
        before = sorted(part["id"] if isinstance(part, dict) else part for part in before)
    if field.type in ("float", "monetary", "integer"):
        return float(before or 0) == float(value or 0)
    if field.type == "datetime" and before and value:
        return str(before)[:19].replace("T", " ") == str(value)[:19]
    if field.type == "date" and before and value:
        return str(before)[:10] == str(value)[:10]
    return (before or False) == (value or False)
