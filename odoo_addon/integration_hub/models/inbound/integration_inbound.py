import logging

from odoo import _, fields, models
from odoo.exceptions import ValidationError

from ..deliveries.integration_delivery import HELD_BY_PERSON
from ..queue.integration_queue import for_the_sidecar
from .batch import Batch
from .errors import stopped_by
from .item import (
    CONFLICT,
    DUPLICATE,
    NOT_OWNER,
    REPEATED,
    SINGLE_CREATION,
    InboundItem,
    ReadAgain,
    Tried,
    Waits,
    answer_to,
)

_logger = logging.getLogger(__name__)

#: How long who asked for `due` rows has to fetch and hand them over, in seconds; then they are due again.
LEASE_SECONDS = 120
#: What a person settles by a decision; held for it again, the decision was about something else.
SETTLED_BY_PERSON = (CONFLICT, NOT_OWNER, DUPLICATE, SINGLE_CREATION)


class IntegrationInbound(models.AbstractModel):
    """What happens in other systems arrives in Odoo here: once, checked, and only where it may (docs/inbound.md).

    The sidecar is the clock: it reads a record as it is now at the other system, maps it and calls `receive`. Odoo
    applies nothing by itself; what waits or was settled by a person is asked for with `due`, read there again and
    received anew.
    """

    _name = "integration.inbound"
    _description = "Integration Inbound"

    @for_the_sidecar
    def due(self, system, max_rows):
        """What is to be read there and received now: rows that people retried or decided about, or whose reference
        arrived. Who is answered has two minutes; then they are due again.

        :param system: code of the system
        :return: ``[{"delivery_id", "type", "external_id", "claims", "decision"}]``, the most urgent first. `claims`
            counts how often it was answered, for the item's key; `decision` is what a person decided, or None. Nothing
            while the system is paused.
        """
        found = self._inbound_system(system)
        if found.state == "paused":
            return []
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH ready AS (
                SELECT id FROM integration_delivery
                WHERE system_id = %(system)s AND state = 'received'
                    AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC')
                ORDER BY priority, next_attempt_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
            )
            UPDATE integration_delivery d
            SET next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %(lease)s),
                claims = coalesce(d.claims, 0) + 1, claimed_at = clock_timestamp() AT TIME ZONE 'UTC'
            FROM ready WHERE d.id = ready.id
            RETURNING d.id, d.lane, d.claims, d.decision, d.priority
            """,
            {"system": found.id, "most": max_rows, "lease": LEASE_SECONDS},
        )
        rows = sorted(self.env.cr.dictfetchall(), key=lambda row: (row["priority"], row["id"]))
        self.env["integration.delivery"].invalidate_model()
        answer = []
        for row in rows:
            type_, _comma, external_id = row["lane"].removeprefix("in:").partition(",")
            answer.append(
                {
                    "delivery_id": row["id"],
                    "type": type_,
                    "external_id": external_id,
                    "claims": row["claims"],
                    "decision": row["decision"] or None,
                }
            )
        return answer

    @for_the_sidecar
    def receive(self, system, items):
        """Applies what a system says about its records, as the user of that system (`api_user_id`), each in a
        savepoint of its own: a bad one never takes the others with it.

        :param system: code of the system
        :param items: in this order. Each names a record there and says what it is now::

            {"key": str             names this state of this record: the same again answers the same, with no effect
             "type", "external_id", "url"?, "old_ids"?: [ids that were merged into it there]
             "delivery_id"?: int    the row of `due` that this settles
             "object", "event_type", "operation": "upsert" | "gone"
             "fetched_at", "occurred_at"?: ISO 8601 with a zone, "traceparent"?, "release"?: int, "mapping"?: str
             "canonical": {…}       what is kept of it
             "document": {"model", "values": {field: value}, "archive"?: bool, "note"?: str,
                          "step"?: str (what a person would press then: confirm, approve …; inbound_steps.py),
                          "attachments"?: [{"name", "mimetype"?, "data": base64} | {"name", "url"}]}
             "not_owned"?: {field: {"owner", "rule", "reason"}}      fields that the system may not write
             "yields"?: {field: [systems]}                           fields it supplies only where Odoo has nothing
             "wins"?: [field]                                        fields whose edits in Odoo never count
             "may_create"?: {"allowed": bool, "rule", "reason"}
             "identify"?: [{"as": "taxId" | "email" | "domain" | "name" | "exact", "fields": [field], "sure"?: bool,
                           "values"?: [text]}]   looked for in these fields besides the document's own
             "priority"?: int, "first_load"?: bool, "named_at"?: ISO 8601 (when the first load listed it)
             "dry_run"?: bool (answers what would happen, with no effect)
             "error"?: {"kind", "code", "message", "hint", "field"}  it could not be mapped: only the row is kept}

            A value is a scalar, ``{"$record": "hubspot:company,123"}`` (what is linked with that),
            ``{"$find": {"model", "by": {field: value}}}``, a list of these (many2many), or
            ``{"$lines": [{"key", "values"}]}`` (one2many).
        :return: one answer an item: ``{"key", "state", "delivery_id", "model", "res_id", "created", "matched",
            "unchanged", "read_again", "wait_for", "error"}``. `state`: ``delivered``, ``waiting`` (for the record
            `wait_for`), ``held``, ``dead``; ``received`` with `read_again`, when a change of Odoo's reached the record
            after it was read: read it again. `matched`: it was here already, and is linked now. With
            `unchanged`, `created` and `matched` say that this happened since `named_at`. `delivery_id` is None when
            nothing was to be said (it changed nothing).
        """
        found = self._inbound_system(system)
        batch = Batch([InboundItem(item) for item in items])
        hub = self.sudo().with_context(inbound_batch=batch)
        answers = [hub._receive_one(found, item) for item in batch.items]
        hub._wake_waiting(found, batch.linked)
        return answers

    def _inbound_system(self, code):
        system = self.env["integration.system"].sudo().search([("code", "=", code)])
        if not system:
            raise ValidationError(_("Odoo has no active integration system with the code “%s”.", code))
        return system

    # -- one item --------------------------------------------------------------------------------------------

    def _receive_one(self, system, item):
        """The item's answer. What Odoo has to repeat as a whole is raised."""
        row = self._row_of(system, item)
        if (earlier := self._answered_before(system, item, row)) is not None:
            return earlier
        try:
            return self._tried(item, lambda: self._judged(system, item, row))
        except REPEATED:
            raise
        except Exception as error:
            why_not = error
        try:
            return self._tried(item, lambda: self._not_applied(system, item, row, why_not))
        except REPEATED:
            raise
        except Exception as error:  # the row itself could not be written
            _logger.exception("inbound: %s of %s could not be received", item.lane, system.code)
            return answer_to(item, "received", error=stopped_by(error, self.env["base"], {}).as_error())

    def _tried(self, item, act):
        """What `act` answers, in a savepoint; of a dry run nothing stays."""
        batch = self._batch()
        try:
            with self.env.cr.savepoint():
                answer = act()
                if item.dry_run:
                    raise Tried(answer)
        except Tried as tried:
            batch.taken_back()
            return tried.answer | {"delivery_id": None}
        except Exception:
            batch.taken_back()
            raise
        batch.kept()
        return answer

    def _not_applied(self, system, item, row, why_not):
        """Keeps why an item was not applied, for the person who looks.

        :param why_not: what was raised while it was judged
        """
        if isinstance(why_not, ReadAgain):
            row.write({"next_attempt_at": fields.Datetime.now(), "state": "received"})
            return answer_to(item, "received", row, read_again=True)
        record = self._known_record(system, item)
        if isinstance(why_not, Waits):
            stopped = self._as_waiting(why_not)
            state = "waiting"
            if self._has_waited_long(row):
                state, stopped.hint = "held", self._hint_after_waiting()
            wait = {"wait_for": why_not.wait_for, "decision": row.decision}
            row = self._store_row(system, item, row, record, state, stopped, **wait)
            return answer_to(item, state, row, error=stopped.as_error(), wait_for=why_not.wait_for)
        return self._held(system, item, row, record, self._as_stopped(system, item, why_not))

    def _as_stopped(self, system, item, error):
        model = item.model if item.model in self.env else "base"
        records = self.env[model].with_user(system.api_user_id or self.env.user)
        stopped = stopped_by(error, records, item.values)
        if stopped.code == "odoo_failed":
            _logger.exception("inbound: %s of %s failed", item.lane, system.code)
        return stopped

    def _held(self, system, item, row, record, stopped):
        state = "dead" if stopped.kind == "technical" else "held"
        details = {}
        if effect := stopped.details.pop("effect", None):
            details["brake_id"] = self._brake_for(system, item, effect).id
        if stopped.code not in SETTLED_BY_PERSON:
            details["decision"] = row.decision  # it counts when this is put right
        row = self._store_row(system, item, row, record, state, stopped, **details)
        if stopped.code == CONFLICT:
            self._hold_unsent(row)
        else:
            self._let_go_unsent(row)
        return answer_to(item, state, row, error=stopped.as_error())

    def _known_record(self, system, item):
        return self._linked_to(self._link_of(system, item.type, item.external_id))

    def _answered_before(self, system, item, row):
        """The answer that this very state got before, or None. A person's decision makes it another question; what a
        person put on hold stays as it is."""
        on_hold = row.state == "held" and row.error_code == HELD_BY_PERSON
        if on_hold or (row and row.received_key == item.key and row.state != "received"):
            error = row.error_kind and {
                name: row[f"error_{name}"] or None for name in ("kind", "code", "message", "hint", "field")
            }
            return answer_to(item, row.state, row, error=error or None, wait_for=row.wait_for or None)
        if row:
            return None
        link = self._link_of(system, item.type, item.external_id)
        if link and link.received_key == item.key and link.received_at and link.received_at >= item.fetched_at:
            return self._unchanged(system, item, link)
        return None
