from odoo import _, fields, models
from odoo.exceptions import UserError

from ..foundation.titles import object_titles
from . import table_content

VALUE_UNKNOWN = "value_unknown"


class IntegrationUnknownValue(models.Model):
    """Values that no table knows yet, with what waits for each (MAP-05): one row for each table, value, system and
    company. Nothing is stored for it. Index: what is held, by cause."""

    _name = "integration.unknown.value"
    _description = "Unknown Value"
    _auto = False
    _order = "waiting desc, id"
    _rec_name = "value"

    path = fields.Char("File", readonly=True)
    artifact_id = fields.Many2one("integration.artifact", string="Table", readonly=True)
    value = fields.Char("Unknown value", readonly=True)
    system_id = fields.Many2one("integration.system", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    object = fields.Selection(object_titles, "Business object", readonly=True)
    waiting = fields.Integer(readonly=True, help="Deliveries that wait for this value.")
    first_id = fields.Many2one("integration.delivery", string="First of them", readonly=True)
    since = fields.Datetime(readonly=True, help="When the first of them was recorded.")

    @property
    def _table_query(self):
        # The place of the failure is "<file>#<value>"; a value may hold a # itself, a file may not.
        return f"""
            SELECT min(d.id) AS id, min(d.id) AS first_id, split_part(d.error_field, '#', 1) AS path,
                substr(d.error_field, strpos(d.error_field, '#') + 1) AS value, d.system_id, d.company_id, d.object,
                count(*)::integer AS waiting, min(d.create_date) AS since, min(a.id) AS artifact_id
            FROM integration_delivery d
            LEFT JOIN integration_artifact a ON a.path = split_part(d.error_field, '#', 1)
            WHERE d.state = 'held' AND d.error_code = '{VALUE_UNKNOWN}' AND strpos(d.error_field, '#') > 0
            GROUP BY d.error_field, d.system_id, d.company_id, d.object
        """

    def action_add(self):
        """Asks what the value is over there."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Add the value"),
            "res_model": "integration.unknown.value.add",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_path": self.path,
                "default_table": self.artifact_id.title or self.path,
                "default_source": self.value,
                "default_waiting": self.waiting,
            },
        }

    def action_open_deliveries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_deliveries")
        domain = [
            ("state", "=", "held"),
            ("error_code", "=", VALUE_UNKNOWN),
            ("error_field", "=", f"{self.path}#{self.value}"),
            ("system_id", "=", self.system_id.id),
        ]
        return action | {"domain": domain, "context": {}, "display_name": _("Waiting for “%s”", self.value)}


class IntegrationDeliveryOfValue(models.Model):
    _inherit = "integration.delivery"

    def action_add_value(self):
        """Asks what the value that it waits for is over there.

        :raise UserError: it waits for no value any more
        """
        self.ensure_one()
        path, _hash, value = (self.error_field or "").partition("#")
        unknown = self.env["integration.unknown.value"].search(
            [("path", "=", path), ("value", "=", value), ("system_id", "=", self.system_id.id)], limit=1
        )
        if not unknown:
            raise UserError(_("Nothing waits for this value any more."))
        return unknown.action_add()


class IntegrationProblemOfValue(models.Model):
    _inherit = "integration.problem"

    def action_add_value(self):
        """Asks what the value that its deliveries wait for is over there."""
        self.ensure_one()
        return self.example_id.action_add_value()


class IntegrationArtifactOfTable(models.Model):
    _inherit = "integration.artifact"

    unknown_count = fields.Integer(
        compute="_compute_unknown_count", string="Unknown values", help="Values that deliveries wait for."
    )

    def _compute_unknown_count(self):
        groups = self.env["integration.unknown.value"]._read_group(
            [("artifact_id", "in", self.ids)], ["artifact_id"], ["value:count_distinct"]
        )
        counts = dict(groups)
        for artifact in self:
            artifact.unknown_count = counts.get(artifact, 0)

    def action_open_unknown(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_unknown_values")
        return action | {"domain": [("artifact_id", "=", self.id)], "context": {}}

    def _add_value(self, source, target, note=None):
        """Puts a value into the table. Where one person may do that alone it counts at once and what waits for it goes;
        else the version waits for its approval.

        :return: the version
        :raise UserError: a version with other changes is being prepared
        """
        self.ensure_one()
        if self.draft_version_id:
            raise UserError(
                _(
                    "%s is being prepared. Add the value there, or activate or withdraw it first.",
                    self.draft_version_id.display_name,
                )
            )
        content = self._content() or {}
        known = {entry["from"]: entry["to"] for entry in table_content.entries_of(content)}
        if source in known and known[source] != target:
            raise UserError(
                _(
                    "“%(value)s” is in the table by now, as “%(target)s”: somebody else added it. Retry what waits, or "
                    "change the table.",
                    value=source,
                    target=table_content.text_of(known[source]),
                )
            )
        entries = [entry for entry in table_content.entries_of(content) if entry["from"] != source]
        entries.append({"from": source, "to": target, "note": note or ""})
        version = self.env["integration.artifact.version"].create(
            {
                "artifact_id": self.id,
                "content": table_content.with_entries(content, entries, self.title),
                "reason": _("Value “%s” added", source),
            }
        )
        return version


class IntegrationArtifactVersionReleasing(models.Model):
    _inherit = "integration.artifact.version"

    def _release_waiting(self):
        """Queues again, under the release that is now in force, what was held for a value that the table knows now.

        :return: the deliveries
        """
        known = {entry["from"] for entry in table_content.entries_of(self.content)}
        has_default = "default" in (self.content or {})
        prefix = f"{self.path}#"
        Delivery = self.env["integration.delivery"].sudo()
        held = Delivery.search(
            [
                ("state", "=", "held"),
                ("error_code", "=", VALUE_UNKNOWN),
                ("error_field", "=like", prefix.replace("_", r"\_").replace("%", r"\%") + "%"),
            ]
        )
        waiting = held.filtered(lambda delivery: has_default or delivery.error_field[len(prefix) :] in known)
        if waiting:
            waiting._queue_again(force=False)
            self.env["integration.problem"]._sync_after_commit()
            self._say(_("%s deliveries that waited for its values go again.", len(waiting)))
        return waiting


class IntegrationReleaseReleasing(models.Model):
    _inherit = "integration.release"

    def _put_in_force(self, versions, objects, reason):
        """However a table comes in force (activated, brought in, gone back to), what it knows now goes."""
        coming = versions.filtered(lambda version: version.kind == "table" and version.state != "active")
        release = super()._put_in_force(versions, objects, reason)
        for version in coming:
            version.with_user(self.env.user)._release_waiting()
        return release
