import json

from markupsafe import Markup
from odoo import _, fields, models

from ..deliveries.integration_delivery import OPEN_STATES
from ..foundation.numbers import number
from ..privacy.data_classes import PROTECTED


class IntegrationArtifactVersionImpact(models.Model):
    """What a version would touch, listed before it is approved (GOV-02): records, changes in the queue, flows, systems,
    and which fields are captured from then on or no longer."""

    _inherit = "integration.artifact.version"

    impact = fields.Html(compute="_compute_impact", sanitize=False, string="What it affects")

    def _compute_impact(self):
        for version in self:
            version.impact = version._impact_in_words(version._impact())

    def _impact(self):
        """What the version touches.

        :return: ``{"objects": [code], "systems": [{"id", "name"}], "flows": [{"id", "name", "records"}], "queued": int,
            "captured": [{"object", "path", "change": "added"|"removed", "class"}]}``; records are those of the rule's
            model that the rule lets through, queued are the deliveries that are not finished: they finish under the
            version they were recorded with
        """
        self.ensure_one()
        objects = self._touched_objects()
        rules = self._touched_rules(objects)
        systems = self._sources() if self.incoming else rules.system_ids
        if self.system_code:
            systems = systems.filtered(lambda system: self.system_code in (system.connector, system.code))
        waiting = [("object", "in", objects), ("system_id", "in", systems.ids), ("state", "in", OPEN_STATES)]
        if self.kind == "mapping":
            waiting.append(("direction", "=", "in" if self.incoming else "out"))
        queued = self.env["integration.delivery"].search_count(waiting)
        return {
            "objects": objects,
            "systems": [{"id": system.id, "name": system.name} for system in systems],
            "flows": [{"id": rule.id, "name": rule.name, "records": rule._records_in_scope()} for rule in rules],
            "queued": queued,
            "captured": self._captured_changes(),
        }

    def _touched_objects(self):
        content = self.content or {}
        if self.kind == "rule":
            return [content["object"]] if content.get("object") else []
        if self.kind == "ownership":
            now, then = ((part or {}).get("objects") or {} for part in (self._in_force(), content))
            return sorted(code for code in {*now, *then} if now.get(code) != then.get(code))
        if self.kind == "mapping":
            return [self.object]
        folder = self.path.rsplit("/", 2)[0]
        beside = self.env["integration.artifact"].sudo().search([("kind", "=", "mapping")])
        if self.kind == "table":
            beside = beside.filtered(lambda artifact: artifact.path.startswith(f"{folder}/"))
            name = self.path.rsplit("/", 1)[1].removesuffix(".json")
            beside = beside.filtered(lambda artifact: f'"table": "{name}"' in json.dumps(artifact._content()))
        else:
            beside = beside.filtered(lambda artifact: artifact.system_code == self.system_code)
        return sorted(set(beside.mapped("object")))

    def _touched_rules(self, objects):
        if self.kind == "rule":
            return self.artifact_id.rule_id
        if self.incoming:
            return self.env["integration.rule"]
        rules = self.env["integration.rule"].search([("object", "in", objects)])
        if self.system_code:
            rules = rules.filtered(
                lambda rule: self.system_code in (*rule.system_ids.mapped("connector"), *rule.system_ids.mapped("code"))
            )
        return rules

    def _sources(self):
        """The systems whose records become this object in Odoo."""
        suffix = f"/mappings/in/{self.object}.json"
        files = (
            self.env["integration.catalogue"].sudo().search([("kind", "=", "file"), ("code", "=like", f"%{suffix}")])
        )
        connectors = [code.removeprefix("systems/").removesuffix(suffix) for code in files.mapped("code")]
        return self.env["integration.system"].search([("connector", "in", connectors)])

    def _in_force(self):
        """What counts now, or counted until this version was activated."""
        return self._before().content if self.state in ("active", "retired") else self.artifact_id._content()

    def _captured_changes(self):
        catalogue = self.env["integration.catalogue"]
        changes = []
        for code, needed in (self.check_objects or {}).items():
            now, then = set(catalogue._object_paths(code)), set(needed.get("paths") or ())
            classes = catalogue._source_classes(code)
            for change, paths in (("added", then - now), ("removed", now - then)):
                for path in sorted(paths):
                    found = sorted(classes.get(path, set()) & set(PROTECTED))
                    changes.append({"object": code, "path": path, "change": change, "class": ", ".join(found) or None})
        return changes

    def _impact_in_words(self, impact):
        titles = self.env["integration.catalogue"]._object_titles()
        rows = [
            (_("Systems"), ", ".join(system["name"] for system in impact["systems"]) or _("none")),
            (_("Business objects"), ", ".join(titles.get(code, code) for code in impact["objects"]) or _("none")),
            (
                _("Flows"),
                "; ".join(
                    _("%(flow)s: %(count)s records", flow=flow["name"], count=number(self.env, flow["records"]))
                    for flow in impact["flows"]
                )
                or _("none"),
            ),
            (
                _("Changes in the queue"),
                _("%s, which finish under the version they were recorded with", number(self.env, impact["queued"]))
                if impact["queued"]
                else _("none"),
            ),
        ]
        words = {"added": _("Captured from then on"), "removed": _("No longer captured")}
        for change, title in words.items():
            paths = [
                f"{entry['object']}.{entry['path']}" + (f" ({entry['class']})" if entry["class"] else "")
                for entry in impact["captured"]
                if entry["change"] == change
            ]
            if paths:
                rows.append((title, ", ".join(paths)))
        line = Markup('<tr><th class="text-nowrap pe-4 fw-normal text-muted">%s</th><td>%s</td></tr>')
        table = Markup('<table class="table table-sm"><tbody>%s</tbody></table>')
        return table % Markup().join(line % row for row in rows)


class IntegrationRuleScope(models.Model):
    _inherit = "integration.rule"

    def _records_in_scope(self):
        """How many records the rule lets through: a number alone, of all companies."""
        self.ensure_one()
        model = self.env.get(self.model)
        if model is None:
            return 0
        domain = list(self._parsed_domain())
        if self.company_id and "company_id" in model._fields:
            domain += [("company_id", "in", (False, self.company_id.id))]
        return model.sudo().search_count(domain)
