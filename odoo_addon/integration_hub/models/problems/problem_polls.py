from datetime import timedelta

from odoo import _, fields, models

from .integration_problem import POLL


class IntegrationProblemPolls(models.Model):
    """A system whose changes cannot be looked for: one problem for each system and failure, whatever the number of its
    lists. It closes by itself when the lists can be read again."""

    _inherit = "integration.problem"

    def _found_polls(self):
        """As `_found`. A system that is paused is not looked at, and one that answers nobody is a problem already."""
        failing = self.env["integration.system.poll"].search(
            [
                ("failing_since", "!=", False),
                ("system_id.active", "=", True),
                ("system_id.state", "=", "active"),
            ]
        )
        found = {}
        for (system, kind, code), polls in failing.grouped(
            lambda poll: (poll.system_id, poll.error_kind or "technical", poll.error_code or "unspecified")
        ).items():
            if kind == "technical" and (system.unanswered_since or self._in_grace(system, polls)):
                continue
            key = (system.id, system.company_id.id or None, None, f"{POLL}{kind}:{code}")
            found[key] = {
                "system_id": system.id,
                "company_id": key[1],
                "object": None,
                "cause": key[3],
                "last_id": None,
                "polls": polls,
            }
        return found

    def _in_grace(self, system, polls):
        """What is away for a moment comes back by itself."""
        policy = self.env["integration.exception.policy"]._for("technical", system, None, self.env["integration.rule"])
        since = min(polls.mapped("failing_since"))
        return fields.Datetime.now() - since < timedelta(minutes=policy.grace_minutes)

    def _words_of_polls(self, system, polls):
        reason, hint = polls[:1]._readable(sees_all=False)
        what = _(
            "Changes in %(system)s are not found: %(objects)s.",
            system=system.name,
            objects=", ".join(dict.fromkeys(polls.mapped("title"))),
        )
        next_step = _("The sidecar looks again by itself, and finds then all that changed meanwhile.")
        return {
            "kind": polls[:1].error_kind or "technical",
            "code": polls[:1].error_code,
            "message": f"{what} {reason}" if reason else what,
            "hint": f"{hint} {next_step}" if hint else next_step,
        }

    def _follow_polls(self, polls):
        """Another list fails for the same reason, or one no more: the words are those of now."""
        words = self._words_of_polls(self.system_id, polls)
        if self.message != words["message"]:
            self.write({"message": words["message"], "hint": words["hint"], "last_seen_at": fields.Datetime.now()})
