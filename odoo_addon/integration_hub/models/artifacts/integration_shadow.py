import json

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..capture.cache import forget_plans, remembered
from ..foundation.notification import told
from ..foundation.titles import object_titles

SHADOW_STATES = ("draft", "in_review", "approved")


class IntegrationShadow(models.Model):
    """What a version in shadow would have done to live changes, for one system and business object. Nothing of it was
    sent; the sidecar counts (`sql/55_report_shadow.sql`)."""

    _name = "integration.shadow"
    _inherit = ["integration.protected"]
    _description = "Shadow Result"
    _log_access = False
    _order = "version_id desc, system_id, object"
    _rec_name = "object"

    version_id = fields.Many2one(
        "integration.artifact.version", required=True, readonly=True, ondelete="cascade", index=True
    )
    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade")
    object = fields.Selection(object_titles, "Business object", required=True, readonly=True)
    compared = fields.Integer(readonly=True, help="Changes that went under the active version and were compared.")
    differing = fields.Integer(readonly=True, help="Of these, what would have been sent otherwise.")
    failing = fields.Integer(
        "Would be held", readonly=True, help="Of these, what was sent and would have been held under this version."
    )
    since = fields.Datetime(readonly=True)
    last_at = fields.Datetime("Last compared", readonly=True)
    difference_ids = fields.One2many("integration.shadow.difference", "shadow_id", readonly=True)

    _version_uniq = models.UniqueIndex("(version_id, system_id, object)")


class IntegrationShadowDifference(models.Model):
    """One field of what is sent that differs under a version in shadow."""

    _name = "integration.shadow.difference"
    _inherit = ["integration.protected"]
    _description = "Shadow Difference"
    _log_access = False
    _order = "count desc, path"
    _rec_name = "path"

    shadow_id = fields.Many2one("integration.shadow", required=True, readonly=True, ondelete="cascade")
    version_id = fields.Many2one(related="shadow_id.version_id")
    path = fields.Char(
        "Field",
        required=True,
        readonly=True,
        help="Of the outgoing document; or why it would be held, as code and field.",
    )
    count = fields.Integer(readonly=True, help="Changes in which it differs.")
    # Whole values of records: for those who may see them (SEC-06).
    examples = fields.Json(
        readonly=True, groups="integration_hub.group_confidential", help='The last five: [{"lane", "now", "then"}].'
    )
    examples_in_words = fields.Text(
        "Last examples",
        compute="_compute_examples_in_words",
        groups="integration_hub.group_confidential",
        help="The record, what was sent, and what would be sent under this version.",
    )

    _path_uniq = models.UniqueIndex("(shadow_id, path)")

    @api.depends("examples")
    def _compute_examples_in_words(self):
        for difference in self:
            difference.examples_in_words = "\n".join(
                f"{example.get('lane')}: {_in_words(example.get('now'))} → {_in_words(example.get('then'))}"
                for example in difference.examples or []
            )


def _in_words(value):
    return "–" if value is None else json.dumps(value, ensure_ascii=False)


class IntegrationArtifactVersion(models.Model):
    _inherit = "integration.artifact.version"

    shadow_ids = fields.One2many("integration.shadow", "version_id", string="Shadow results", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        versions = super().create(vals_list)
        if versions.filtered("shadow"):
            versions._tell_of_shadows()
        return versions

    def write(self, vals):
        before = {version: (version.shadow, version.content) for version in self}
        result = super().write(vals)
        changed = self.filtered(lambda version: before[version] != (version.shadow, version.content))
        # What was counted was counted of something else.
        begun = changed.filtered(lambda version: version.shadow)
        begun.sudo().shadow_ids.unlink()
        moved = not vals.keys().isdisjoint({"state", "check_objects"})
        if begun or moved or any(before[version][0] for version in changed):
            self._tell_of_shadows()
        return result

    def action_start_shadow(self):
        """Runs it beside the active version on live changes. The check says what has to be captured for it."""
        self._check_may_change()
        if self.state not in SHADOW_STATES:
            raise UserError(_("Only a version that was never active runs in shadow."))
        if problems := self._check():
            return self._told_problems(problems)
        self.shadow = True
        return told(_("Runs in shadow. Nothing of it is sent; the next changes are compared."))

    def action_stop_shadow(self):
        """What was counted stays."""
        self._check_may_change()
        self.shadow = False

    def _tell_of_shadows(self):
        self.flush_model(["shadow", "content", "state"])
        forget_plans(self.env)  # what is captured changes with them
        self.env.cr.execute("SELECT pg_notify('integration_hub', '!shadow')")


class IntegrationCatalogueShadow(models.Model):
    _inherit = "integration.catalogue"

    @api.model
    def _captured_paths(self, object_code):
        """What is captured of a canonical object: what the mappings in force read, and what versions in shadow need
        besides, as their last check said."""
        return remembered(self.env, ("captured paths", object_code), lambda: self._find_captured_paths(object_code))

    def _find_captured_paths(self, object_code):
        versions = (
            self.env["integration.artifact.version"]
            .sudo()
            .search([("shadow", "=", True), ("state", "in", SHADOW_STATES)])
        )
        needed = [((version.check_objects or {}).get(object_code) or {}).get("paths") or () for version in versions]
        paths = [self._object_paths(object_code), *needed]
        return tuple(dict.fromkeys(path for group in paths for path in group))
