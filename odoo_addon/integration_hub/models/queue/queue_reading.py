from odoo import _, models
from odoo.exceptions import ValidationError

from ..capture.paths import complete, path_tree
from ..capture.snapshot import compile_tree, read_records
from .integration_queue import for_the_sidecar


class IntegrationQueue(models.AbstractModel):
    """Reads business records for the sidecar as the capture reads them: to show what would be sent, and to send
    today's state. The service user needs no right of its own on them."""

    _inherit = "integration.queue"

    @for_the_sidecar
    def snapshot(self, model, res_id, object):  # noqa: A002: the canonical object, as everywhere
        """The payload that a rule which follows the mapping would record for this record now. Queues nothing.

        :param model: of the record, ``res.partner``
        :param object: a published business object of that model, ``customer``
        :return: ``{"record", "changed": [], "before": {}}`` (docs/architecture.md, Capture)
        :raise ValidationError: an object that was never published, a model that is not the object's, no such record
        """
        self._check_object(object, model)
        ((_company, record),) = self._business_record(model, res_id)._capture_by_company()
        tree = path_tree(self.env, model, self.env["integration.catalogue"]._object_paths(object))
        (values,) = read_records(record, compile_tree(self.env, model, complete(self.env, model, tree)))
        return {"record": values, "changed": [], "before": {}}

    @for_the_sidecar
    def sent_as(self, system, model, res_id):
        """The business objects as which active rules send this record to a system, in the rules' order; a contact and
        a customer are both res.partner.

        :param system: code of the system
        :raise ValidationError: an unknown system, no such record
        """
        target = self._system(system)
        record = self._business_record(model, res_id)
        plan = self.env["integration.rule"]._capture_plans().get(model)
        ((company_id, record),) = record._capture_by_company()
        rules = [rule for rule in (plan.rules if plan else ()) if any(id_ == target.id for id_, *_rest in rule.systems)]
        return list(dict.fromkeys(rule.object for rule in rules if rule.in_scope(record, company_id)))

    @for_the_sidecar
    def reread(self, delivery_ids, requested_by, force=False):
        """Reads the records of these deliveries as they are now, under today's rules and mappings, and queues that as
        new deliveries. These deliveries stay as they are; the request stays in their attempts.

        :param requested_by: the person or program that asked
        :param force: send also what the system is believed to hold already
        :return: the ids, in the order given, of the deliveries that were read again; one is missing where the record is
            gone or no active rule sends it to that system any more
        """
        deliveries = self.env["integration.delivery"].sudo().browse(dict.fromkeys(delivery_ids)).exists()
        again = deliveries._read_again(forced=bool(force))
        again._note("read_again", requested_by=requested_by)
        return again.ids

    def _check_object(self, code, model):
        published = self.env["integration.catalogue"].sudo().search([("kind", "=", "object")])
        entry = published.filtered(lambda entry: entry.code == code)
        if not entry:
            raise ValidationError(
                _(
                    "The sidecar has published no business object “%(object)s”. Name one of: %(published)s; "
                    "or start the sidecar, which publishes what its mappings make.",
                    object=code,
                    published=", ".join(published.mapped("code")) or _("(none yet)"),
                )
            )
        if entry.model != model:
            raise ValidationError(
                _(
                    "“%(object)s” is made from %(right)s, not from %(wrong)s. Name a record of %(right)s.",
                    object=code,
                    right=entry.model,
                    wrong=model,
                )
            )

    def _business_record(self, model, res_id):
        if model not in self.env:
            raise ValidationError(_("This database has no model %s. Install its app, or name another model.", model))
        record = self.env[model].sudo().browse(res_id if isinstance(res_id, int) else 0).exists()
        if not record:
            raise ValidationError(
                _("There is no record %(model)s,%(id)s in this database. Check the id.", model=model, id=res_id)
            )
        return record
