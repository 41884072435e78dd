from odoo import api, fields, models

from ..problems.integration_problem import NEEDS_A_PERSON


class IntegrationDeliveryPolicy(models.Model):
    """What a decision about deliveries has to do with the problems they stand still for."""

    _inherit = "integration.delivery"

    problem_id = fields.Many2one(
        "integration.problem", compute="_compute_problem_id", help="The open problem that it stands still for."
    )
    problem_owner_id = fields.Many2one("res.users", compute="_compute_problem_id", string="Owner")

    @api.depends("state", "cause")
    def _compute_problem_id(self):
        stopped = self.filtered(lambda delivery: delivery.state in NEEDS_A_PERSON)
        found = {}
        for problem in stopped._problems().sudo(self.env.su)._filtered_access("read"):
            for delivery in stopped.sudo().filtered_domain(problem._delivery_domain()):
                found[delivery.id] = problem
        for delivery in self:
            problem = found.get(delivery.id, self.env["integration.problem"])
            delivery.problem_id = problem
            delivery.problem_owner_id = problem.sudo().user_id

    def _decided_by_person(self):
        """Called with the deliveries of a decision, still in the state that it is about: the policy may reserve it to
        a group, and their problems have been acted on.

        :raise AccessError: a policy reserves the decision to people of whom the user is none
        """
        stopped = self.filtered(lambda delivery: delivery.state in NEEDS_A_PERSON)
        if not stopped:
            return
        stopped._check_policies()
        stopped._problems()._touch()
        self.env["integration.problem"]._sync_after_commit()

    def _check_policies(self):
        if self.env.su:
            return
        Policy = self.env["integration.exception.policy"].sudo()
        reserved = Policy.search([("decide_group_id", "!=", False)])
        if all(policy._may_decide(self.env.user) for policy in reserved):
            return
        seen = set()
        for delivery in self.sudo():
            fits = (delivery.error_kind, delivery.system_id, delivery.object, delivery.event_id.rule_id)
            if fits not in seen:
                seen.add(fits)
                Policy._for(*fits)._check_may_decide(self.env.user)

    def _problems(self):
        """The open problems that these deliveries stand still for."""
        if not self:
            return self.env["integration.problem"]
        problems = (
            self.env["integration.problem"]
            .sudo()
            .search([("state", "=", "open"), ("system_id", "in", self.sudo().system_id.ids)])
        )
        return problems.filtered(lambda problem: bool(self.sudo().filtered_domain(problem._delivery_domain())))
