import json

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..artifacts.artifact_paths import RULES_FOLDER
from ..foundation.loose_reference import LooseMany2one
from ..foundation.notification import told

#: Set while a version is written to its rule: that change is a version already.
FROM_VERSION = "integration_rule_from_version"


class IntegrationRuleHistory(models.Model):
    """Every change of a rule is a version of its artifact: who, when, before and after (GOV-02).

    A rule stays editable in its form and works at once; who wants it reviewed prepares a version instead.
    """

    _inherit = "integration.rule"

    version_count = fields.Integer(compute="_compute_version_count", string="Versions")

    def _compute_version_count(self):
        for rule in self:
            rule.version_count = len(rule._artifact().sudo().version_ids)

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        if not self.env.context.get(FROM_VERSION):
            for rule in rules:
                rule._record_version(None, _("Created"))
        return rules

    def write(self, vals):
        if self.env.context.get(FROM_VERSION):
            return super().write(vals)
        before = {rule.id: rule._as_content() for rule in self}
        result = super().write(vals)
        for rule in self:
            rule._record_version(before[rule.id], _("Changed in its form"))
        return result

    def unlink(self):
        artifacts = self._artifacts()
        result = super().unlink()
        for version in artifacts.sudo().active_version_id:
            version.write({"state": "retired", "retired_at": fields.Datetime.now()})
            version.with_user(self.env.user)._say(_("The rule was deleted."))
        return result

    def _path(self):
        """The file that the rule would be; rules made here have no code and are named by their number."""
        self.ensure_one()
        return f"{RULES_FOLDER}{self.code or f'rule-{self.id}'}.json"

    def _artifact(self):
        """The artifact of this rule; empty where it never changed."""
        return self.env["integration.artifact"].sudo().search([("path", "=", self._path())]).with_env(self.env)

    def _artifacts(self):
        return self.env["integration.artifact"].union(*(rule._artifact() for rule in self))

    def _record_version(self, before, reason):
        after = self._as_content()
        if before == after:
            return
        artifact = self.env["integration.artifact"]._for_path(self._path())
        artifact.write({"rule_id": self.id, "title": self.name})
        if before is not None and not artifact.version_ids:
            artifact._record(before, _("As it was before"), None)
        artifact._record(after, reason, before, self.env.user)

    def action_open_versions(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Versions of %s", self.name),
            "res_model": "integration.artifact.version",
            "views": [[False, "list"], [False, "form"]],
            "domain": [("artifact_id", "=", self._artifact().id)],
        }

    def action_prepare_version(self):
        """Begins a version that is reviewed before it counts."""
        self.ensure_one()
        artifact = self.env["integration.artifact"]._for_path(self._path())
        artifact.rule_id = self
        return artifact.with_env(self.env).action_new_version()


class IntegrationArtifactOfRule(models.Model):
    _inherit = "integration.artifact"

    rule_id = LooseMany2one("integration.rule", readonly=True, ondelete="set null", help="The rule that it describes.")

    def _content(self):
        if self.kind == "rule" and self.rule_id:
            return self.rule_id.sudo()._as_content()
        return super()._content()

    def _record(self, content, reason, before, author=None):
        """Keeps a content that counts already as the active version."""
        self.ensure_one()
        now = fields.Datetime.now()
        active = self.active_version_id
        active.write({"state": "retired", "retired_at": now})
        active.flush_recordset()
        author = author or self.env.ref("base.user_root")
        version = self.version_ids.create(
            {
                "artifact_id": self.id,
                "content": content,
                "reason": reason,
                "state": "active",
                "activated_at": now,
                "author_id": author.id,
            }
        )
        if before is not None:
            version.with_user(author)._say(reason + "\n" + "\n".join(changes_in_words(before, content)))


class IntegrationArtifactVersionOfRule(models.Model):
    """A version of a rule goes through the same life; it is Odoo that runs rules, so Odoo checks and applies it, and it
    is in no release."""

    _inherit = "integration.artifact.version"

    def _check(self):
        if self.kind != "rule":
            return super()._check()
        problems = []
        try:
            with self.env.cr.savepoint() as savepoint:
                self._apply_to_rule()
                savepoint.rollback()
        except (ValidationError, UserError) as error:
            problems = [{"path": self.path, "pointer": "", "reason": str(error), "fix": ""}]
        self.env.invalidate_all()
        self._keep_check(problems, None)
        return problems

    def _put_in_force(self):
        if self.kind != "rule":
            return super()._put_in_force()
        self._apply_to_rule()
        self._rule_version_in_force()

    def action_rollback(self):
        if self.kind != "rule":
            return super().action_rollback()
        self._check_may_change("active")
        before = self.sudo().search(
            [("artifact_id", "=", self.artifact_id.id), ("number", "<", self.number), ("activated_at", "!=", False)],
            order="number desc",
            limit=1,
        )
        if not before:
            raise UserError(_("This is the first version of the rule. Archive the rule to stop it."))
        before = before.with_env(self.env)
        before._apply_to_rule()
        before._rule_version_in_force()
        return told(_("Rolled back: %s counts again.", before.display_name))

    def _apply_to_rule(self):
        artifact = self.artifact_id.sudo()
        Rule = self.env["integration.rule"].sudo().with_context({FROM_VERSION: True, "active_test": False})
        rule = Rule.browse(artifact.rule_id.id) or Rule.search([("code", "=", self.content.get("code") or "-")])
        values = rule._values_of_content(self.content)
        if rule:
            rule.write(values)
        else:
            rule = Rule.create(values | {"code": self.content.get("code")})
        artifact.rule_id = rule
        self.env.flush_all()

    def _rule_version_in_force(self):
        now = fields.Datetime.now()
        active = self.artifact_id.sudo().active_version_id - self
        active.write({"state": "retired", "retired_at": now})
        active.flush_recordset()
        self._moved("active", _("Applied to the rule."), values={"activated_at": now, "retired_at": False})


def changes_in_words(before, after):
    """`priority: 30 → 50` for each key that differs."""
    return [
        f"{key}: {_short(before.get(key))} → {_short(after.get(key))}"
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    ]


def _short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"
