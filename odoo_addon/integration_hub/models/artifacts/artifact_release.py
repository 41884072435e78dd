from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..foundation.notification import told

MAPPERS = "integration_hub.group_mapping"
#: A rollback must not wait for a sidecar that is not there.
ROLLBACK_PATIENCE_SECONDS = 2.0


class IntegrationReleaseLife(models.Model):
    """Puts versions in force and takes them back. Each is one transaction: the states of the versions, the next release
    and what is captured change together."""

    _inherit = "integration.release"

    objects_before = fields.Json(
        readonly=True, help="What was captured before it: for a rollback while no sidecar can be asked."
    )
    is_current = fields.Boolean(compute="_compute_is_current")
    version_count = fields.Integer(compute="_compute_version_count", string="Changed files")
    version_ids = fields.Many2many(
        "integration.artifact.version", compute="_compute_version_count", string="Versions in it"
    )

    @api.depends("number")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for release in self:
            release.display_name = _("Release %s", release.number)

    def _compute_is_current(self):
        current = self._current()
        for release in self:
            release.is_current = release == current

    def _compute_version_count(self):
        for release in self:
            release.version_ids = release._versions()
            release.version_count = len(release.content or [])

    def _versions(self):
        """The versions that it consists of."""
        ids = [entry["version_id"] for entry in self.content or []]
        return self.env["integration.artifact.version"].browse(ids).exists()

    @api.model_create_multi
    def create(self, vals_list):
        before = self._captured()
        return super().create([{"objects_before": before} | vals for vals in vals_list])

    # -- putting in force ------------------------------------------------------------------------------------

    def _activate(self, version, objects, reason):
        """Puts one version in force beside those that are active."""
        others = self._active_versions().filtered(lambda active: active.artifact_id != version.artifact_id)
        return self._put_in_force(others | version, objects, reason)

    def _active_versions(self):
        return (
            self.env["integration.artifact.version"].sudo().search([("state", "=", "active"), ("kind", "!=", "rule")])
        )

    def _put_in_force(self, versions, objects, reason):
        """Makes exactly these versions active, in the next release.

        :param objects: what is captured for each business object: ``{"customer": {"model", "paths"}}``
        """
        versions, now = versions.sudo(), fields.Datetime.now()
        leaving = self._active_versions() - versions
        leaving.write({"state": "retired", "retired_at": now})
        leaving.flush_recordset()  # before the next one becomes active: one may be
        coming = versions.filtered(lambda version: version.state != "active")
        coming.write({"state": "active", "activated_at": now, "retired_at": False})
        release = self._make(
            [
                {"path": version.path, "version": version.number, "version_id": version.id}
                for version in versions.sorted("path")
            ],
            objects,
            reason,
        )
        for version in coming:
            version.with_user(self.env.user)._say(_("Active since release %s.", release.number))
        for version in leaving:
            version.with_user(self.env.user)._say(_("Retired with release %s.", release.number))
        return release

    def _captured(self):
        """What is captured now for each business object."""
        entries = self.env["integration.catalogue"].sudo().search([("kind", "=", "object")])
        return {
            entry.code: {
                "model": entry.model,
                "paths": list(self.env["integration.catalogue"]._object_paths(entry.code)),
            }
            for entry in entries
        }

    # -- taking back -----------------------------------------------------------------------------------------

    def action_rollback(self):
        """Puts the set of this older release in force again."""
        self.ensure_one()
        self._check_may_roll_back()
        if self.is_current:
            raise UserError(_("This release is in force. Choose an older one."))
        return self._back_to(self._versions(), _("Back to release %s.", self.number))

    def action_rollback_to_shipped(self):
        """Takes back everything that was changed: the shipped files count."""
        self._check_may_roll_back()
        return self._back_to(self.env["integration.artifact.version"], _("Back to what is shipped."))

    def _check_may_roll_back(self):
        if not self.env.su and not self.env.user.has_group(MAPPERS):
            raise AccessError(_("Only mapping administrators can roll back."))

    def _back_to(self, versions, reason):
        """Puts a set in force that was in force before. Where no sidecar answers, what was captured then is captured
        again: a rollback waits for nobody."""
        release = self._put_in_force(versions, self._objects_for(versions), reason)
        return told(_("Rolled back. The next change goes under release %s.", release.number))

    def _objects_for(self, versions):
        Question = self.env["integration.question"]
        overlay = {version.path: version.content or {} for version in versions}
        try:
            answer = Question._ask("check", {"overlay": overlay}, timeout=ROLLBACK_PATIENCE_SECONDS)
        except UserError:
            return self._objects_as_before(versions)
        if problems := answer.get("problems"):
            first = problems[0]
            raise UserError(
                _(
                    "Going back to this would not work any more: %(path)s %(pointer)s: %(reason)s Roll back a whole "
                    "release instead, or activate a corrected version.",
                    path=first.get("path"),
                    pointer=first.get("pointer") or "",
                    reason=first.get("reason"),
                )
            )
        return answer.get("objects") or {}

    def _objects_as_before(self, versions):
        """What was captured when exactly this set was in force; where it never was, what any of it needs."""
        ids = set(versions.ids)
        releases = self.sudo().search([])
        for release in releases:
            if {entry["version_id"] for entry in release.content or []} == ids and release.objects:
                return release.objects
        if not ids and releases:
            return releases[-1].objects_before or {}
        merged = self._captured()
        for release in releases.filtered(
            lambda release: ids & {entry["version_id"] for entry in release.content or []}
        ):
            for code, needed in (release.objects or {}).items():
                known = merged.setdefault(code, {"model": needed.get("model"), "paths": []})
                known["paths"] = list(dict.fromkeys([*known["paths"], *needed.get("paths", ())]))
        return merged


class IntegrationArtifactVersionRollback(models.Model):
    _inherit = "integration.artifact.version"

    def action_rollback(self):
        """Takes an active version back: the one before it counts again, or what is shipped where there is none."""
        self._check_may_change("active")
        releases = self.env["integration.release"]
        others = releases._active_versions() - self
        before = self._before()
        words = before.display_name if before else _("what is shipped")
        return releases._back_to(
            others | before,
            _("%(version)s taken back: %(before)s counts again.", version=self.display_name, before=words),
        )

    def _before(self):
        """The version of the artifact that was in force before this one."""
        before = {}
        for release in self.env["integration.release"].sudo().search([], order="number"):
            entries = {entry["path"]: entry["version_id"] for entry in release.content or []}
            if entries.get(self.path) == self.id:
                return self.browse(before.get(self.path, ())).exists()
            before = entries
        return self.browse()
