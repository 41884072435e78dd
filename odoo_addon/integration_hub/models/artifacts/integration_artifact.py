import hashlib
import json

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..foundation.titles import object_titles
from .artifact_paths import KINDS, describe_path, is_incoming

ADMINISTRATORS = "integration_hub.group_administrator"
#: Kinds whose changes one person may make alone, unless an administrator says otherwise.
ALONE = frozenset({"table"})
#: What people write of an artifact itself; its content is that of its versions.
WRITTEN_BY_PEOPLE = frozenset({"title", "owner_id", "purpose", "four_eyes", "version_ids"})
IN_PREPARATION = ("draft", "in_review", "approved")


def content_hash(content):
    """SHA-256 over the canonical JSON text, hexadecimal: the same content gives the same hash wherever it came
    from."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class IntegrationArtifact(models.Model):
    """One file of the mapping pack that administrators may change: a mapping, a value table, a rule, the ownership
    matrix, a connector's settings.

    The pack on the sidecar's disk is the shipped content. What people change are versions of it, laid over the pack by
    a release (GOV-02, MAP-12).
    """

    _name = "integration.artifact"
    _inherit = ["mail.thread"]
    _description = "Mapping or Table"
    _order = "kind, path"
    _rec_name = "title"
    _mail_post_access = "read"

    path = fields.Char(
        required=True, readonly=True, help="Name of the file in the pack, for instance odoo/customer.json."
    )
    kind = fields.Selection(KINDS, compute="_compute_nature", store=True)
    system_code = fields.Char("System", compute="_compute_nature", store=True)
    place = fields.Char(
        "Belongs to", compute="_compute_nature", store=True, help="The system that it is for; Odoo for what all share."
    )
    object = fields.Selection(object_titles, "Business object", compute="_compute_nature", store=True)
    incoming = fields.Boolean(
        "Into Odoo", compute="_compute_nature", store=True, help="It maps what comes from a system into Odoo."
    )
    title = fields.Char(required=True)
    owner_id = fields.Many2one(
        "res.users",
        string="Owner",
        tracking=True,
        domain=lambda self: [("all_group_ids", "in", self.env.ref("integration_hub.group_viewer").ids)],
        help="Who answers for it. Nothing can be activated without one.",
    )
    purpose = fields.Text(tracking=True, help="What it is for. Nothing can be activated without one.")
    four_eyes = fields.Boolean(
        "Four eyes",
        compute="_compute_four_eyes",
        store=True,
        readonly=False,
        tracking=True,
        help="A second person has to approve each version. Only an administrator may switch this off, and cannot "
        "profit from it himself.",
    )
    alone_by_id = fields.Many2one(
        "res.users", string="Four eyes switched off by", readonly=True, help="His own versions still need approval."
    )
    version_ids = fields.One2many("integration.artifact.version", "artifact_id")
    active_version_id = fields.Many2one(
        "integration.artifact.version",
        compute="_compute_active_version_id",
        string="Active version",
        help="Empty: the shipped file counts.",
    )
    in_force = fields.Char("Counts now", compute="_compute_active_version_id", help="What every change goes under.")
    draft_version_id = fields.Many2one(
        "integration.artifact.version",
        compute="_compute_active_version_id",
        string="In preparation",
        help="The newest version that is not active yet.",
    )
    shipped = fields.Boolean(compute="_compute_shipped", help="The pack on the sidecar's disk has this file.")

    _path_uniq = models.UniqueIndex("(path)", "There is an artifact for this file already.")

    @api.depends("path")
    def _compute_nature(self):
        names = {system.code: system.name for system in self.env["integration.system"].sudo().search([])}
        for artifact in self:
            kind, system, object_code = describe_path(artifact.path) or (False, False, False)
            artifact.kind = kind
            artifact.system_code = system
            artifact.place = names.get(system, system) or "Odoo"
            artifact.object = object_code
            artifact.incoming = is_incoming(artifact.path)

    @api.depends("kind")
    def _compute_four_eyes(self):
        for artifact in self:
            artifact.four_eyes = artifact.kind not in ALONE

    @api.depends("version_ids.state")
    @api.depends_context("lang")
    def _compute_active_version_id(self):
        for artifact in self:
            versions = artifact.version_ids.sorted("number")
            artifact.active_version_id = versions.filtered(lambda version: version.state == "active")[-1:]
            number = artifact.active_version_id.number
            artifact.in_force = _("version %s", number) if number else _("as shipped")
            artifact.draft_version_id = versions.filtered(
                lambda version: version.state in ("draft", "in_review", "approved")
            )[-1:]

    def _compute_shipped(self):
        for artifact in self:
            artifact.shipped = artifact._shipped_content() is not None

    @api.constrains("path")
    def _check_path(self):
        for artifact in self:
            if describe_path(artifact.path) is None:
                raise ValidationError(
                    _(
                        "“%s” is not a file of the pack that can be changed in Odoo. Mappings are "
                        "odoo/<object>.json and systems/<system>/mappings/<object>.json; value tables are in a "
                        "folder tables beside them.",
                        artifact.path,
                    )
                )

    # -- content ---------------------------------------------------------------------------------------------

    def _shipped_content(self):
        """The file's content as the pack has it; None where the pack has no such file."""
        self.ensure_one()
        entry = self.env["integration.catalogue"].sudo().search([("kind", "=", "file"), ("code", "=", self.path)])
        return entry.content if entry else None

    def _content(self):
        """What counts now: the active version's content, else the shipped one; None where there is neither."""
        self.ensure_one()
        active = self.active_version_id
        return active.content if active else self._shipped_content()

    def _content_or_nothing(self):
        """`_content` of the one or no artifact that was found; an empty mapping where there is neither."""
        return (self._content() if self else None) or {}

    def _empty_content(self):
        """What the first version of a file that is not shipped begins with."""
        return {"title": self.title, "entries": []} if self.kind == "table" else {}

    @api.model
    def _from_catalogue(self):
        """Makes an artifact for each published file that has none yet. What people wrote on one stays."""
        known = set(self.search([]).mapped("path"))
        files = self.env["integration.catalogue"].search([("kind", "=", "file")])
        self.create(
            [
                {"path": entry.code, "title": (entry.content or {}).get("title") or entry.title or entry.code}
                for entry in files
                if entry.code not in known and describe_path(entry.code)
            ]
        )

    @api.model
    def _for_path(self, path):
        """The artifact of a file, made where there is none yet."""
        artifact = self.sudo().search([("path", "=", path)])
        return artifact or self.sudo().create({"path": path, "title": path})

    def action_new_version(self):
        """Opens the version in preparation; begins one with what counts now where there is none."""
        self.ensure_one()
        version = self.draft_version_id
        if not version or version.state != "draft":
            version = self.env["integration.artifact.version"].create({"artifact_id": self.id})
        return version._opened()

    # -- rights ----------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._refuse_reserved(vals.keys() - {"path"})
        # Who makes a file anew cannot make it one that nobody else has to look at.
        vals_list = [
            vals | (self._four_eyes_switched(vals["four_eyes"]) if "four_eyes" in vals else {}) for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._refuse_reserved(vals.keys() - {"path"})
        if "path" in vals and any(artifact.path != vals["path"] for artifact in self):
            raise UserError(_("The file of an artifact never changes."))
        if "four_eyes" in vals:
            vals = vals | self._four_eyes_switched(vals["four_eyes"])
        return super().write(vals)

    def _refuse_reserved(self, names):
        """What kind of file it is follows from its path, and who switched four eyes off is not written by hand: both
        decide whether a second person has to approve."""
        mail = {name for name in names if name.startswith(("message_", "activity_"))}
        if refused := set(names) - WRITTEN_BY_PEOPLE - mail:
            raise AccessError(_("%s is not written by hand.", ", ".join(sorted(refused))))

    def _four_eyes_switched(self, on):
        if not self.env.su and not self.env.user.has_group(ADMINISTRATORS):
            raise AccessError(_("Only integration administrators decide whether a second person has to approve."))
        return {"alone_by_id": False if on else self.env.uid}

    def unlink(self):
        if not self.env.su and self.version_ids.filtered(lambda version: version.state != "draft"):
            raise UserError(_("This artifact has a history and stays. Retire its active version instead."))
        return super().unlink()
