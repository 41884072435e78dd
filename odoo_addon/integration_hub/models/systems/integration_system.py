from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..capture.cache import forget_plans

STATE_FIELDS = frozenset({"state", "pause_kind", "pause_reason", "paused_since", "paused_until"})


class IntegrationSystem(models.Model):
    """An external system that receives changes. The sidecar publishes it; people decide about it here."""

    _name = "integration.system"
    _inherit = ["integration.referenced"]
    _description = "Integration System"
    _order = "name, id"

    name = fields.Char(required=True, help="What people call the system.")
    code = fields.Char(
        required=True,
        copy=False,
        help="Technical name: the name of the connection in the sidecar's configuration. It never changes.",
    )
    connector = fields.Char(help="The connector definition the sidecar runs for it, for instance hubspot.")
    active = fields.Boolean(default=True, help="An archived system gets no new deliveries and its queue stands still.")
    state = fields.Selection(
        [("active", "Active"), ("paused", "Paused")],
        required=True,
        default="active",
        readonly=True,
        help="Paused: changes are still recorded, but nothing is sent until the system is resumed.",
    )
    pause_kind = fields.Selection(
        [
            ("manual", "Paused by a person"),
            ("credential", "Credentials refused"),
            ("breaker", "System not answering"),
            ("neutralised", "Copy of a database"),
        ],
        readonly=True,
        help="What stopped the system. A neutralised database (a copy for tests) never sends until it is resumed here.",
        string="Kind of pause",
    )
    pause_reason = fields.Char("Why it is paused", readonly=True)
    paused_since = fields.Datetime("Paused since", readonly=True, help="When what stopped the system began.")
    paused_until = fields.Datetime(
        "Paused until", readonly=True, help="The pause ends by itself at this moment; empty: until somebody resumes."
    )
    max_attempts = fields.Integer(
        required=True,
        default=12,
        help="Tries of a delivery that fails for a technical reason before it counts as dead. "
        "Between two tries the wait doubles, up to an hour.",
    )
    user_id = fields.Many2one("res.users", string="Owner", help="Who looks after this connection.")
    api_user_id = fields.Many2one(
        "res.users",
        string="User for incoming changes",
        help="The Odoo user as whom changes from this system arrive: what that user may not do, the system cannot "
        "do. They are not sent back to it. Empty: nothing is taken from the system.",
    )
    company_id = fields.Many2one(
        "res.company", help="Only changes of this company go to the system; empty: of all companies."
    )
    delivery_ids = fields.One2many("integration.delivery", "system_id")
    open_count = fields.Integer(compute="_compute_figures", string="Open", help="Deliveries that have not ended yet.")
    attention_count = fields.Integer(
        compute="_compute_figures", string="Need attention", help="Deliveries that a person has to decide about."
    )
    last_delivered_at = fields.Datetime(compute="_compute_figures", string="Last delivery")

    _code_uniq = models.UniqueIndex("(code)", "Another system has this code already.")
    _max_attempts_positive = models.Constraint("CHECK (max_attempts > 0)", "At least one attempt is needed.")

    @api.depends_context("uid")
    def _compute_figures(self):
        figures = {}
        if self.ids:
            self.env.cr.execute(
                SQL(
                    """
                    SELECT s.id,
                        (SELECT count(*) FROM integration_delivery d WHERE d.system_id = s.id
                            AND d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead'))
                        + (SELECT count(*) FROM integration_delivery d WHERE d.system_id = s.id
                            AND d.state = 'received'),
                        (SELECT count(*) FROM integration_delivery d WHERE d.system_id = s.id
                            AND d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
                            AND d.state IN ('held', 'dead')),
                        (SELECT date_trunc('second', max(k.synced_at)) FROM integration_link k
                            WHERE k.system_id = s.id)
                    FROM unnest(%s::int[]) AS s(id)
                    """,
                    list(self.ids),
                )
            )
            figures = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for system in self:
            system.open_count, system.attention_count, system.last_delivered_at = figures.get(system.id, (0, 0, False))

    # -- rights ----------------------------------------------------------------------------------------------

    @api.constrains("api_user_id")
    def _check_api_user(self):
        """What arrives is bound by the rights of its user, who therefore is neither the superuser nor the sidecar's."""
        for user in self.api_user_id:
            if user._is_superuser() or user.has_group("integration_hub.group_sidecar"):
                raise ValidationError(
                    _(
                        "%s cannot be the user for incoming changes. Make one for the system, with its rights.",
                        user.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_state_change(vals)
        systems = super().create(vals_list)
        forget_plans(self.env)
        return systems

    def write(self, vals):
        self._refuse_state_change(vals)
        if "code" in vals and any(system.code != vals["code"] for system in self):
            raise UserError(
                _("The code of a system never changes: the sidecar and all its links know it by that code.")
            )
        result = super().write(vals)
        if {"active", "company_id", "api_user_id"} & vals.keys():
            forget_plans(self.env)
        return result

    def unlink(self):
        result = super().unlink()
        forget_plans(self.env)
        return result

    def _refuse_state_change(self, vals):
        if STATE_FIELDS & vals.keys() and not self.env.su:
            raise AccessError(_("Use the buttons Pause and Resume: they record why, and tell the sidecar."))

    # -- actions ---------------------------------------------------------------------------------------------

    def action_pause(self, reason=None, until=None):
        """Stops sending to these systems. Changes are still recorded, and go out after `action_resume`.

        :param reason: shown to everybody who wonders why nothing arrives
        :param until: datetime (UTC) at which the pause ends by itself; None: until somebody resumes
        """
        self._check_operator()
        self.sudo().write(
            {
                "state": "paused",
                "pause_kind": "manual",
                "pause_reason": reason or _("Paused by %s", self.env.user.name),
                "paused_since": fields.Datetime.now(),
                "paused_until": until or False,
            }
        )
        return True

    def action_resume(self):
        """Lets these systems go on. This also re-arms a system of a copied database: only a person can decide that."""
        self._check_operator()
        self.sudo().write({"state": "active", **dict.fromkeys(STATE_FIELDS - {"state"}, False)})
        self.env.flush_all()
        self.env.cr.execute("SELECT pg_notify('integration_hub', %s)", [",".join(self.mapped("code"))])
        return True

    def _check_operator(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_hub.group_operator"):
            raise AccessError(_("Only integration operators can do this."))
