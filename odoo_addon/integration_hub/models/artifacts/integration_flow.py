import re
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.fields import Domain

from ..ownership.ownership_content import sent_to
from ..privacy.data_classes import class_of, lines_of

ACTUAL_DAYS = 7
#: After such an attempt a delivery waits for a person.
STOOD_STILL = ("held", "dead", "person_held")
#: What has to be declared of an interface.
DECLARED = ("purpose", "owner_id", "criticality", "target", "data_classes", "timing", "latency_target")
CRITICALITIES = [("low", "Low"), ("medium", "Medium"), ("high", "High"), ("critical", "Critical")]
TIMINGS = [("real_time", "Real time"), ("batch", "Batch"), ("both", "Both")]


class IntegrationFlow(models.Model):
    """The register of interfaces: each flow of data with its purpose, owner and targets, beside what it really does
    (GOV-01, GOV-10, TIM-01, MIG-01).

    The flows of the hub's own rules appear by themselves; interfaces that run elsewhere are entered or imported, so
    that two that write the same field are seen.
    """

    _name = "integration.flow"
    _inherit = ["mail.thread"]
    _description = "Interface"
    _order = "name"
    _mail_post_access = "read"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    rule_id = fields.Many2one("integration.rule", readonly=True, ondelete="cascade", help="Empty: it runs elsewhere.")
    runs_here = fields.Boolean(compute="_compute_runs_here", store=True)
    purpose = fields.Text(tracking=True)
    owner_id = fields.Many2one(
        "res.users",
        string="Owner",
        tracking=True,
        domain=lambda self: [("all_group_ids", "in", self.env.ref("integration_hub.group_viewer").ids)],
    )
    support_id = fields.Many2one("res.users", string="Support", help="Who is called when it stands still.")
    criticality = fields.Selection(CRITICALITIES, tracking=True)
    source = fields.Char("From", default="Odoo", required=True)
    target = fields.Char("To", help="Systems, comma-separated.")
    object = fields.Char("Business object")
    fields_written = fields.Text("Fields it writes", help="Canonical fields of the business object, one a line.")
    data_classes = fields.Char("Data classes", help="How confidential what it carries is.")
    timing = fields.Selection(TIMINGS, tracking=True)
    latency_target = fields.Float(
        "Arrives within (s)", tracking=True, help="95 % arrive within so many seconds. 0: none set."
    )
    recovery_hours = fields.Float(
        "Back within (hours)", tracking=True, help="How long it may stand still after a disaster. 0: not set."
    )
    latency_actual = fields.Float(
        "Actual (s)",
        compute="_compute_actual",
        help="95 % of the last 7 days' deliveries arrived within this, without the time for which they waited for a "
        "person.",
    )
    waited_count = fields.Integer(
        "Waited for people", compute="_compute_actual", help="Of these deliveries, those that a person had to decide."
    )
    waited_hours = fields.Float(
        "Hours waited", compute="_compute_actual", help="How long these stood still until somebody decided, in all."
    )
    volume = fields.Integer("Last 7 days", compute="_compute_actual", help="Deliveries that arrived.")
    late = fields.Boolean(compute="_compute_actual", help="Slower than its target.")
    decision = fields.Selection(
        [("keep", "Keep"), ("migrate", "Migrate"), ("retire", "Retire")], default="keep", tracking=True
    )
    conflict = fields.Text("Also written by", readonly=True, help="Other interfaces that write the same fields.")
    missing = fields.Char(compute="_compute_missing", search="_search_missing", help="What is not declared yet.")

    _rule_uniq = models.UniqueIndex("(rule_id) WHERE rule_id IS NOT NULL")

    @api.depends("rule_id")
    def _compute_runs_here(self):
        for flow in self:
            flow.runs_here = bool(flow.rule_id)

    @api.depends(*DECLARED)
    @api.depends_context("lang")
    def _compute_missing(self):
        labels = {name: self._fields[name].get_description(self.env, ["string"])["string"] for name in DECLARED}
        for flow in self:
            flow.missing = ", ".join(labels[name] for name in DECLARED if not flow[name]) or False

    def _search_missing(self, operator, value):
        if operator != "in" or set(value) != {False}:
            return NotImplemented
        return Domain.AND(Domain(name, "!=", 0 if name == "latency_target" else False) for name in DECLARED)

    @api.depends("rule_id", "latency_target")
    def _compute_actual(self):
        # Indexes: integration_event by time, integration_delivery by event, integration_attempt by delivery. Nobody
        # decides within a second: most deliveries' attempts are not looked at.
        self.env.cr.execute(
            """
            WITH arrived AS (
                SELECT e.rule_id, d.id, d.latency_ms, greatest(b.tripped_at, e.occurred_at) AS braked_at
                FROM integration_event e JOIN integration_delivery d ON d.event_id = e.id
                LEFT JOIN integration_brake b ON b.id = d.brake_id
                WHERE e.occurred_at >= %s AND e.rule_id = ANY(%s) AND d.state = 'delivered' AND d.latency_ms IS NOT NULL
            ), waited AS (
                SELECT step.delivery_id, sum(extract(epoch FROM step.until - step.since)) * 1000 AS ms
                FROM (
                    SELECT a.delivery_id, a.outcome, a.ended_at AS since,
                           lead(a.started_at) OVER (PARTITION BY a.delivery_id ORDER BY a.id) AS until
                    FROM integration_attempt a JOIN arrived ON arrived.id = a.delivery_id
                    WHERE arrived.latency_ms >= 1000
                    UNION ALL
                    -- The mass-change brake holds before anything was tried: its only attempt is the decision.
                    SELECT a.delivery_id, 'held', arrived.braked_at, min(a.started_at)
                    FROM integration_attempt a JOIN arrived ON arrived.id = a.delivery_id
                    WHERE arrived.latency_ms >= 1000 AND arrived.braked_at IS NOT NULL
                    GROUP BY a.delivery_id, arrived.braked_at
                    HAVING (array_agg(a.outcome ORDER BY a.id))[1] = 'person_released'
                ) step
                WHERE step.outcome IN %s AND step.until > step.since GROUP BY step.delivery_id
            )
            SELECT arrived.rule_id, count(*),
                   percentile_cont(0.95) WITHIN GROUP (
                       ORDER BY greatest(arrived.latency_ms - coalesce(waited.ms, 0), 0)
                   ) / 1000,
                   count(waited.ms), coalesce(sum(waited.ms), 0) / 3600000
            FROM arrived LEFT JOIN waited ON waited.delivery_id = arrived.id
            GROUP BY arrived.rule_id
            """,
            [fields.Datetime.now() - timedelta(days=ACTUAL_DAYS), self.rule_id.ids, STOOD_STILL],
        )
        found = {rule: figures for rule, *figures in self.env.cr.fetchall()}
        for flow in self:
            figures = found.get(flow.rule_id.id, (0, 0, 0, 0))
            flow.volume, flow.latency_actual, flow.waited_count, flow.waited_hours = figures
            flow.late = bool(flow.latency_target) and flow.latency_actual > flow.latency_target

    # -- the hub's own flows ---------------------------------------------------------------------------------

    @api.model
    def _refresh(self):
        """Enters the rules that have no flow yet, and says anew what the hub's flows write and which flows meet."""
        flows = self.sudo().with_context(active_test=False)
        rules = self.env["integration.rule"].sudo().with_context(active_test=False).search([])
        known = flows.search([("rule_id", "!=", False)])
        new = rules - known.rule_id
        known |= flows.create(
            [
                {"name": rule.name, "rule_id": rule.id, "purpose": rule.description, "owner_id": rule.user_id.id}
                for rule in new
            ]
        )
        schemas = self.env["integration.catalogue"]._schemas()
        for flow in known:
            flow._write_changed(flow._derived(schemas))
        self._find_conflicts()

    def _derived(self, schemas):
        """What follows from the rule and the mappings in force."""
        rule = self.rule_id
        ownership = self.env["integration.ownership"].sudo()._content()
        fields_read, classes = [], set()
        for connector in dict.fromkeys(rule.system_ids.mapped("connector")):
            path = f"systems/{connector}/mappings/{rule.object}.json"
            artifact = self.env["integration.artifact"].sudo().search([("path", "=", path)])
            mapping = (artifact._content() if artifact else None) or {}
            version = (mapping.get("source") or {}).get("version")
            schema = schemas.get(f"hub:canonical/{rule.object}/{version}") or {}
            for _to, sources in lines_of(mapping):
                # What the target owns is not sent to it.
                sources = [source for source in sources if sent_to(ownership, rule.object, source, connector)]
                fields_read += sources
                classes.update(class_of(schema, source, schemas) for source in sources)
        return {
            "active": rule.active,
            "object": rule.object,
            "target": ", ".join(rule.system_ids.mapped("name")) or False,
            "fields_written": "\n".join(sorted(set(fields_read))) or False,
            "data_classes": ", ".join(sorted(classes - {None})) or False,
        }

    def _write_changed(self, values):
        if changed := {name: value for name, value in values.items() if self[name] != value}:
            self.with_context(integration_flow_refresh=True).write(changed)

    # -- two that write one field ----------------------------------------------------------------------------

    @api.model
    def _find_conflicts(self):
        """Says of each flow which others write the same field of the same object in the same system.

        Rules of the hub share their mapping, so two of them are no conflict.
        """
        flows = self.sudo().search([])
        written = {flow: flow._written() for flow in flows}
        for flow in flows:
            lines = []
            for other in flows - flow:
                if flow.runs_here and other.runs_here:
                    continue
                shared = sorted({field for field in written[flow] if _meets(field, written[other])})
                if shared:
                    names = ", ".join(field for _system, _object, field in shared)
                    lines.append(_("%(other)s: %(fields)s", other=other.name, fields=names))
            flow._write_changed({"conflict": "\n".join(lines) or False})

    def _written(self):
        """`{(system, object, field)}`, in the words that all flows share."""
        fields_here = {name.strip() for name in re.split(r"[\n,;]+", self.fields_written or "") if name.strip()}
        if self.rule_id:
            targets = {self._system_key(code) for code in self.rule_id.system_ids.mapped("code")}
        else:
            targets = {self._system_key(name) for name in (self.target or "").split(",") if name.strip()}
        return {(target, (self.object or "").lower(), name) for target in targets for name in fields_here}

    def _system_key(self, text):
        """The connected system that is meant by a code, a connector or a name; else the text in small letters."""
        wanted = text.strip().lower()
        for system in self.env["integration.system"].sudo().search([]):
            if wanted in {(name or "").lower() for name in (system.code, system.connector, system.name)}:
                return system.code
        return wanted

    @api.model_create_multi
    def create(self, vals_list):
        flows = super().create(vals_list)
        if any(not vals.get("rule_id") for vals in vals_list):
            self._find_conflicts()
        return flows

    def write(self, vals):
        result = super().write(vals)
        meets = {"active", "target", "object", "fields_written"}
        if vals.keys() & meets and not self.env.context.get("integration_flow_refresh"):
            self._find_conflicts()
        return result

    def unlink(self):
        result = super().unlink()
        self._find_conflicts()
        return result

    def action_open_deliveries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_deliveries")
        domain = [("event_id.rule_id", "=", self.rule_id.id)]
        return action | {"domain": domain, "context": {}, "display_name": self.name}


class IntegrationRuleOfFlow(models.Model):
    _inherit = "integration.rule"

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env["integration.flow"]._refresh()
        return rules

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"active", "object", "system_ids", "name"}:
            self.env["integration.flow"]._refresh()
        return result


class IntegrationArtifactOfFlow(models.Model):
    _inherit = "integration.artifact"

    @api.model
    def _from_catalogue(self):
        super()._from_catalogue()
        self.env["integration.event.type"]._ensure(
            self.env["integration.rule"].sudo().with_context(active_test=False).search([])
        )
        self.env["integration.flow"]._refresh()


class IntegrationReleaseOfFlow(models.Model):
    _inherit = "integration.release"

    def _put_in_force(self, versions, objects, reason):
        release = super()._put_in_force(versions, objects, reason)
        self.env["integration.flow"]._refresh()
        return release


def _meets(field, others):
    """A field is written by another as well when it, what it is part of, or a part of it is."""
    system, object_code, name = field
    return any(
        system == other_system
        and object_code == other_object
        and (name == other or name.startswith(f"{other}.") or other.startswith(f"{name}."))
        for other_system, other_object, other in others
    )
