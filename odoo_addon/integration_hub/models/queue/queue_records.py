from odoo import _, models
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from ..deliveries.integration_delivery import OPEN_STATES
from .integration_queue import for_the_sidecar


class IntegrationQueue(models.AbstractModel):
    """What the sidecar asks of business records: queue one that another refers to, and write back what a system
    answered."""

    _inherit = "integration.queue"

    @for_the_sidecar
    def request_records(self, system, lanes):
        """Queues records for a system as if they had changed just now, because a record that goes there refers to
        them.

        :param system: code of the system
        :param lanes: record references, ``res.partner,42``
        :return: the lanes that are on their way now, also those that were already; a lane is missing where no active
            rule sends such a record to the system, or the record is gone
        """
        target = self._system(system)
        waiting = self._lanes_on_their_way(target, lanes)
        queued = list(waiting)
        for model, ids in _by_model(self.env, (lane for lane in lanes if lane not in waiting)).items():
            records = self.env[model].sudo().browse(ids).exists()
            queued += self.env["integration.rule"]._enqueue_records(records, systems=target)
        return [lane for lane in lanes if lane in set(queued)]

    @for_the_sidecar
    def write_back(self, system, values):
        """Writes what a system answered to records, as the calling user, with the system as the origin: no event for
        it comes of it.

        :param system: code of the system
        :param values: ``[{"lane", "values"}]``
        :return: one result a row in its order, ``{"lane", "ok": true}`` or ``{"lane", "ok": false, "kind", "message",
            "field"}``: a bad row never takes the others with it
        """
        self._system(system)
        return [self._try_to_write(system, row["lane"], row["values"]) for row in values]

    def _try_to_write(self, system, lane, values):
        try:
            with self.env.cr.savepoint():
                self._write_one(system, lane, values)
        except (SerializationFailure, DeadlockDetected, LockNotAvailable):
            raise  # Odoo repeats the whole call
        except Exception as error:
            kind, field = _explain(error)
            return {"lane": lane, "ok": False, "kind": kind, "message": str(error), "field": field}
        return {"lane": lane, "ok": True}

    def _write_one(self, system, lane, values):
        model, res_id = _split(lane)
        if model not in self.env or res_id is None:
            raise UnknownField(_("“%s” is not a record of this database.", lane))
        records = self.env[model].with_context(integration_origin=system)
        for name in values:
            if name not in records._fields:
                raise UnknownField(_("%(model)s has no field “%(field)s”.", model=model, field=name), name)
        record = records.browse(res_id)
        if not record.exists():
            raise MissingError(_("The record %s is no longer in Odoo.", lane))
        record.write(values)

    def _system(self, code):
        system = self.env["integration.system"].sudo().search([("code", "=", code)])
        if not system:
            raise ValidationError(_("Odoo has no active integration system with the code “%s”.", code))
        return system

    def _lanes_on_their_way(self, system, lanes):
        found = (
            self.env["integration.delivery"]
            .sudo()
            .search(
                [
                    ("system_id", "=", system.id),
                    ("lane", "in", list(lanes)),
                    ("state", "in", OPEN_STATES),
                    ("operation", "!=", "unlink"),
                ]
            )
        )
        return set(found.mapped("lane"))


class UnknownField(UserError):
    """Values for something this database does not have: a mapping is wrong."""

    def __init__(self, message, field=None):
        super().__init__(message)
        self.field = field


def _explain(error):
    """The kind of failure (sidecar/domain/errors.ts) and the field it is about, where it says so."""
    if isinstance(error, UnknownField):
        return "data", error.field
    if isinstance(error, (MissingError, ValueError, KeyError, TypeError)):
        return "data", None
    if isinstance(error, (AccessError, UserError)):
        return "business", None
    diagnostics = getattr(error, "diag", None)
    if diagnostics is not None:
        return "business", diagnostics.column_name
    return "technical", None


def _split(lane):
    model, _comma, number = str(lane).rpartition(",")
    return model, int(number) if number.isdigit() else None


def _by_model(env, lanes):
    found = {}
    for lane in lanes:
        model, res_id = _split(lane)
        if model in env and res_id:
            found.setdefault(model, []).append(res_id)
    return found
