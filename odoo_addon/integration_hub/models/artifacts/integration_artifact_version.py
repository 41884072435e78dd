import json

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .integration_artifact import content_hash

STATES = [
    ("draft", "Draft"),
    ("in_review", "In review"),
    ("approved", "Approved"),
    ("active", "Active"),
    ("retired", "Retired"),
]
#: What people may write while a version is a draft, and what they may still add afterwards, until it is active.
CONTENT_FIELDS = frozenset({"content", "content_text"})
DRAFT_FIELDS = frozenset({"content", "content_text", "value_ids"})
NOTE_FIELDS = frozenset({"reason", "compliance_note", "rollback_plan", "shadow", "owner_id", "purpose"})


class IntegrationArtifactVersion(models.Model):
    """One content of an artifact, with its life: draft, in review, approved, active, retired (MAP-12, GOV-02).

    The content can be changed while the version is a draft and never again once it was approved. States change through
    the actions alone (artifact_life.py).
    """

    _name = "integration.artifact.version"
    _inherit = ["mail.thread"]
    _description = "Version of a Mapping or Table"
    _order = "artifact_id, number desc"
    _mail_post_access = "read"

    artifact_id = fields.Many2one("integration.artifact", required=True, readonly=True, ondelete="restrict", index=True)
    number = fields.Integer(readonly=True, copy=False)
    path = fields.Char(related="artifact_id.path")
    kind = fields.Selection(related="artifact_id.kind", store=True)
    system_code = fields.Char(related="artifact_id.system_code")
    place = fields.Char(related="artifact_id.place")
    object = fields.Selection(related="artifact_id.object")
    incoming = fields.Boolean(related="artifact_id.incoming")
    owner_id = fields.Many2one(related="artifact_id.owner_id", readonly=False)
    purpose = fields.Text(related="artifact_id.purpose", readonly=False)
    four_eyes = fields.Boolean(related="artifact_id.four_eyes")
    content = fields.Json(copy=False, help="The whole file, as it would stand in the pack.")
    content_text = fields.Text(
        "File", compute="_compute_content_text", inverse="_inverse_content_text", help="The same as JSON text."
    )
    content_hash = fields.Char(compute="_compute_content_hash", store=True, help="SHA-256 of the content.")
    state = fields.Selection(STATES, required=True, readonly=True, default="draft", tracking=True, copy=False)
    author_id = fields.Many2one(
        "res.users", required=True, readonly=True, default=lambda self: self.env.uid, copy=False
    )
    editor_ids = fields.Many2many(
        "res.users",
        "integration_artifact_version_editor",
        readonly=True,
        copy=False,
        string="Written by",
        help="Everybody who changed the content: none of them can approve it.",
    )
    approver_id = fields.Many2one("res.users", string="Approved by", readonly=True, copy=False)
    approved_at = fields.Datetime("Approved", readonly=True, copy=False)
    reason = fields.Char("What changes and why", copy=False)
    compliance_note = fields.Text(
        "Compliance note",
        copy=False,
        help="What was looked at: personal data, contracts, accounting. Needed for the approval.",
    )
    rollback_plan = fields.Text(
        "Rollback plan",
        copy=False,
        help="When it is taken back, by whom, and what to look at afterwards. Needed for the approval.",
    )
    check_problems = fields.Json(
        readonly=True, copy=False, help='[{"path", "pointer", "reason", "fix"}], as the last check found them.'
    )
    checked_at = fields.Datetime(readonly=True, copy=False)
    activated_at = fields.Datetime("Activated", readonly=True, copy=False)
    retired_at = fields.Datetime("Retired", readonly=True, copy=False)
    shadow = fields.Boolean(
        copy=False, help="Runs beside the active version on live changes, sends nothing, and counts the differences."
    )

    _number_uniq = models.UniqueIndex("(artifact_id, number)")
    _active_uniq = models.UniqueIndex("(artifact_id) WHERE state = 'active'", "One version is active already.")

    @api.depends("artifact_id.title", "number")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for version in self:
            version.display_name = _(
                "%(title)s, version %(number)s", title=version.artifact_id.title, number=version.number
            )

    # -- content ---------------------------------------------------------------------------------------------

    @api.depends("content")
    def _compute_content_text(self):
        for version in self:
            version.content_text = json.dumps(version.content or {}, indent=2, ensure_ascii=False)

    def _inverse_content_text(self):
        for version in self:
            try:
                version.content = json.loads(version.content_text or "")
            except json.JSONDecodeError as error:
                raise ValidationError(
                    _(
                        "The file is not valid JSON: %(error)s in line %(line)s, column %(column)s.",
                        error=error.msg,
                        line=error.lineno,
                        column=error.colno,
                    )
                ) from error

    @api.depends("content")
    def _compute_content_hash(self):
        for version in self:
            version.content_hash = content_hash(version.content or {})

    @api.constrains("content")
    def _check_content(self):
        for version in self:
            # An empty object is kept as nothing.
            if version.content and not isinstance(version.content, dict):
                raise ValidationError(_("A file of the pack is a JSON object, in braces."))

    # -- rights ----------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        prepared = []
        for vals in vals_list:
            artifact = self.env["integration.artifact"].browse(vals.get("artifact_id"))
            vals = vals | {"number": self._next_number(artifact)}
            if not self.env.su:
                self._refuse_reserved(vals.keys() - {"artifact_id", "number"}, draft=True)
                vals |= {"author_id": self.env.uid}
            if not vals.keys() & CONTENT_FIELDS:
                vals["content"] = artifact._content() or artifact._empty_content()
            prepared.append(vals)
        versions = super().create(prepared)
        for version in versions.sudo():
            version.editor_ids |= version.author_id
        return versions

    def _next_number(self, artifact):
        artifact.check_access("read")
        # The row lock makes two that begin a version at once take two numbers.
        self.env.cr.execute("SELECT id FROM integration_artifact WHERE id = %s FOR UPDATE", [artifact.id])
        self.env.cr.execute(
            "SELECT coalesce(max(number), 0) + 1 FROM integration_artifact_version WHERE artifact_id = %s",
            [artifact.id],
        )
        return self.env.cr.fetchone()[0]

    def write(self, vals):
        if not self.env.su:
            for version in self:
                version._refuse_reserved(vals.keys(), draft=version.state == "draft")
        changes_content = bool(vals.keys() & CONTENT_FIELDS)
        if changes_content and self.filtered(lambda version: version.state != "draft"):
            raise UserError(_("The content of a version is fixed once it was submitted. Begin a new version."))
        result = super().write(vals)
        if changes_content:
            for version in self.sudo():
                version.editor_ids |= self.env.user
                version.check_problems = False
                version.checked_at = False
        return result

    def _refuse_reserved(self, names, draft):
        """People write the content of drafts and the notes; everything else follows from the actions."""
        allowed = DRAFT_FIELDS | NOTE_FIELDS if draft else NOTE_FIELDS
        mail = {name for name in names if name.startswith(("message_", "activity_"))}
        refused = set(names) - allowed - DRAFT_FIELDS - mail
        if refused:
            raise AccessError(
                _("Use the buttons of the version: %s is not written by hand.", ", ".join(sorted(refused)))
            )
        if not draft and names & {"reason", "compliance_note", "rollback_plan"} and self.state in ("active", "retired"):
            raise UserError(_("The notes of a version are fixed once it was active."))

    def unlink(self):
        if not self.env.su and self.filtered(lambda version: version.state != "draft"):
            raise UserError(_("Only drafts can be deleted: everything else is history."))
        return super().unlink()

    # -- screens ---------------------------------------------------------------------------------------------

    def _opened(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
        }
