from datetime import timedelta

from markupsafe import Markup
from odoo import _, api, fields, models

ACTIVITY = "integration_hub.activity_problem"
ESCALATION = "integration_hub.activity_problem_escalated"


class IntegrationProblemActivities(models.Model):
    """Who hears of a problem: one activity for each person it concerns, whatever the number of records, done by itself
    when the cause is gone. Nothing is ever posted on business records."""

    _inherit = "integration.problem"

    # -- telling ---------------------------------------------------------------------------------------------

    def _tell(self):
        """Raises the activities of a new problem. It has an owner at once where one person is told."""
        self.ensure_one()
        people = self.policy_id._told(self.system_id, self.rule_id, self.company_id)
        if len(people) == 1:
            self.user_id = people  # which raises the activity
            return
        for person in people:
            self._raise_activity(ACTIVITY, person, self.due_at)

    def _raise_activity(self, kind, person, due_at):
        problem = self.with_context(lang=person.lang)
        summary = problem._activity_summary()
        if kind == ESCALATION:
            summary = problem.env._("Nobody has acted: %s", summary)
        problem.activity_schedule(
            kind,
            date_deadline=fields.Datetime.context_timestamp(problem.with_context(tz=person.tz), due_at).date(),
            summary=summary,
            note=problem._activity_note(),
            user_id=person.id,
        )

    def _activity_summary(self):
        """The count is not in it: it would be another activity each time to whoever reads only this line."""
        return self.headline

    def _activity_note(self):
        """What happened, what to do, and how many wait."""
        parts = [self.message, _("What to do: %s", self.hint)]
        if self.needs_choice:
            parts.append(_("Each record needs your choice: it is there, or it is not."))
        if not self.is_poll:
            parts.append(self._how_many_wait())
        if self.due_at:
            parts.append(_("To be settled by %s.", fields.Datetime.to_string(self.due_at)[:16] + " UTC"))
        return Markup("").join(Markup("<p>%s</p>") % part for part in parts)

    def _how_many_wait(self):
        count = self.delivery_count
        if self.is_pause:
            return _("%(count)s changes wait to go to %(system)s.", count=count, system=self.system_id.name)
        if self.is_untaken:
            return _("Changes that wait: %s.", count)
        if count == 1:
            return _("1 record waits for it: %s.", self.example_id.res_name or self.example_id.lane or "")
        return _("%s records wait for it.", count)

    def _own_activities(self):
        types = self.env["mail.activity.type"].browse()
        for kind in (ACTIVITY, ESCALATION):
            types |= self.env.ref(kind, raise_if_not_found=False) or types
        return self.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id in types)

    def _activities_done(self, feedback):
        activities = self._own_activities()
        if activities:
            activities.action_feedback(feedback=feedback)

    @api.model
    def _refresh_activities(self):
        """The counts in the open activities, once a minute; a changed count raises nothing."""
        problems = self.sudo().search([("state", "=", "open")])
        for activity in problems._own_activities():
            problem = self.sudo().browse(activity.res_id).with_prefetch(problems.ids)
            problem = problem.with_context(lang=activity.user_id.lang)
            note = problem._activity_note()
            if activity.note != note:
                activity.with_context(mail_activity_quick_update=True).note = note

    # -- owner -----------------------------------------------------------------------------------------------

    def _owner_changed(self, by_person):
        """The activity goes to the new owner; whoever else was told is released from it."""
        for problem in self.filtered(lambda problem: problem.state == "open"):
            activities = problem._own_activities()
            mine = activities.filtered_domain([("user_id", "=", problem.user_id.id)])
            rest = activities - mine
            if problem.user_id and not mine:
                if rest:
                    rest[0].user_id = problem.user_id
                    rest = rest[1:]
                else:
                    problem._raise_activity(ACTIVITY, problem.user_id, problem.due_at)
            if problem.user_id:
                rest.unlink()
            if by_person:
                problem._touch()

    def _touch(self):
        """A person acted on it: the time to its escalation begins anew."""
        now = fields.Datetime.now()
        for problem in self.sudo().filtered(lambda problem: problem.state == "open"):
            hours = problem.policy_id.escalate_hours
            again = bool(hours) and not problem.escalated_at
            problem.write({"touched_at": now, "escalates_at": again and now + timedelta(hours=hours)})

    # -- escalation ------------------------------------------------------------------------------------------

    @api.model
    def _escalate_untouched(self):
        """Tells the people named for it of each open problem that nobody has acted on in time; once a problem."""
        now = fields.Datetime.now()
        late = self.sudo().search([("state", "=", "open"), ("escalates_at", "<=", now)])
        for problem in late:
            already = problem._own_activities().user_id
            people = problem.policy_id._told_late(problem.company_id) - already
            for person in people:
                problem._raise_activity(ESCALATION, person, now)
            problem.write({"escalated_at": now, "escalates_at": False})
            problem.message_post(
                body=_(
                    "Nobody acted on it in time. Told: %s.",
                    ", ".join(people.mapped("name")) or _("nobody else, they knew already"),
                ),
                subtype_xmlid="mail.mt_note",
            )
