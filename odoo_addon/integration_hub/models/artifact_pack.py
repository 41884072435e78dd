from odoo import _, api, models
from odoo.exceptions import AccessError, ValidationError

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
        :param activate: activate those that need no second person, each in a release of its own
        :return: ``[{"path", "result", "version"}]``, `result` one of ``unchanged``, ``waits`` (such a draft is there
            already), ``draft``, ``active``, ``refused`` (with ``reason``: why it was not activated; the draft stays)
        :raise ValidationError: a path that cannot be changed in Odoo; then nothing is made
        """
        if not self.env.user.has_group(MAPPERS):
            raise AccessError(_("Only mapping administrators can bring versions in. Name one with his own API key."))
        if wrong := [file["path"] for file in files if describe_path(file["path"]) is None]:
            raise ValidationError(_("These files cannot be changed in Odoo: %s", ", ".join(wrong)))
        return [self._apply_file(file["path"], file["content"], reason, activate) for file in files]

    def _apply_file(self, path, content, reason, activate):
        artifact = self._for_path(path).with_env(self.env)
        if artifact._content() == content:
            return {"path": path, "result": "unchanged", "version": artifact.active_version_id.number}
        version = artifact.draft_version_id
        if version and version.content == content:
            return {"path": path, "result": "waits", "version": version.number}
        version = version.create({"artifact_id": artifact.id, "content": content, "reason": reason})
        answer = {"path": path, "result": "draft", "version": version.number}
        if activate and not version.needs_second_person:
            version.action_activate()
            if version.state == "active":
                return answer | {"result": "active"}
            problems = version.check_problems or []
            return answer | {"result": "refused", "reason": "; ".join(problem["reason"] for problem in problems)}
        return answer
