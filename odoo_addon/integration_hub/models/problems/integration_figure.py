from odoo import fields, models
from odoo.tools import SQL

from ..deliveries.integration_attempt import OUTCOMES
from ..deliveries.integration_delivery import ERROR_KINDS
from ..foundation.titles import event_titles, object_titles

#: Measures that are percentiles of what they are grouped over, whatever that is.
PERCENTILES = {"latency_p50": 0.5, "latency_p95": 0.95, "response_p50": 0.5, "response_p95": 0.95}


class IntegrationFigure(models.Model):
    """One row for each try of a delivery, to be counted: throughput, success and failure rates, latency and response
    time for each system, event, mapping and hour (MET-01, MET-02, MET-05).

    Nothing is stored for it. Percentiles are computed over the rows of each group, because those of hours cannot be
    added up to those of a day. Index: integration_attempt by time (BRIN).
    """

    _name = "integration.figure"
    _description = "Integration Figures"
    _auto = False
    _order = "started_at desc"
    _rec_name = "mapping"

    started_at = fields.Datetime("Time", readonly=True)
    system_id = fields.Many2one("integration.system", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    event_type = fields.Selection(event_titles, "Event", readonly=True)
    object = fields.Selection(object_titles, "Business object", readonly=True)
    mapping = fields.Char(readonly=True, help="Mappings and versions that were used.")
    outcome = fields.Selection(OUTCOMES, readonly=True)
    error_kind = fields.Selection(ERROR_KINDS, string="Kind of failure", readonly=True)
    error_code = fields.Char("Failure", readonly=True)
    delivered = fields.Integer(readonly=True, help="Tries after which the other system had the change.")
    failed = fields.Integer(readonly=True, help="Tries that did not succeed, whatever the reason.")
    repeated = fields.Integer("Retries", readonly=True, help="Second and further tries of a delivery.")
    not_mapped = fields.Integer(
        "Mapping failures",
        readonly=True,
        help="Failed before anything was sent: the record or the mapping is incomplete.",
    )
    success_rate = fields.Float("Success rate (%)", readonly=True, aggregator="avg", digits=(16, 1))
    failure_rate = fields.Float("Failure rate (%)", readonly=True, aggregator="avg", digits=(16, 1))
    latency_p50 = fields.Float("From change to arrival, median (ms)", readonly=True, aggregator="avg", digits=(16, 0))
    latency_p95 = fields.Float("From change to arrival, 95 % (ms)", readonly=True, aggregator="avg", digits=(16, 0))
    response_p50 = fields.Float("Answer of the system, median (ms)", readonly=True, aggregator="avg", digits=(16, 0))
    response_p95 = fields.Float("Answer of the system, 95 % (ms)", readonly=True, aggregator="avg", digits=(16, 0))

    @property
    def _table_query(self):
        # A decision of a person (number 0) is no try. A delivery may be purged before its attempts.
        return """
            SELECT a.id, a.started_at, a.system_id, a.company_id, d.event_type, d.object, a.mapping, a.outcome,
                a.error_kind, a.error_code,
                CASE WHEN a.outcome IN ('delivered', 'unchanged', 'applied') THEN 1 ELSE 0 END AS delivered,
                CASE WHEN a.outcome IN ('retry', 'held', 'unknown') THEN 1 ELSE 0 END AS failed,
                CASE WHEN a.number > 1 THEN 1 ELSE 0 END AS repeated,
                CASE WHEN a.error_kind = 'data' AND a.request IS NULL THEN 1 ELSE 0 END AS not_mapped,
                CASE WHEN a.outcome IN ('delivered', 'unchanged', 'applied') THEN 100.0 ELSE 0 END AS success_rate,
                CASE WHEN a.outcome IN ('retry', 'held', 'unknown') THEN 100.0 ELSE 0 END AS failure_rate,
                CASE WHEN a.outcome IN ('delivered', 'applied') THEN d.latency_ms END AS latency_p50,
                CASE WHEN a.outcome IN ('delivered', 'applied') THEN d.latency_ms END AS latency_p95,
                CASE WHEN a.request IS NOT NULL THEN a.duration_ms END AS response_p50,
                CASE WHEN a.request IS NOT NULL THEN a.duration_ms END AS response_p95
            FROM integration_attempt a
            LEFT JOIN integration_delivery d ON d.id = a.delivery_id
            WHERE a.number > 0
        """

    def _read_group_select(self, aggregate_spec, query):
        name, _colon, _function = aggregate_spec.partition(":")
        if name in PERCENTILES:
            values = self._field_to_sql(self._table, name, query)
            return SQL("percentile_cont(%s) WITHIN GROUP (ORDER BY %s)", PERCENTILES[name], values)
        return super()._read_group_select(aggregate_spec, query)
