from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..capture.cache import forget_plans


class IntegrationRelease(models.Model):
    """One consistent set of active versions, laid over the shipped pack. Rows are only ever added: activating a version
    or rolling one back makes the next release. The current one has the highest number; release 0, which has no row, is
    the shipped pack alone.

    An event carries the number of the release in force when it was captured, and its deliveries finish under it.
    """

    _name = "integration.release"
    _inherit = ["integration.protected"]
    _description = "Release"
    _order = "number desc"
    _rec_name = "number"

    number = fields.Integer(required=True, readonly=True, help="1, 2, 3 …; deliveries name it.")
    reason = fields.Text(readonly=True, help="Why it was made.")
    user_id = fields.Many2one("res.users", string="Made by", required=True, readonly=True, ondelete="restrict")
    content = fields.Json(readonly=True, help='What it consists of: [{"path", "version", "version_id"}].')
    objects = fields.Json(
        readonly=True, help='Per business object what is captured for it: {"customer": {"model", "paths": [path]}}.'
    )

    _number_uniq = models.UniqueIndex(
        "(number)", "Somebody else made a release at this very moment. Look at what is active now, then try again."
    )

    @api.model
    def _current(self):
        """The release in force; an empty record set while the shipped pack alone is."""
        return self.sudo().search([], limit=1)

    @api.model
    def _make(self, content, objects, reason):
        """Makes the next release, in force once the transaction commits, and tells every sidecar.

        :param content: the whole set of active versions, ``[{"path", "version", "version_id"}]``
        :param objects: per canonical object ``{"model", "paths"}``, as the sidecar's check answered
        :param reason: why, for people
        """
        paths = [entry["path"] for entry in content]
        if len(set(paths)) != len(paths):
            raise UserError(_("A release holds one version of each file."))
        release = self.sudo().create(
            {
                "number": self._current().number + 1,
                "reason": reason,
                "user_id": self.env.uid,
                "content": content,
                "objects": objects,
            }
        )
        release.flush_recordset()
        forget_plans(self.env, "templates")  # what is captured changes with it
        self.env.cr.execute("SELECT pg_notify('integration_hub', '!release')")
        return release

    def write(self, vals):
        raise UserError(_("A release is not changed afterwards. Make another one."))

    def unlink(self):
        raise UserError(_("Releases are kept: deliveries name the one under which they went."))
