import json

from odoo import _, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .item import OPEN_IN, Stopped

NO_ERROR = {
    "error_kind": False,
    "error_code": False,
    "error_message": False,
    "error_hint": False,
    "error_field": False,
    "cause": False,
    "wait_for": False,
}


class IntegrationDeliveryInbound(models.Model):
    """What a delivery of direction `in` has besides: how judging it ended, and what a person decided."""

    _inherit = "integration.delivery"

    received_key = fields.Char(readonly=True, help="Names the state that was judged last: it is not judged twice.")
    decision = fields.Json(
        readonly=True,
        help="What a person decided, for the next time it is applied: {link: id}, {create: true}, {take: [fields]}, "
        "{keep: true}, {accept: true} or {accepted: [what was acceptable]}; `seen`: the values it was about.",
    )
    comparison = fields.Json(
        readonly=True,
        groups="integration_hub.group_confidential",
        help="Fields that need a decision: [{field, label, odoo, theirs, proposal, reason}].",
    )
    candidates = fields.Json(readonly=True, help="Records of Odoo that it may be: [{id, why}].")


class IntegrationLinkInbound(models.Model):
    """What a link remembers of what came from the other system."""

    _inherit = "integration.link"

    inbound = fields.Json(
        readonly=True,
        groups="base.group_system",
        help="lines: which line of theirs is which of ours; adjusted: values that Odoo writes its own way; kept: "
        "values of theirs that a person decided against; settled: conflicts that a person decided for Odoo, as theirs "
        "and ours; note: the last note. Values as digests.",
    )
    received_key = fields.Char(readonly=True, help="Names the state of theirs that was applied last.")
    received_at = fields.Datetime(readonly=True, help="When that state was read there.")


class IntegrationInboundRows(models.AbstractModel):
    """The rows that people see: event, delivery, attempt and link of what came in. Written as superuser."""

    _inherit = "integration.inbound"

    def _row_of(self, system, item):
        """The unsettled row of the item's record, or the one that it names; empty where there is none."""
        known = self._batch().once("rows", lambda: self._rows_of_items(system, item))
        rows = self.env["integration.delivery"].sudo()
        row = rows.browse(known.get(item.delivery_id) or known.get(item.lane) or ())
        row = row.with_prefetch(list(known.values()))
        return row if row.state in OPEN_IN else rows

    def _rows_of_items(self, system, item):
        """:return: ``{lane or id: id}`` of the unsettled rows of the call's items"""
        items = self._batch().items or [item]
        rows = (
            self.env["integration.delivery"]
            .sudo()
            .search(
                [
                    ("system_id", "=", system.id),
                    ("direction", "=", "in"),
                    ("state", "in", OPEN_IN),
                    "|",
                    ("lane", "in", list({item.lane for item in items})),
                    ("id", "in", [item.delivery_id for item in items if item.delivery_id]),
                ],
                order="id",
            )
        )
        return {row.lane: row.id for row in rows} | {row.id: row.id for row in rows}

    def _store_row(self, system, item, row, record, state, error=None, **details):
        """Makes or updates the row, with a new event when it is about another state than before, and notes the try.

        :param row: the unsettled row, or none
        :param record: the record of Odoo, or none where it is not known
        :param error: a `Stopped`
        """
        now = fields.Datetime.now()
        operation = self._operation_of(item, row, record, details.pop("created", False))
        about = self._about(system, item, record)
        values = (
            NO_ERROR
            | about
            | {
                "state": state,
                "operation": operation,
                "next_attempt_at": False,
                "received_key": item.key,
                "external_id": item.external_id,
                "external_url": item.url,
                "attempts": (row.attempts or 0) + 1,
                "comparison": False,
                "candidates": False,
                "acceptable": False,
                "decision": False,
            }
        )
        if error:
            values |= {f"error_{name}": part for name, part in error.as_error().items()}
            values |= {"cause": error.cause} | error.details
        if state == "delivered":
            begun = item.occurred_at or item.fetched_at
            values |= {"done_at": now, "latency_ms": max(0, min(int((now - begun).total_seconds() * 1000), 2**31 - 1))}
        values |= details
        if not row or row.received_key != item.key:
            values["event_id"] = self._store_event(system, item, operation, about).id
        if row:
            row.write(values)
        else:
            row = row.create(
                values
                | {
                    "direction": "in",
                    "system_id": system.id,
                    "lane": item.lane,
                    "event_type": item.event_type,
                    "priority": item.priority,
                }
            )
        self._store_attempt(item, row, state, error, now)
        if state in OPEN_IN:
            self._batch().once("rows", dict)[item.lane] = row.id
            self._batch().learned()
        return row

    def _operation_of(self, item, row, record, created):
        if item.operation == "gone":
            return "unlink"
        return "create" if created or not (record or row.res_id) else "write"

    def _about(self, system, item, record):
        """Which record it is, in the words of events and deliveries."""
        company = system.company_id
        if record and "company_id" in record._fields:
            company = record.sudo().company_id or company
        name = self._name_of(system, item, record)
        return {
            "object": item.object,
            "model": record._name if record else item.model or "",
            "res_id": record.id if record else 0,
            "res_name": str(name)[:200] if name else f"{item.type} {item.external_id}",
            "company_id": company.id,
        }

    def _name_of(self, system, item, record):
        """What people call it; None where it has no name."""
        if record:
            return record.sudo().display_name
        return item.canonical.get("name") or item.values.get("name")

    def _store_event(self, system, item, operation, about):
        event = (
            self.env["integration.event"]
            .sudo()
            .create(
                about
                | {
                    "direction": "in",
                    "event_type": item.event_type,
                    "operation": operation,
                    "user_id": system.api_user_id.id,
                    "origin_system_id": system.id,
                    "traceparent": item.traceparent,
                    "txid": self._batch().once("txid", self._txid),
                    "release": item.release,
                    "occurred_at": item.occurred_at or item.fetched_at,
                }
            )
        )
        if item.canonical:
            self.env["integration.event.payload"].sudo().create(
                {"event_id": event.id, "payload": json.dumps({"canonical": item.canonical}, ensure_ascii=False)}
            )
        return event

    def _txid(self):
        self.env.cr.execute("SELECT pg_current_xact_id()::text")
        return self.env.cr.fetchone()[0]

    def _store_attempt(self, item, row, state, error, now):
        values = {f"error_{name}": part for name, part in error.as_error().items()} if error else {}
        self.env["integration.attempt"].sudo().create(
            values
            | {
                "delivery_id": row.id,
                "system_id": row.system_id.id,
                "company_id": row.company_id.id,
                "number": row.attempts,
                "worker": self.env.user.name,
                "started_at": item.fetched_at,
                "ended_at": now,
                "duration_ms": max(0, int((now - item.fetched_at).total_seconds() * 1000)),
                "outcome": "held" if state == "dead" else state,
                "mapping": item.mapping,
                "traceparent": item.traceparent,
            }
        )

    # -- links -----------------------------------------------------------------------------------------------

    def _store_link(self, system, item, link, record, memory, differed=False):
        """Stores what the external record is here; who waited for that is woken when the call ends.

        :param differed: what stands there is not what was last sent there: the next change goes out whatever it says
        :raise ConcurrencyError: somebody else linked one of the two at this moment
        """
        values = {
            "received_key": item.key,
            "received_at": item.fetched_at,
            "inbound": {name: part for name, part in memory.items() if part} or False,
            "synced_at": fields.Datetime.now(),
        }
        if item.url:
            values["external_url"] = item.url
        if differed:
            values["fingerprint"] = False
        if link:
            link.write(values | {"res_name": self._name_of(system, item, record)})
            return link
        about = self._about(system, item, record)
        link = (
            self.env["integration.link"]
            .sudo()
            .create(
                {name: about[name] for name in ("object", "model", "res_id", "res_name", "company_id")}
                | values
                | {
                    "system_id": system.id,
                    "lane": f"{record._name},{record.id}",
                    "external_type": item.type,
                    "external_id": item.external_id,
                }
            )
        )
        link.flush_recordset()
        self._learn_link(system, item, link)
        self._batch().linked.append((item.lane, link.lane))
        return link

    def _wake_waiting(self, system, linked):
        """What waited for these external records is read and applied again; what goes to the system and waited for the
        identity of these records there goes.

        :param linked: ``[(lane there, lane here)]``
        """
        if not linked:
            return
        cleared = SQL(
            "wait_for = NULL, cause = NULL, error_kind = NULL, error_code = NULL, error_message = NULL, "
            "error_hint = NULL, error_field = NULL"
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE integration_delivery
                SET state = 'received', next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC', %(cleared)s
                WHERE direction = 'in' AND (
                    state = 'waiting' OR (state = 'held' AND error_code = 'reference_missing')
                ) AND (
                    (system_id = %(system)s AND wait_for = ANY(%(lanes)s)) OR wait_for = ANY(%(lanes_elsewhere)s))
                """,
                cleared=cleared,
                system=system.id,
                lanes=[there for there, _here in linked],
                lanes_elsewhere=[there.replace("in:", f"in:{system.code}:", 1) for there, _here in linked],
            )
        )
        if self.env.cr.rowcount:
            self.env.cr.execute("SELECT pg_notify('integration_hub', '!inbound')")
        self.env.cr.execute(
            SQL(
                """
                UPDATE integration_delivery SET state = 'pending', %(cleared)s
                WHERE direction = 'out' AND state IN ('waiting', 'held')
                    AND system_id = %(system)s AND wait_for = ANY(%(lanes)s)
                """,
                cleared=cleared,
                system=system.id,
                lanes=[here for _there, here in linked],
            )
        )
        if self.env.cr.rowcount:
            self.env.cr.execute("SELECT pg_notify('integration_hub', %s)", [system.code])
        self.env["integration.delivery"].invalidate_model()

    def _hold_waiting(self, system, item):
        """What waits for a record that is gone there would wait for ever: a person is told."""
        elsewhere = Domain("wait_for", "=", item.lane.replace("in:", f"in:{system.code}:", 1))
        here = Domain("wait_for", "=", item.lane) & Domain("system_id", "=", system.id)
        incoming = Domain("direction", "=", "in") & Domain("state", "=", "waiting")
        for row in self.env["integration.delivery"].sudo().search(incoming & (here | elsewhere)):
            stopped = Stopped(
                "data",
                "reference_gone",
                _(
                    "It refers to %(type)s %(id)s, which is no longer in %(system)s.",
                    type=item.type,
                    id=item.external_id,
                    system=system.name,
                ),
                _("Correct it where it comes from: its next state is taken by itself. Or cancel it."),
                row.error_field or None,
            )
            error = {f"error_{name}": part for name, part in stopped.as_error().items()}
            row.write(NO_ERROR | error | {"state": "held", "cause": stopped.cause})

    def _as_waiting(self, waits):
        """What people read about an item that `Waits`."""
        return Stopped(
            "business",
            "reference_missing",
            _("It refers to %s, which is not in Odoo yet.", waits.wait_for.removeprefix("in:").replace(",", " ")),
            _("Nothing to do: it goes by itself when that record has arrived."),
            waits.field,
        )
