from ast import literal_eval

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..capture.cache import forget_plans
from ..capture.paths import UNSUPPORTED_TYPES, UNWATCHED, path_error


class IntegrationRule(models.Model):
    """Which change of which model becomes which event for which systems. Works at once, without a restart."""

    _name = "integration.rule"
    _inherit = ["integration.referenced"]
    _description = "Integration Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=False)
    code = fields.Char(
        copy=False, help="Set for rules installed from the catalogue: installing again finds them by it."
    )
    description = fields.Text(help="What the rule does and why.")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    model_id = fields.Many2one(
        "ir.model",
        string="Model",
        required=True,
        ondelete="cascade",
        domain=[("transient", "=", False), ("model", "not like", "integration.%")],
    )
    model = fields.Char(related="model_id.model", string="Model name", store=True)
    on_create = fields.Boolean("When created", default=True)
    on_write = fields.Boolean(
        "When changed", default=True, help="A watched field holds another value than before the transaction."
    )
    on_archive = fields.Boolean("When archived", default=True, help="Archived or taken back.")
    on_unlink = fields.Boolean("When deleted", default=True)
    watched_field_ids = fields.Many2many(
        "ir.model.fields",
        string="Watched fields",
        domain="[('model_id', '=', model_id)]",
        help="Only a change of one of these makes an event. Empty: a change of any field of the payload. Through a "
        "many-to-one named here, what the domain asks of the other record counts too (timesheet_invoice_id.state).",
    )
    follow_mapping = fields.Boolean(
        "Follow the mapping",
        default=True,
        help="The payload is what the active mappings of the business object read, and follows them.",
    )
    payload_fields = fields.Text(
        "Payload fields",
        help="One path a line, for instance email or parent_id.vat. "
        "Through a many-to-one, only a change of the first field counts as a change.",
    )
    domain = fields.Char(
        default="[]",
        help="Only records that satisfy this after the change make an event; for a deletion, before it. "
        "Values must be literal.",
    )
    event_type = fields.Char("Event", required=True, help="Business name of the event, for instance customer.changed.")
    object = fields.Char("Business object", required=True, help="What the event carries, for instance customer.")
    system_ids = fields.Many2many("integration.system", string="Systems", help="Where the event goes.")
    company_id = fields.Many2one("res.company", help="Only records of this company; empty: of every company.")
    priority = fields.Integer(required=True, default=50, help="Lower goes first; 50 is ordinary.")
    coalesce = fields.Boolean(
        "Only the last state counts",
        default=True,
        help="Several unsent changes of one record are sent as one, because each holds the full state.",
    )
    linked_only = fields.Boolean(
        "Only linked records",
        help="Goes only to systems in which the record has its like already, and makes none there.",
    )
    effective_paths = fields.Text(
        compute="_compute_effective", help="What the payload holds, with what the mappings ask for."
    )
    problem = fields.Char(compute="_compute_effective", help="Why the rule does less than it says.")

    _code_uniq = models.UniqueIndex("(code) WHERE code IS NOT NULL", "A rule with this code exists already.")
    _priority_range = models.Constraint("CHECK (priority BETWEEN 1 AND 99)", "The priority is a number from 1 to 99.")

    @api.depends("model_id", "object", "follow_mapping", "payload_fields")
    @api.depends_context("lang")
    def _compute_effective(self):
        for rule in self:
            paths = rule._paths()
            usable = [path for path in paths if not path_error(self.env, rule.model, path)] if rule.model else []
            rule.effective_paths = "\n".join(usable)
            if rule.model and rule.model not in self.env:
                rule.problem = _("The model %s is not installed.", rule.model)
            elif rule.follow_mapping and rule.object and not paths:
                rule.problem = _(
                    "The sidecar has published no mapping for “%s” yet: this rule makes no events.",
                    self.env["integration.catalogue"]._object_title(rule.object),
                )
            elif len(usable) < len(paths):
                rule.problem = _("Not in this database: %s.", ", ".join(path for path in paths if path not in usable))
            else:
                rule.problem = False

    def _paths(self):
        """The dotted paths of the payload, as the mappings or the administrator say."""
        self.ensure_one()
        if self.follow_mapping:
            return list(self.env["integration.catalogue"]._captured_paths(self.object))
        return [line.strip() for line in (self.payload_fields or "").splitlines() if line.strip()]

    def _parsed_domain(self):
        return literal_eval((self.domain or "").strip() or "[]")

    # -- constraints -----------------------------------------------------------------------------------------

    @api.constrains("model_id")
    def _check_model(self):
        for rule in self:
            model = self.env.get(rule.model)
            if (
                model is None
                or model._transient
                or model._abstract
                or not model._auto
                or model._name.startswith("integration.")
            ):
                raise ValidationError(_("Changes of “%s” cannot be captured.", rule.model_id.name))

    @api.constrains("payload_fields", "follow_mapping", "model_id")
    def _check_payload_fields(self):
        for rule in self.filtered(lambda rule: not rule.follow_mapping):
            for path in rule._paths():
                if error := path_error(self.env, rule.model, path):
                    raise ValidationError(_("Rule “%(rule)s”, payload fields: %(error)s", rule=rule.name, error=error))

    @api.constrains("watched_field_ids", "model_id")
    def _check_watched_fields(self):
        for rule in self:
            for field in rule.watched_field_ids:
                if field.model != rule.model:
                    raise ValidationError(
                        _(
                            "Rule “%(rule)s”: the watched field “%(field)s” belongs to %(model)s.",
                            rule=rule.name,
                            field=field.name,
                            model=field.model,
                        )
                    )
                if field.name in UNWATCHED or field.ttype in UNSUPPORTED_TYPES:
                    raise ValidationError(
                        _(
                            "Rule “%(rule)s”: a change of “%(field)s” cannot be watched.",
                            rule=rule.name,
                            field=field.name,
                        )
                    )

    @api.constrains("domain", "model_id")
    def _check_domain(self):
        for rule in self:
            try:
                Domain(rule._parsed_domain()).validate(self.env[rule.model])
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(_("Rule “%(rule)s”, domain: %(error)s", rule=rule.name, error=error)) from error

    @api.constrains("on_create", "on_write", "on_archive", "on_unlink")
    def _check_trigger(self):
        for rule in self:
            if not (rule.on_create or rule.on_write or rule.on_archive or rule.on_unlink):
                raise ValidationError(_("Rule “%s” never fires: choose at least one trigger.", rule.name))

    # -- the capture's cache ---------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self._clear_rule_cache()
        return rules

    def write(self, vals):
        result = super().write(vals)
        self._clear_rule_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self._clear_rule_cache()
        return result

    def _clear_rule_cache(self):
        """All workers see the rule at their next request; forms show the status of its model from then on."""
        forget_plans(self.env, "templates")
