from odoo import api, models
from odoo.tools import SQL

from ..foundation.titles import title_of
from .artifact_paths import describe_path

#: Of a code that is in no rule and in nothing published any more, the newest so many events tell.
RECENT = 5_000


class IntegrationCatalogueTitles(models.Model):
    _inherit = "integration.catalogue"

    @api.model
    def _object_titles(self):
        """`{code: title}` of every business object that is published, in a rule, or in the newest events."""
        entries = self.sudo().search_fetch([("kind", "in", ("schema", "object"))], ["kind", "code", "title"])
        # The code of a schema ends in its version: `customer/2`. What maps the object has the last word.
        titles = {entry.code.partition("/")[0]: entry.title for entry in entries.sorted("kind", reverse=True)}
        for code in {*self._codes_of_rules("object"), *self._codes_of_events("object")} - titles.keys():
            titles[code] = title_of(code, {})
        return titles

    @api.model
    def _object_title(self, code):
        """What people call a business object; of many, ask `_object_titles` once."""
        return self._object_titles().get(code) or title_of(code or "", {})

    @api.model
    def _codes_of_rules(self, column):
        rules = self.env["integration.rule"].sudo().with_context(active_test=False)
        return [code for (code,) in rules._read_group([(column, "!=", False)], [column])]

    @api.model
    def _codes_of_events(self, column):
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT e.code FROM (SELECT %s AS code FROM integration_event ORDER BY id DESC LIMIT %s) e"
                " WHERE e.code IS NOT NULL",
                SQL.identifier(column),
                RECENT,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]


class IntegrationEventTypeTitles(models.Model):
    _inherit = "integration.event.type"

    @api.model
    def _event_titles(self):
        """`{code: title}` of every event that is in the catalogue, in a rule, comes in by a published mapping, or is
        among the newest."""
        catalogue = self.env["integration.catalogue"].sudo()
        objects = catalogue._object_titles()
        codes = {*catalogue._codes_of_rules("event_type"), *catalogue._codes_of_events("event_type")}
        for entry in catalogue.search_fetch(
            [("kind", "=", "file"), ("code", "=like", "odoo/in/%")], ["code", "content"]
        ):
            _kind, _system, object_code = describe_path(entry.code)
            named = (entry.content or {}).get("event") or {}
            codes |= {
                named.get("upsert", f"{object_code}.changed"),
                named.get("gone", f"{object_code}.deleted"),
            }
        titles = {code: title_of(code, objects) for code in codes}
        for row in self.sudo().search_fetch([], ["name", "title"]):
            titles[row.name] = row.title or title_of(row.name, objects)
        return titles
