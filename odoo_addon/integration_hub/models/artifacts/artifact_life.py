from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list

from ..foundation.notification import told

MAPPERS = "integration_hub.group_mapping"


class IntegrationArtifactVersionLife(models.Model):
    """The life of a version: draft, in review, approved, active, retired, and back (GOV-02, MAP-12).

    Nobody approves what he wrote, administrators included (SEC-09). Activating makes a release: the sidecar checks the
    whole set of active versions first, and one transaction puts it in force.
    """

    _inherit = "integration.artifact.version"

    can_approve = fields.Boolean(compute="_compute_can_approve", help="You may approve it: you did not write it.")
    needs_second_person = fields.Boolean(compute="_compute_can_approve", help="It has to be approved before it counts.")
    missing = fields.Char(
        compute="_compute_missing", help="What has to be filled in before it can count; empty when nothing is missing."
    )
    check_objects = fields.Json(
        readonly=True, copy=False, help="What would be captured for each business object, as the last check answered."
    )

    @api.depends_context("uid")
    @api.depends("editor_ids", "artifact_id.four_eyes", "artifact_id.alone_by_id")
    def _compute_can_approve(self):
        mapper = self.env.user.has_group(MAPPERS)
        for version in self:
            version.can_approve = mapper and self.env.user not in version.editor_ids
            artifact = version.artifact_id
            version.needs_second_person = artifact.four_eyes or artifact.alone_by_id in version.editor_ids

    @api.depends("reason", "owner_id", "purpose", "compliance_note", "rollback_plan", "needs_second_person")
    def _compute_missing(self):
        for version in self:
            needed = ["reason", "owner_id", "purpose"]
            if version.needs_second_person and version.state != "approved":
                needed += ["compliance_note", "rollback_plan"]
            version.missing = version._words_of_missing(*needed)

    # -- what people do --------------------------------------------------------------------------------------

    def action_check(self):
        """Has the sidecar check the whole set of active versions with this one laid over it."""
        self._check_may_change()
        if problems := self._check():
            return self._told_problems(problems)
        return told(_("Checked: nothing is wrong with it."))

    def action_submit(self):
        """Asks for the approval. Problems that the check finds stop it."""
        self._check_may_change("draft")
        self._check_filled("reason")
        if problems := self._check():
            return self._told_problems(problems)
        self._moved("in_review", _("Submitted for review."))
        return told(_("Submitted. Somebody else has to approve it."))

    def action_send_back(self):
        """The reviewer or the author wants it changed: it is a draft again."""
        self._check_may_change("in_review")
        self._moved("draft", _("Sent back to draft."))

    def action_approve(self):
        """Approves what was submitted. Whoever wrote any of it cannot.

        :raise AccessError: the user wrote it
        :raise UserError: the compliance note or the rollback plan is missing
        """
        self._check_may_change("in_review")
        if self.env.user in self.editor_ids:
            raise AccessError(
                _("You wrote this version, so somebody else has to approve it. Administrators are no exception.")
            )
        self._check_filled("compliance_note", "rollback_plan")
        self._moved(
            "approved",
            _("Approved."),
            {_("Compliance note"): self.compliance_note, _("Rollback plan"): self.rollback_plan},
            {"approver_id": self.env.uid, "approved_at": fields.Datetime.now()},
        )

    def action_activate(self):
        """Puts the version in force from the next event on (docs/mappings.md, Versions).

        :raise UserError: it is not approved, or its artifact has no owner or purpose (GOV-01)
        """
        self._check_may_change("approved" if self.needs_second_person else None)
        if self.state not in ("draft", "approved"):
            raise UserError(_("Only a draft or an approved version can be activated."))
        self._check_governed()
        self._check_filled("reason")
        if problems := self._check():
            return self._told_problems(problems)
        self._put_in_force()
        return told(_("Active. The next change goes under it."))

    def action_withdraw(self):
        """Gives a version up that was never active."""
        self._check_may_change()
        if self.state not in ("draft", "in_review", "approved"):
            raise UserError(_("This version was active. Roll it back instead."))
        self._moved("retired", _("Withdrawn."), values={"retired_at": fields.Datetime.now()})

    # -- building blocks -------------------------------------------------------------------------------------

    def _check_may_change(self, state=None):
        self.ensure_one()
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(MAPPERS):
            raise AccessError(_("Only mapping administrators can do this."))
        # Two people at once: the second sees what the first did.
        self.env.cr.execute("SELECT state FROM integration_artifact_version WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset(["state"])
        if state and self.state != state:
            states = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                _(
                    "%(version)s is in the state “%(state)s”; this needs “%(needed)s”.",
                    version=self.display_name,
                    state=states[self.state],
                    needed=states[state],
                )
            )

    def _check_filled(self, *names):
        if words := self._words_of_missing(*names):
            raise UserError(_("Fill in first, it stays with the version: %s.", words))

    def _words_of_missing(self, *names):
        words = {
            "reason": _("what changes and why"),
            "owner_id": _("an owner"),
            "purpose": _("a purpose"),
            "compliance_note": _("the compliance note"),
            "rollback_plan": _("the rollback plan"),
        }
        return ", ".join(words[name] for name in names if not self[name])

    def _check_governed(self):
        """GOV-01: somebody answers for it, and it is known what it is for."""
        artifact = self.artifact_id
        missing = [
            words for name, words in (("owner_id", _("an owner")), ("purpose", _("a purpose"))) if not artifact[name]
        ]
        if missing:
            raise UserError(
                _(
                    "“%(artifact)s” cannot be activated without %(missing)s. Fill that in under “Approval” first.",
                    artifact=artifact.title,
                    missing=format_list(self.env, missing),
                )
            )

    def _overlay(self, content=None):
        """`{path: content}` of what would be in force with this version, or with the given content in its place."""
        self.ensure_one()
        active = self.sudo().search([("state", "=", "active"), ("kind", "!=", "rule")])
        overlay = {version.path: version.content or {} for version in active}
        if self.kind != "rule":
            overlay[self.path] = (self.content or {}) if content is None else content
        return overlay

    def _check(self):
        """Checks the version as it would be in force, and keeps what was found.

        :return: ``[{"path", "pointer", "reason", "fix"}]``; empty when nothing is wrong
        :raise UserError: no sidecar answered
        """
        answer = self.env["integration.question"]._ask("check", {"overlay": self._overlay(), "path": self.path})
        problems = answer.get("problems") or []
        self._keep_check(problems, answer.get("objects"))
        return problems

    def _keep_check(self, problems, objects):
        self.sudo().write(
            {"check_problems": problems, "check_objects": objects or False, "checked_at": fields.Datetime.now()}
        )

    def _put_in_force(self):
        reason = _("%(version)s activated: %(reason)s", version=self.display_name, reason=self.reason)
        self.env["integration.release"]._activate(self, self.check_objects or {}, reason)

    def _moved(self, state, words, notes=None, values=None):
        """Changes the state and says so in the chatter, in the name of whoever did it."""
        self.sudo().write({"state": state} | (values or {}))
        self._say(words, notes)

    def _say(self, words, notes=None):
        body = words + "".join(f"\n\n{title}: {text}" for title, text in (notes or {}).items())
        self.sudo().message_post(body=body, author_id=self.env.user.partner_id.id)

    def _told_problems(self, problems):
        shown = [
            " ".join(part for part in (problem.get("path"), problem.get("pointer"), problem.get("reason")) if part)
            for problem in problems[:3]
        ]
        if len(problems) > len(shown):
            shown.append(_("and %s more", len(problems) - len(shown)))
        return told("\n".join(shown), "danger", title=_("It cannot go on like this"), sticky=True)
