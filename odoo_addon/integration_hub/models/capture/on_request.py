from odoo import api, models

from .enqueue import store
from .judgement import snapshot_event
from .transaction import CapturedTransaction, captured


class IntegrationRule(models.Model):
    _inherit = "integration.rule"

    @api.model
    def _enqueue_records(self, records, systems=None, forced=False, rule_ids=None):
        """Makes events of records as they are now, without any change of them.

        :param systems: only for these; all systems of the rule when None
        :param forced: send even what seems unchanged
        :param rule_ids: rules to prefer; otherwise the first active rule of the model that takes the record, per system
        :return: the lanes for which a delivery was made
        """
        plan = self._capture_plans().get(records._name)
        if not plan or not records:
            return []
        self.env.flush_all()
        rules = sorted(plan.rules, key=lambda rule: rule.id not in (rule_ids or ()))
        events = []
        taken = set()  # (record id, system id)
        for company_id, group in records._capture_by_company():
            for rule in rules:
                for record in rule.in_scope(group, company_id):
                    targets = tuple(
                        target
                        for target in rule.systems
                        if (systems is None or target[0] in systems._ids) and (record.id, target[0]) not in taken
                    )
                    if targets:
                        taken.update((record.id, target[0]) for target in targets)
                        events.append(snapshot_event(rule, record, company_id, self.env.uid, targets, forced))
        # Somebody asked for it: that the last change came from the system itself does not matter.
        request = CapturedTransaction()
        request.traceparent = captured(self.env.cr).traceparent
        store(self.env, request, events)
        queued = {res_id for (_model, res_id) in request.emitted}
        return [f"{records._name},{res_id}" for res_id in records._ids if res_id in queued]
