from datetime import datetime, timezone
from functools import wraps

import psycopg2
from odoo import _, api, models
from odoo.exceptions import AccessError, ValidationError
from psycopg2.extras import Json


def for_the_sidecar(method):
    """Refuses everybody but the sidecar's service user."""

    @wraps(method)
    def refused_to_others(self, *args, **kwargs):
        if not self.env.su and not self.env.user.has_group("integration_hub.group_sidecar"):
            raise AccessError(_("Only the sidecar's service user can work on the queue."))
        return method(self, *args, **kwargs)

    return api.model(refused_to_others)


class IntegrationQueue(models.AbstractModel):
    """The queue contract as Odoo methods, for places where the sidecar cannot reach the database.

    Each method runs the SQL function of the same name and takes the same arguments, except that an argument called
    `ids` is called `delivery_ids` here, because Odoo's API keeps `ids` for itself. Answers are plain JSON: rows are
    objects, times ISO 8601 with `Z`.
    """

    _name = "integration.queue"
    _description = "Integration Queue"

    @for_the_sidecar
    def contract_version(self):
        return self._value("contract_version")

    @for_the_sidecar
    def identity(self):
        return self._rows("identity")[0]

    @for_the_sidecar
    def systems(self):
        return self._rows("systems")

    @for_the_sidecar
    def claim(self, worker, system, max_rows, lease_seconds, max_backfill=None):
        return self._rows("claim", worker, system, max_rows, lease_seconds, max_backfill)

    @for_the_sidecar
    def unpark(self, system, lanes):
        return self._value("unpark", system, list(lanes))

    @for_the_sidecar
    def renew(self, worker, delivery_ids, lease_seconds):
        return self._values("renew", worker, _integers(delivery_ids), lease_seconds)

    @for_the_sidecar
    def settle(self, worker, results):
        return self._rows("settle", worker, Json(results))

    @for_the_sidecar
    def reap(self):
        return self._value("reap")

    @for_the_sidecar
    def links(self, system, lanes):
        return self._rows("links", system, list(lanes))

    @for_the_sidecar
    def replay(self, delivery_ids, requested_by, force=False):
        return self._values("replay", _integers(delivery_ids), requested_by, bool(force))

    @for_the_sidecar
    def find_deliveries(self, filter, max_rows):  # noqa: A002: the contract's name
        return self._values("find_deliveries", Json(filter), max_rows)

    @for_the_sidecar
    def mark(self, hub, expected):
        return self._rows("mark", hub, expected)

    @for_the_sidecar
    def report_restore(self, hub, expected, links):
        self._value("report_restore", hub, expected, Json(links))
        self.env["integration.system"].invalidate_model()
        return True

    @for_the_sidecar
    def start_replay(self, filter, mode, force, requested_by, most=None):  # noqa: A002: the contract's name
        return self._value("start_replay", Json(filter), mode, bool(force), requested_by, most or None)

    @for_the_sidecar
    def replay_step(self, max_rows):
        """Also does the step of a job that reads records again, which only Odoo can."""
        rows = self._rows("replay_step", max_rows)
        if rows and rows[0]["mode"] == "read_again":
            self.env["integration.replay"].sudo()._step_reading()
        return rows

    @for_the_sidecar
    def replay_jobs(self, jobs, max_rows):
        """`jobs`: their numbers; empty: the last ones."""
        return self._rows("replay_jobs", _integers(jobs) if jobs else None, max_rows)

    @for_the_sidecar
    def steer_replay(self, job, action):
        return self._value("steer_replay", job, action)

    @for_the_sidecar
    def pause(self, system, kind, reason, until=None, since=None):
        """`until`, `since`: ISO 8601 text with a zone; empty: until somebody resumes, from now."""
        self._value("pause", system, kind, reason, until or None, since or None)
        self.env["integration.system"].invalidate_model()
        return True

    @for_the_sidecar
    def resume(self, system):
        self._value("resume", system)
        self.env["integration.system"].invalidate_model()
        return True

    @for_the_sidecar
    def report(self, system, figures):
        self._value("report", system, Json(figures))
        self.env["integration.system.limit"].invalidate_model()
        return True

    @for_the_sidecar
    def report_polls(self, system, lists):
        changed = self._value("report_polls", system, Json(lists))
        self.env["integration.system.poll"].invalidate_model()
        return changed

    @for_the_sidecar
    def health(self):
        return self._value("health")

    @for_the_sidecar
    def backlog(self):
        return self._rows("backlog")

    # -- running the functions -------------------------------------------------------------------------------

    def _run(self, function, arguments):
        self.env.flush_all()
        types = {
            "claim": ("text", "text", "int", "int", "int"),
            "pause": ("text", "text", "text", "timestamptz", "timestamptz"),
            "replay_jobs": ("int[]", "int"),
            "start_replay": ("jsonb", "text", "bool", "text", "int"),
        }.get(function)
        places = (
            ", ".join(f"%s::{type_}" for type_ in types)
            if types
            else ", ".join(_place(argument) for argument in arguments)
        )
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(f"SELECT * FROM integration_hub.{function}({places})", arguments)
                names = [column.name for column in self.env.cr.description]
                rows = self.env.cr.fetchall()
        except psycopg2.Error as error:
            if not (error.pgcode or "").startswith("HB"):
                raise
            # The contract's own refusals say what to do.
            said = " ".join(part for part in (error.diag.message_primary, error.diag.message_hint) if part)
            raise ValidationError(said) from error
        self.env["integration.delivery"].invalidate_model()
        return names, rows

    def _rows(self, function, *arguments):
        names, rows = self._run(function, arguments)
        return [{name: _json_value(value) for name, value in zip(names, row, strict=True)} for row in rows]

    def _values(self, function, *arguments):
        _names, rows = self._run(function, arguments)
        return [row[0] for row in rows if row[0] is not None]

    def _value(self, function, *arguments):
        _names, rows = self._run(function, arguments)
        return _json_value(rows[0][0])


def _place(argument):
    """A placeholder with its type, so that an empty list finds its function."""
    if isinstance(argument, list):
        return "%s::integer[]" if argument and isinstance(argument[0], int) else "%s::text[]"
    if isinstance(argument, Json):
        return "%s::jsonb"
    return "%s"


def _integers(ids):
    # An empty list has no element to tell its type by; no delivery has the id 0.
    return [int(id_) for id_ in ids] or [0]


def _json_value(value):
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value
