from odoo import _, fields, models
from odoo.exceptions import ConcurrencyError
from psycopg2.errors import UniqueViolation

from .checks.ownership import Decided
from .item import DUPLICATE, Stopped, answer_to


class IntegrationInboundJudgement(models.AbstractModel):
    """One item from its check to what is written of it."""

    _inherit = "integration.inbound"

    def _judged(self, system, item, row):
        """Checks and applies the item. The checks stand in the order in which people can do something about them.

        :raise Stopped, Waits, ReadAgain: it was not applied
        """
        if item.error:
            raise Stopped(*(item.error.get(name) for name in ("kind", "code", "message", "hint", "field")))
        if not system.api_user_id.active:
            raise Stopped(
                "credential",
                "inbound_no_user",
                _("%s has no active user as whom its changes arrive.", system.name),
                _("Name one on the system's form (User for incoming changes), then retry."),
            )
        left = self._follow_merge(system, item) if item.old_ids else []
        link, record = self._record_of(system, item, row)
        if item.operation == "gone" or not self._crosses(item):
            return self._gone(system, item, row, link, record)
        records = self._as_user(system, item.model, company=self._company_of(item, record))
        record = records.browse(record.id).with_prefetch(record._prefetch_ids) if record else records
        memory = dict(link.inbound or {}) if link else {}
        values = self._resolved(system, records, item.values)
        if item.archive is not None and "active" in records._fields:
            values["active"] = not item.archive
        if not record:
            self._check_not_ours(system, item)
            record = self._existing_for(system, item, records, values, row.decision or {})
        created = not record
        values = self._completed(system, item, record, values, memory)
        changed = self._differences(record, values, memory)
        differed = bool(changed)
        refusal = None
        if created:
            self._check_accounting(records, changed)
            self._check_brake(system, item, row, "create")
        elif changed:
            changed, refusal = self._checked(system, item, row, record, changed, memory)
        self._check_business(item, row, record, changed)
        if created or changed:
            record = self._apply(system, item, record, changed, memory)
            self._learn_candidate(record)
        stepped = self._take_step(item, record)
        told = self._add_attachments(item, record) | self._add_note(item, record, memory) | stepped
        self._linked(system, item, link, record, memory, differed)
        if left and not refusal:
            refusal = self._merged_there(system, left)
        if refusal:
            return self._held(system, item, row, record, refusal)
        unchanged = not (created or changed or told or not link)
        if not row and unchanged:
            return self._unchanged(system, item, link)
        taken = bool((row.decision or {}).get("take"))
        row = self._store_row(system, item, row, record, "delivered", created=created)
        if not created:
            self._let_go_unsent(row, replaced=taken)
        matched = not created and not link
        return answer_to(item, "delivered", row, created=created, matched=matched, unchanged=unchanged)

    def _unchanged(self, system, item, link):
        """The answer where nothing was left to do. A first load whose call was answered to nobody (the sidecar was
        killed, the way was cut) asks again: what it was that made or linked the record counts as such."""
        answer = answer_to(item, "delivered", model=link.model, res_id=link.res_id, unchanged=True)
        if not item.named_at or not link.create_date or link.create_date < item.named_at:
            return answer
        made = [
            ("system_id", "=", system.id),
            ("direction", "=", "in"),
            ("model", "=", link.model),
            ("res_id", "=", link.res_id),
            ("lane", "=", item.lane),
            ("operation", "=", "create"),
        ]
        created = bool(self.env["integration.delivery"].sudo().search(made, limit=1))
        return answer | {"created": created, "matched": not created}

    def _record_of(self, system, item, row):
        """`(link, record)` of the external record: linked before, or by a person's decision; both empty for a new
        one."""
        link = self._link_of(system, item.type, item.external_id)
        chosen = (row.decision or {}).get("link")
        if not link and chosen:
            return link, self._chosen_record(system, item, chosen)
        if not link:
            return link, self.env["base"]
        record = self._linked_to(link)
        if not record and item.operation != "gone":
            raise Stopped(
                "business",
                "deleted_in_odoo",
                _("%s was deleted in Odoo.", link.res_name or link.lane),
                _("Cancel it, or remove the link (Links) and retry: then it is created again."),
            )
        if record and item.model and record._name != item.model:
            raise Stopped(
                "data",
                "wrong_reference",
                _(
                    "It is linked with a %(ours)s, and its mapping makes a %(theirs)s.",
                    ours=record._name,
                    theirs=item.model,
                ),
                _("Correct the mapping, or remove the link (Links)."),
            )
        return link, record

    def _chosen_record(self, system, item, id_):
        """The record that a person chose, unless it was linked with another one meanwhile."""
        record = self.env[item.model].sudo().browse(id_).exists()
        if not record or self._is_linked(system, item, record, id_):
            raise Stopped(
                "business",
                DUPLICATE,
                _("The record that was chosen is gone, or is linked with another one by now."),
                _("Choose again, or create it."),
            )
        return record

    def _company_of(self, item, record):
        return record.sudo().company_id if record and "company_id" in record._fields else None

    def _checked(self, system, item, row, record, changed, memory):
        """What of `changed` may be written.

        :return: ``(changed, refusal)``: `refusal`, a `Stopped`, is for the person to decide when the rest is applied
        :raise Stopped, ReadAgain: nothing may
        """
        self._check_fresh(system, item, record)
        decided = Decided(row.decision)
        unsent = self._unsent(system, record)
        changed = self._yielded(item, record, changed)
        changed, refusal = self._permitted(item, record, changed, decided, unsent, memory)
        self._check_accounting(record, changed)
        changed = self._without_conflicts(item, record, changed, decided, unsent, memory)
        if changed:
            self._check_brake(system, item, row, "unlink" if changed.get("active") is False else "write")
        return changed, refusal

    def _linked(self, system, item, link, record, memory, differed=False):
        try:
            self._store_link(system, item, link, record, memory, differed)
        except UniqueViolation as error:
            raise ConcurrencyError(f"{item.lane} was linked by somebody else at this moment") from error

    def _gone(self, system, item, row, link, record):
        """The record is no longer there: its like in Odoo is archived, never deleted."""
        if not record:
            return self._forget(system, item, row, link)
        record = self._as_user(system, record._name, company=self._company_of(item, record)).browse(record.id)
        if "active" not in record._fields:
            self._check_fresh(system, item, record)
            return self._gone_without_archive(system, item, row, link, record)
        changed, refusal = {}, None
        if record.active:
            changed, refusal = self._checked(system, item, row, record, {"active": False}, {})
        if refusal:
            raise refusal
        if changed:
            self._apply(system, item, record, changed, {})
        link.write({"active": False, "synced_at": fields.Datetime.now()})
        self._learn_link(system, item, link.browse())
        row = self._store_row(system, item, row, record, "delivered")
        return answer_to(item, "delivered", row, unchanged=not changed)

    def _gone_without_archive(self, system, item, row, link, record):
        """What becomes of a record of which Odoo keeps no archive. Kinds of records that know answer like `_gone`."""
        raise Stopped(
            "policy",
            "cannot_archive",
            _(
                "%(name)s was deleted or taken back in %(system)s. Here it stays as it is.",
                name=record.display_name,
                system=system.name,
            ),
            _("It cannot be archived: decide what becomes of it here (cancel it, or keep it), then cancel this."),
        )

    def _forget(self, system, item, row, link):
        """Gone there, and not here: nothing to do."""
        link.write({"active": False})
        self._learn_link(system, item, link.browse())
        if row:
            row.write({"state": "cancelled", "done_at": fields.Datetime.now(), "wait_for": False})
        if item.operation == "gone":
            self._hold_waiting(system, item)
        return answer_to(item, "delivered", row, unchanged=True)
