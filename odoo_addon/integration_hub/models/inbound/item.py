"""One thing that a system says about one of its records, as the sidecar hands it over, and how judging it can end."""

import re
from datetime import datetime, timezone

from odoo.exceptions import ConcurrencyError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

#: Somebody else changed the same rows: Odoo repeats the whole call.
REPEATED = (SerializationFailure, DeadlockDetected, LockNotAvailable, ConcurrencyError)

#: States in which a row of another system's record is not settled. There is at most one such row a record.
OPEN_IN = ("received", "waiting", "held", "dead")

# Codes of what a person settles by a decision about this one record.
CONFLICT = "conflict"
NOT_OWNER = "not_owner"
DUPLICATE = "possible_duplicate"
SINGLE_CREATION = "single_creation"
STATE_JUMP = "state_jump"  # found by the sidecar, which knows the lives of business objects


class InboundItem:
    """An item of `integration.inbound.receive`, which documents its keys; what is left out has its default here."""

    __slots__ = (
        "attachments",
        "archive",
        "canonical",
        "delivery_id",
        "dry_run",
        "error",
        "event_type",
        "external_id",
        "fetched_at",
        "first_load",
        "identify",
        "key",
        "mapping",
        "may_create",
        "model",
        "named_at",
        "not_owned",
        "note",
        "object",
        "occurred_at",
        "old_ids",
        "operation",
        "priority",
        "release",
        "step",
        "traceparent",
        "type",
        "url",
        "values",
        "wins",
        "yields",
    )

    def __init__(self, given):
        document = given.get("document") or {}
        self.key = given["key"]
        self.type = given["type"]
        self.external_id = str(given["external_id"])
        self.delivery_id = given.get("delivery_id") or None
        self.url = given.get("url") or None
        self.old_ids = [str(old) for old in given.get("old_ids") or ()]
        self.object = given.get("object") or None
        self.event_type = given.get("event_type") or f"{self.object or self.type}.changed"
        self.operation = given.get("operation") or "upsert"
        self.fetched_at = moment(given.get("fetched_at")) or datetime.now(timezone.utc).replace(tzinfo=None)
        self.occurred_at = moment(given.get("occurred_at"))
        self.traceparent = given.get("traceparent") or None
        self.release = given.get("release") or 0
        self.mapping = given.get("mapping") or None
        self.canonical = given.get("canonical") or {}
        self.model = document.get("model") or given.get("model") or None
        self.values = document.get("values") or {}
        self.archive = document.get("archive")
        self.note = document.get("note") or None
        self.attachments = document.get("attachments") or []
        self.step = document.get("step") or None
        self.not_owned = given.get("not_owned") or {}
        self.yields = given.get("yields") or {}
        self.wins = frozenset(given.get("wins") or ())
        self.may_create = given.get("may_create") or {"allowed": True}
        self.identify = given.get("identify") or []
        self.priority = given.get("priority") or 50
        self.first_load = bool(given.get("first_load"))
        self.named_at = moment(given.get("named_at"))
        self.dry_run = bool(given.get("dry_run"))
        self.error = given.get("error") or None

    @property
    def lane(self):
        return lane_of(self.type, self.external_id)


def lane_of(type_, external_id):
    """The lane of an external record: its rows go one after the other, and others wait for it by this name."""
    return f"in:{type_},{external_id}"


def reference_parts(reference):
    """``hubspot:company,123`` → ``("hubspot", "company", "123")``; the first is None where no system is named. None for
    what is no such reference."""
    found = re.fullmatch(r"(?:([^:]*):)?([^,]+),(.+)", str(reference))
    return found and found.groups()


def moment(text):
    """ISO 8601 with a zone → the naive UTC of Odoo's columns; None for nothing."""
    if not text:
        return None
    found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    if found.tzinfo:
        found = found.astimezone(timezone.utc)
    return found.replace(tzinfo=None)


class Stopped(Exception):
    """This item is not applied, or not all of it: a person has to look.

    :param kind: as in sidecar/domain/errors.ts
    :param details: what the row keeps for the person who settles it: `comparison`, `candidates`
    """

    def __init__(self, kind, code, message, hint=None, field=None, **details):
        super().__init__(message)
        self.kind, self.code, self.message, self.hint, self.field = kind, code, message, hint, field
        self.details = details

    def as_error(self):
        return {
            "kind": self.kind,
            "code": self.code,
            "message": self.message,
            "hint": self.hint or None,
            "field": self.field or None,
        }

    @property
    def cause(self):
        return ":".join(part for part in (self.kind, self.code, self.field) if part)


class Waits(Exception):
    """A record it refers to is not here yet.

    :param wait_for: that record's lane
    """

    def __init__(self, wait_for, field):
        super().__init__(wait_for)
        self.wait_for, self.field = wait_for, field


class ReadAgain(Exception):
    """It was read before a change of ours arrived there: it says nothing about now."""


class Tried(Exception):
    """Takes back a dry run.

    :param answer: what would have been answered
    """

    def __init__(self, answer):
        super().__init__()
        self.answer = answer


def answer_to(item, state, row=None, **values):
    """What `receive` answers about an item; `row` is the delivery that says so, if any."""
    answer = {
        "key": item.key,
        "state": state,
        "delivery_id": row.id if row else None,
        "model": (row.model if row else None) or None,
        "res_id": (row.res_id if row else None) or None,
        "created": False,
        "matched": False,
        "unchanged": False,
        "read_again": False,
        "wait_for": None,
        "error": None,
    }
    return answer | values
