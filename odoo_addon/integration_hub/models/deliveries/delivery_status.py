from odoo import _, api, models
from odoo.exceptions import MissingError, UserError
from odoo.tools import SQL

from ..events.event_in_words import WORST_FIRST

NOTHING = {"count": 0, "worst_state": False, "state": False, "systems": []}


class IntegrationDelivery(models.Model):
    """What other systems know of a record: the figures behind the status on its form."""

    _inherit = "integration.delivery"

    @api.model
    def get_record_status(self, model, res_id):
        """The sync status of one record. Never raises for lack of rights: who may not see it is told nothing.

        :return: ``{"count", "worst_state", "state", "systems", "action"}``: number of deliveries that were not
            superseded, the worst state of any system (`state` is the same), and per system ``{"code", "name",
            "state", "direction", "external_id", "external_url", "last_error", "hint", "situation", "owner", "at",
            "delivery_id", "link_count"}``. `at` is server time as text; `owner` is the name of who looks after what
            needs a person, None where nobody does yet. `action` opens the record's deliveries.
        """
        if not res_id or model not in self.env or not self.has_access("read"):
            return dict(NOTHING)
        try:
            if not self.env[model].browse(res_id).has_access("read"):
                return dict(NOTHING)
        except MissingError:
            return dict(NOTHING)
        rows = self._status_rows(model, res_id)
        # The query kept to the user's companies already.
        deliveries = self.sudo().browse([row["delivery_id"] for row in rows if row["delivery_id"]])
        words = {
            delivery.id: {
                "situation": delivery.situation or False,
                "last_error": delivery.what_happened or None,
                "hint": delivery.what_to_do or None,
                "owner": delivery.problem_owner_id.name or None,
            }
            for delivery in deliveries
        }
        nothing = {"situation": False, "last_error": None, "hint": None, "owner": None}
        rank = {state: place for place, state in enumerate(WORST_FIRST)}
        systems = []
        for row in sorted(rows, key=lambda row: (rank[row["state"]], row["name"])):
            at = row.pop("at")
            systems.append(
                row | {"at": at and at.strftime("%Y-%m-%d %H:%M:%S")} | words.get(row["delivery_id"], nothing)
            )
        worst = systems[0]["state"] if systems else False
        return {
            "count": sum(system["count"] for system in systems),
            "worst_state": worst,
            "state": worst,
            "systems": systems,
            "action": {
                "type": "ir.actions.act_window",
                "name": _("Exchanges of this record"),
                "res_model": "integration.delivery",
                "views": [[False, "list"], [False, "kanban"], [False, "form"]],
                "domain": [["model", "=", model], ["res_id", "=", res_id]],
            },
        }

    def _status_rows(self, model, res_id):
        """One row a system: its worst open delivery, else its last finished one, with the record's link there. One
        query. Index: (model, res_id), of deliveries and of links."""
        open_first = SQL("array_position(%s::text[], d.state::text)", list(WORST_FIRST))
        self.env.cr.execute(
            SQL(
                """
                WITH seen AS (
                    SELECT DISTINCT ON (d.system_id) d.*, count(*) OVER (PARTITION BY d.system_id) AS number
                    FROM integration_delivery d
                    WHERE d.model = %(model)s AND d.res_id = %(res_id)s AND d.state NOT IN ('superseded', 'cancelled')
                      AND (d.company_id IS NULL OR d.company_id = ANY(%(companies)s))
                    ORDER BY d.system_id, CASE WHEN d.state = 'delivered' THEN 99 ELSE %(rank)s END, d.id DESC
                ), linked AS (
                    SELECT DISTINCT ON (k.system_id) k.*
                    FROM integration_link k
                    WHERE k.model = %(model)s AND k.res_id = %(res_id)s AND k.active
                      AND (k.company_id IS NULL OR k.company_id = ANY(%(companies)s))
                    ORDER BY k.system_id, k.synced_at DESC NULLS LAST
                )
                SELECT s.code, s.name, coalesce(d.state, 'delivered') AS state, d.direction, d.id AS delivery_id,
                    coalesce(d.number, 0) AS count, coalesce(k.external_id, d.external_id) AS external_id,
                    coalesce(k.external_url, d.external_url) AS external_url,
                    coalesce(d.done_at, d.claimed_at, d.create_date, k.synced_at) AS at
                FROM seen d FULL JOIN linked k ON k.system_id = d.system_id
                JOIN integration_system s ON s.id = coalesce(d.system_id, k.system_id)
                """,
                model=model,
                res_id=res_id,
                companies=self.env.companies.ids,
                rank=open_first,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def send_record_now(self, model, res_id):
        """Reads a record as it is now and sends it to all systems that its rules name. For the button on the record's
        form.

        :raise UserError: no active rule takes the record
        """
        self._check_may_decide()
        record = self.env[model].browse(res_id)
        record.check_access("read")
        if not self.env["integration.rule"]._enqueue_records(record.sudo().with_env(self.env(su=True)), forced=True):
            raise UserError(
                _("No active rule sends this record anywhere: its domain or company leaves the record out.")
            )
        return True
