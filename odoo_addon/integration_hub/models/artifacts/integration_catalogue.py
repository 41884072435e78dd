import json

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..capture.cache import forget_plans, remembered

# What the mapping editor builds on, by its name in what is published: the kind here.
LIBRARY = {"schemas": "schema", "documents": "document", "files": "file", "language": "language"}


class IntegrationCatalogue(models.Model):
    """What the sidecar can carry, as it published it: canonical objects with the Odoo paths that its mappings read,
    and starter rules."""

    _name = "integration.catalogue"
    _inherit = ["integration.protected"]
    _description = "Integration Catalogue"
    _order = "kind, code"
    _rec_name = "title"

    kind = fields.Selection(
        [
            ("object", "Business object"),
            ("system", "System"),
            ("rule", "Starter rule"),
            ("schema", "Form of a business object"),
            ("document", "Form of a system's document"),
            ("file", "File of the pack"),
            ("language", "Mapping language"),
        ],
        required=True,
        help="Business object: the form between Odoo's records and other systems. "
        "Starter rule: a capture rule ready to install. File of the pack: a mapping or a table as it is shipped.",
    )
    code = fields.Char(required=True, help="Technical name, for instance customer.")
    title = fields.Char(required=True)
    model = fields.Char(help="The Odoo model it is about, for instance res.partner.")
    version = fields.Char(help="Version of the mapping from Odoo's records to this object.")
    content = fields.Json(help="The entry as published.")
    published_at = fields.Datetime(help="When the sidecar last changed this entry.")
    release = fields.Integer(help="The release whose mappings it was made from; 0: the shipped files alone.")

    _kind_code_uniq = models.UniqueIndex("(kind, code)", "The catalogue holds this entry already.")

    # -- reading ---------------------------------------------------------------------------------------------

    @api.model
    def _object_paths(self, object_code):
        """Dotted Odoo paths that the active mapping of a canonical object reads; an empty tuple when it was never
        published. A release counts at once; what was published under it (with a new pack) is newer still. A sidecar
        that has not heard of it yet may publish what was in force before: that counts no more."""
        return remembered(self.env, ("object paths", object_code), lambda: self._find_object_paths(object_code))

    def _find_object_paths(self, object_code):
        entry = self.sudo().search([("kind", "=", "object"), ("code", "=", object_code)], limit=1)
        release = self.env["integration.release"]._current()
        released = (release.objects or {}).get(object_code)
        if released and entry.release != release.number:
            return tuple(released.get("paths") or ())
        return tuple((entry.content or {}).get("paths") or ())

    @api.model
    def _external_type(self, system_code, object_code):
        """What a system calls the records that it holds of a canonical object (`company`); None when it was not
        published."""
        entry = self.sudo().search([("kind", "=", "system"), ("code", "=", system_code)], limit=1)
        return ((entry.content or {}).get("types") or {}).get(object_code)

    # -- publishing ------------------------------------------------------------------------------------------

    @api.model
    def publish(self, catalogue):
        """Stores what the sidecar can carry. Called by the sidecar at start; publishing the same again changes
        nothing.

        :param catalogue: ``{"release": int, "objects": [{"object", "title", "model", "version", "paths"}], "systems":
            [{"code", "name", "connector", "objects"}], "rules": [...]}``; `release` is the one that the objects were
            made from (0 when absent), a rule as in `mappings/rules/*.json`. For the mapping editor also ``"schemas"``,
            ``"documents"``, ``"files"``, ``"language"``, each ``[{"code", "title", "content"}]``
        :return: ``{"objects", "systems", "rules", "created_systems", "changed"}``: three counts, the codes of systems
            that are new in Odoo, and whether anything changed
        :raise AccessError: the caller is not the sidecar's service user
        :raise ValidationError: an entry without its code; names the entry
        """
        self._check_sidecar()
        published = self.sudo()
        release = catalogue.get("release") or 0
        entries = [
            *(entry | {"release": release} for entry in published._entries(catalogue, "objects", "object", "object")),
            *published._entries(catalogue, "systems", "system", "code"),
            *published._entries(catalogue, "rules", "rule", "code"),
            *(entry for part, kind in LIBRARY.items() for entry in published._library_entries(catalogue, part, kind)),
        ]
        changed = published._store(entries)
        created = published._create_missing_systems(catalogue.get("systems") or [])
        if changed:
            self.env["integration.artifact"].sudo()._from_catalogue()
        if changed or created:
            forget_plans(self.env, "templates")
        return {
            "objects": len(catalogue.get("objects") or []),
            "systems": len(catalogue.get("systems") or []),
            "rules": len(catalogue.get("rules") or []),
            "created_systems": created,
            "changed": bool(changed or created),
        }

    def _check_sidecar(self):
        if not self.env.su and not self.env.user.has_group("integration_hub.group_sidecar"):
            raise AccessError(_("Only the sidecar's service user can publish a catalogue."))

    def _entries(self, catalogue, part, kind, code_key):
        for place, item in enumerate(catalogue.get(part) or []):
            code = isinstance(item, dict) and item.get(code_key)
            if not code:
                raise ValidationError(
                    _("Catalogue entry %(part)s[%(place)s] has no “%(key)s”.", part=part, place=place, key=code_key)
                )
            yield {
                "kind": kind,
                "code": code,
                "title": item.get("title") or item.get("name") or code,
                "model": item.get("model") or False,
                "version": str(item["version"]) if item.get("version") is not None else False,
                "content": item,
                "release": 0,
            }

    def _library_entries(self, catalogue, part, kind):
        for entry in self._entries(catalogue, part, kind, "code"):
            yield entry | {"content": entry["content"].get("content")}

    def _store(self, entries):
        """Makes the table equal to what was published; answers whether that changed anything."""
        known = {(row.kind, row.code): row for row in self.search([])}
        changed = False
        for entry in entries:
            row = known.pop((entry["kind"], entry["code"]), None)
            if row is None:
                self.create(entry | {"published_at": fields.Datetime.now()})
                changed = True
            elif any(_differs(row[name], entry[name]) for name in ("title", "model", "version", "content", "release")):
                row.write(entry | {"published_at": fields.Datetime.now()})
                changed = True
        for row in known.values():
            row.unlink()
            changed = True
        return changed

    def _create_missing_systems(self, systems):
        """Systems appear by themselves; they are never deleted or renamed by the sidecar."""
        System = self.env["integration.system"].with_context(active_test=False)
        known = set(System.search([]).mapped("code"))
        missing = [item for item in systems if item["code"] not in known]
        System.create(
            [
                {
                    "code": item["code"],
                    "name": item.get("name") or item["code"],
                    "connector": item.get("connector") or False,
                }
                for item in missing
            ]
        )
        return [item["code"] for item in missing]


def _differs(old, new):
    return json.dumps(old or None, sort_keys=True) != json.dumps(new or None, sort_keys=True)
