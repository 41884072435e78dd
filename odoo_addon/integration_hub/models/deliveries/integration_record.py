from odoo import api, models


class IntegrationRecord(models.AbstractModel):
    """Leads from a row of the queue (`model`, `res_id`) to the record it is about."""

    _name = "integration.record"
    _description = "Link from the queue to records"

    @api.model
    def _selection_models(self):
        return [(model.model, model.name) for model in self.env["ir.model"].sudo().search([])]

    @api.model
    def _compute_record_ref(self, rows):
        """Sets `record_ref`: the record, or empty when its model is not installed, it is gone, or the user may not
        read it."""
        ids_by_model = {}
        for row in rows:
            if row.model in self.env and row.res_id:
                ids_by_model.setdefault(row.model, set()).add(row.res_id)
        readable = {}
        for model, ids in ids_by_model.items():
            records = self.env[model].with_context(active_test=False)
            if records.has_access("read"):
                readable[model] = set(records.search([("id", "in", list(ids))])._ids)
        for row in rows:
            row.record_ref = f"{row.model},{row.res_id}" if row.res_id in readable.get(row.model, ()) else False
