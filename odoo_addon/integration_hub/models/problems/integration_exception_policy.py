from odoo import _, api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..deliveries.integration_delivery import ERROR_KINDS
from ..foundation.titles import object_titles

ADMINISTRATORS = "integration_hub.group_administrator"
OPERATORS = "integration_hub.group_operator"
VIEWERS = "integration_hub.group_viewer"


class IntegrationExceptionPolicy(models.Model):
    """What is to happen when deliveries stand still: who is told, how fast it should be settled, who may decide, and
    who hears of it if nobody acts (GOV-08).

    The most specific policy of a kind counts: one for the rule before one for the business object, before one for the
    system, before one for the kind alone.
    """

    _name = "integration.exception.policy"
    _description = "Exception Policy"
    _order = "kind, sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="Of two equally specific policies the first counts.")
    kind = fields.Selection(ERROR_KINDS, string="Kind of failure", required=True)
    system_id = fields.Many2one("integration.system", ondelete="cascade", help="Empty: every system.")
    object = fields.Selection(object_titles, "Business object", help="Empty: every business object.")
    rule_id = fields.Many2one("integration.rule", ondelete="cascade", help="Empty: every rule.")
    tell = fields.Selection(
        [
            ("rule_owner", "Owner of the rule, else of the system"),
            ("system_owner", "Owner of the system"),
            ("user", "A person"),
            ("group", "Everybody in a group"),
        ],
        string="Who is told",
        required=True,
        default="system_owner",
        help="Where that is nobody, all integration administrators are told, so that nothing goes unseen.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        domain=lambda self: [("all_group_ids", "in", self.env.ref(VIEWERS).ids)],
    )
    group_id = fields.Many2one("res.groups", string="Group")
    deadline_hours = fields.Float(
        string="Settled within (hours)", required=True, default=24, help="The deadline of the activity."
    )
    grace_minutes = fields.Integer(
        string="Wait before telling (minutes)",
        default=0,
        help="Only for a system that does not answer: it often comes back by itself. 0: told at once.",
    )
    escalate_hours = fields.Float(
        string="Escalates after (hours)", default=0, help="When nobody has acted on it for so long. 0: never."
    )
    escalate_user_id = fields.Many2one(
        "res.users",
        string="Escalates to",
        domain=lambda self: [("all_group_ids", "in", self.env.ref(VIEWERS).ids)],
        help="Empty, and no group either: the integration administrators.",
    )
    escalate_group_id = fields.Many2one("res.groups", string="Escalates to the group")
    decide_group_id = fields.Many2one(
        "res.groups",
        string="Who may decide",
        help="Who may retry, cancel, send again or assign what stands still for this. Empty: operators.",
    )

    _deadline_positive = models.Constraint("CHECK (deadline_hours > 0)", "The deadline is a number of hours above 0.")
    _waits_not_negative = models.Constraint(
        "CHECK (grace_minutes >= 0 AND escalate_hours >= 0)", "A time to wait cannot be negative."
    )

    @api.constrains("tell", "user_id", "group_id")
    def _check_told(self):
        for policy in self:
            if (policy.tell == "user" and not policy.user_id) or (policy.tell == "group" and not policy.group_id):
                raise ValidationError(_("Policy “%s”: name the person or the group that is told.", policy.name))

    # -- which one counts ------------------------------------------------------------------------------------

    @api.model
    def _for(self, kind, system, object_code, rule):
        """The policy that counts; an empty record where an administrator archived all of a kind."""
        candidates = self.sudo().search([("kind", "=", kind)])
        fitting = candidates.filtered(
            lambda policy: (
                policy.system_id.id in (False, system.id)
                and policy.object in (False, object_code)
                and policy.rule_id.id in (False, rule.id)
            )
        )
        return fitting.sorted(
            lambda policy: (bool(policy.rule_id), bool(policy.object), bool(policy.system_id)), reverse=True
        )[:1]

    # -- people ----------------------------------------------------------------------------------------------

    def _told(self, system, rule, company):
        """The people who are told of a problem. Nobody is told who could not open it; where that leaves no one, all
        integration administrators are."""
        if self.tell == "user":
            people = self.user_id
        elif self.tell == "group":
            people = self.group_id.all_user_ids
        else:
            people = system.user_id
            if self.tell == "rule_owner" and (owner := self._who_may_see(rule.user_id, company)):
                people = owner
        return self._who_may_see(people, company) or self._administrators(company)

    def _told_late(self, company):
        """The people to whom an untouched problem escalates."""
        people = self.escalate_user_id | self.escalate_group_id.all_user_ids
        return self._who_may_see(people, company) or self._administrators(company)

    def _administrators(self, company):
        return self._who_may_see(self.env.ref(ADMINISTRATORS).all_user_ids, company)

    def _who_may_see(self, people, company):
        return people.filtered(
            lambda user: (
                user.active
                and not user.share
                and user.has_group(VIEWERS)
                and (not company or company in user.company_ids)
            )
        )

    def _may_decide(self, user):
        return user.has_group(OPERATORS) and (not self.decide_group_id or user in self.decide_group_id.all_user_ids)

    def _check_may_decide(self, user):
        if not user.has_group(OPERATORS):
            raise AccessError(_("Only integration operators can decide about deliveries."))
        if not self._may_decide(user):
            raise AccessError(
                _(
                    "Policy “%(policy)s”: only %(group)s may decide about this.",
                    policy=self.name,
                    group=self.decide_group_id.display_name,
                )
            )
