from odoo import _, api, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .artifact_life import MAPPERS
from .artifact_paths import describe_path

READERS = ("integration_hub.group_viewer", "integration_hub.group_sidecar")


class IntegrationArtifactPack(models.Model):
    """Moves what administrators own between files and databases (`hub pack`, MIG-05)."""

    _inherit = "integration.artifact"

    @api.model
    def pack_files(self):
        """What counts in this database, file by file. For viewers and for the sidecar.

        :return: ``[{"path", "title", "content", "version", "shipped"}]`` by path; ``version`` is the number of the
            active version, 0 where the shipped file counts; ``shipped`` the content of the pack, None where it has no
            such file
        :raise AccessError: the user is neither
        """
        if not self.env.su and not any(self.env.user.has_group(group) for group in READERS):
            raise AccessError(_("Only integration users can read the mappings."))
        artifacts = self.sudo().search([], order="path")
        return [
            {
                "path": artifact.path,
                "title": artifact.title,
                "content": content,
                "version": artifact.active_version_id.number,
                "shipped": artifact._shipped_content(),
            }
            for artifact in artifacts
            if (content := artifact._content()) is not None
        ]

    @api.model
    def pack_apply(self, files, reason, activate=False):
        """Makes a draft version of each file whose content is not what counts here already. The user needs to be a
        mapping administrator: he is the author, and cannot approve them.

        :param files: ``[{"path", "content"}]``
        :param reason: what changes and why, kept on each version
        :param activate: activate those that need no second person: all of them in one release, or none where the check
            finds something wrong
        :return: ``[{"path", "result", "version"}]``, `result` one of ``unchanged``, ``waits`` (such a draft is there
            already), ``draft``, ``active``, ``refused`` (with ``reason``: why it was not activated; the draft stays)
        :raise ValidationError: a path that cannot be changed in Odoo; then nothing is made
        """
        if not self.env.user.has_group(MAPPERS):
            raise AccessError(_("Only mapping administrators can bring versions in. Name one with his own API key."))
        if wrong := [file["path"] for file in files if describe_path(file["path"]) is None]:
            raise ValidationError(_("These files cannot be changed in Odoo: %s", ", ".join(wrong)))
        answers = [self._apply_file(file["path"], file["content"], reason) for file in files]
        if activate:
            self._activate_together(answers)
        return [{name: answer[name] for name in answer if name != "id"} for answer in answers]

    def _apply_file(self, path, content, reason):
        artifact = self._for_path(path).with_env(self.env)
        if artifact._content() == content:
            return {"path": path, "result": "unchanged", "version": artifact.active_version_id.number}
        version = artifact.draft_version_id
        if version.state == "draft" and version.content == content:
            return {"path": path, "result": "waits", "version": version.number, "id": version.id}
        if version and version.content == content:
            return {"path": path, "result": "waits", "version": version.number}
        version = version.create({"artifact_id": artifact.id, "content": content, "reason": reason})
        return {"path": path, "result": "draft", "version": version.number, "id": version.id}

    def _activate_together(self, answers):
        """Puts the drafts among the answers that need no second person in force; changes the answers."""
        drafts = {answer["id"]: answer for answer in answers if "id" in answer}
        versions = self.env["integration.artifact.version"].browse(drafts)
        versions = versions.filtered(lambda version: not version.needs_second_person)
        refused = self._refusals(versions) if versions else {}
        if refused:
            for version in versions:
                reason = refused.get(version.path, _("another file of the set was refused"))
                drafts[version.id] |= {"result": "refused", "reason": reason}
            return
        # Rules are run by Odoo, so they are in no release.
        rules = versions.filtered(lambda version: version.kind == "rule")
        for version in rules:
            version._put_in_force()
        if set_of_files := versions - rules:
            releases = self.env["integration.release"]
            others = releases._active_versions().filtered(
                lambda active: active.artifact_id not in set_of_files.artifact_id
            )
            reason = _("%(count)s files brought in: %(reason)s", count=len(set_of_files), reason=versions[0].reason)
            releases._put_in_force(others | set_of_files, set_of_files[0].check_objects or {}, reason)
        for version in versions:
            drafts[version.id] |= {"result": "active"}

    def _refusals(self, versions):
        """Why these cannot be put in force together, by path; empty when they can."""
        refused = {}
        for version in versions:
            try:
                version._check_governed()
            except UserError as error:
                refused[version.path] = str(error)
        rules = versions.filtered(lambda version: version.kind == "rule")
        for version in rules:
            if problems := version._check():
                refused[version.path] = "; ".join(problem["reason"] for problem in problems)
        if files := versions - rules:
            overlay = files[0]._overlay() | {version.path: version.content or {} for version in files}
            answer = self.env["integration.question"]._ask("check", {"overlay": overlay})
            problems = answer.get("problems") or []
            for version in files:
                version._keep_check(
                    [problem for problem in problems if problem.get("path") == version.path], answer.get("objects")
                )
            for problem in problems:
                path = problem.get("path") if problem.get("path") in files.mapped("path") else files[0].path
                refused[path] = "; ".join(filter(None, [refused.get(path), problem["reason"]]))
        return refused
