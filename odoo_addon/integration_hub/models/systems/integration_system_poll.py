from odoo import _, api, fields, models
from odoo.tools import format_datetime

from ..deliveries.integration_delivery import ERROR_KINDS
from ..foundation.durations import duration_in_words
from ..privacy.confidential import CONFIDENTIAL
from ..privacy.messages import hidden


class IntegrationSystemPoll(models.Model):
    """A list of a system in which the sidecar looks for changes that nobody told of, and whether it can be read, as the
    sidecar says (`integration_hub.report_polls`). Nothing is looked for while the system is paused: then no list fails.
    """

    _name = "integration.system.poll"
    _inherit = ["integration.protected"]
    _description = "List of Changes of an Integration System"
    _order = "failing_since, type"
    _rec_name = "title"
    _log_access = False

    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade")
    type = fields.Char(string="List", required=True, readonly=True, help="What the connector calls its records.")
    objects = fields.Char(readonly=True, help="The business objects that it shows, with a comma between them.")
    looked_at = fields.Datetime(string="Last look", readonly=True)
    failing_since = fields.Datetime(
        readonly=True, help="The first look that failed since one worked; empty while the list can be read."
    )
    error_kind = fields.Selection(ERROR_KINDS, string="Kind", readonly=True)
    error_code = fields.Char(readonly=True, help="Stable name of the failure, for filters and the documentation.")
    error_message = fields.Char(readonly=True, groups=CONFIDENTIAL)
    error_hint = fields.Char(readonly=True, groups=CONFIDENTIAL)
    title = fields.Char(compute="_compute_title", string="What")
    what_happened = fields.Char(compute="_compute_words", string="Why", help="Values that you may not see are dots.")
    what_to_do = fields.Char(compute="_compute_words", help="Values that you may not see are dots.")
    failing_for = fields.Char(compute="_compute_words", string="Fails for")

    _system_type_uniq = models.UniqueIndex("(system_id, type)")

    @api.depends("objects", "type")
    def _compute_title(self):
        known = self.env["integration.catalogue"].sudo().search([("kind", "=", "object")])
        titles = {entry.code: entry.title for entry in known}
        for poll in self:
            objects = (poll.objects or poll.type or "").split(",")
            poll.title = ", ".join(titles.get(code, code) for code in objects)

    @api.depends("error_message", "error_hint", "failing_since")
    @api.depends_context("uid", "lang")
    def _compute_words(self):
        now = fields.Datetime.now()
        sees_all = self.env.user.has_group(CONFIDENTIAL)
        for poll, full in zip(self, self.sudo(), strict=True):
            poll.what_happened, poll.what_to_do = full._readable(sees_all)
            since = poll.failing_since
            poll.failing_for = duration_in_words(self.env, now - since) if since else False

    def _in_words(self):
        """Of what, since when, why and what to do, for the one who looks."""
        since = format_datetime(self.env, self.failing_since, dt_format="short")
        parts = [_("%(what)s, since %(moment)s:", what=self.title, moment=since), self.what_happened, self.what_to_do]
        return " ".join(part for part in parts if part)

    def _readable(self, sees_all):
        """The message and its hint. About the way there nothing quotes a value; about an answer it may."""
        self.ensure_one()
        texts = (self.error_message or False, self.error_hint or False)
        if sees_all or self.error_kind in ("technical", "credential"):
            return texts
        names = {self.system_id.name.casefold(), self.system_id.code, self.type}
        return tuple(text and hidden(text, (), names) for text in texts)


class IntegrationSystem(models.Model):
    _inherit = "integration.system"

    poll_ids = fields.One2many("integration.system.poll", "system_id", string="Looks for changes", readonly=True)
    failing_poll_ids = fields.One2many(
        "integration.system.poll",
        "system_id",
        domain=[("failing_since", "!=", False)],
        string="Changes that are not found",
        readonly=True,
    )
    polls_text = fields.Char(
        compute="_compute_polls_text",
        string="Changes not found",
        help="Of what the sidecar cannot see the changes, although it looks for them, and for how long.",
    )

    polls_details = fields.Text(
        compute="_compute_polls_text", help="Of what, since when, why, and what to do about it."
    )
    last_look_text = fields.Char(
        compute="_compute_polls_text", string="Looked for changes", help="When the sidecar last looked for changes."
    )

    @api.depends("poll_ids.failing_since", "poll_ids.objects", "poll_ids.looked_at")
    @api.depends_context("uid", "lang", "tz")
    def _compute_polls_text(self):
        now = fields.Datetime.now()
        for system in self:
            looks = [poll.looked_at for poll in system.poll_ids if poll.looked_at]
            last = looks and duration_in_words(self.env, now - max(looks))
            system.last_look_text = _("%s ago", last) if last else False
            parts = (
                _("%(what)s (for %(time)s)", what=poll.title, time=poll.failing_for) for poll in system.failing_poll_ids
            )
            system.polls_text = ", ".join(parts)
            system.polls_details = "\n".join(poll._in_words() for poll in system.failing_poll_ids)
