from odoo import api, models

from ..capture.paths import UNSUPPORTED_TYPES
from .schema_fields import open_prefixes, schema_fields

_TYPES = {
    "char": "text",
    "text": "text",
    "html": "text",
    "selection": "text",
    "reference": "text",
    "integer": "number",
    "float": "number",
    "monetary": "number",
    "many2one_reference": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "many2one": "record",
    "one2many": "list",
    "many2many": "list",
}
# Fields that every model has and hardly any mapping wants: after all others.
_HOUSEKEEPING = (
    "activity_",
    "create_",
    "has_message",
    "message_",
    "my_activity",
    "rating_",
    "website_message",
    "write_",
)


class MappingEditor(models.Model):
    """What the mapping editor asks (static/src/mapping_editor): which fields can be mapped, and to which."""

    _inherit = "integration.artifact.version"

    # -- what can be mapped ----------------------------------------------------------------------------------

    def editor_info(self):
        """What the editor has to know of this mapping.

        :return: ``{"kind", "path", "source", "target", "functions", "schema", "tables", "types", "active",
            "active_number", "problems", "preview"}``. Source and target are ``{"kind": "odoo" | "canonical" |
            "document", "title", "fields", "open", "model"}``, fields as in schema_fields.py; ``types`` the kinds of
            record that a link can lead to; ``problems`` as the last check kept them; ``preview``: ``{"model", "domain",
            "systems": [{"code", "name"}]}``. Other kinds of artifact get what concerns no fields.
        """
        self.ensure_one()
        self.check_access("read")
        active = self.artifact_id.active_version_id
        info = {
            "kind": self.kind,
            "path": self.path,
            "active": self.artifact_id._content() if active != self else False,
            "active_number": active.number if active != self else 0,
            "problems": self.check_problems or [],
        }
        if self.kind != "mapping":
            return info
        language = self._catalogue_content("language", "mapping") or {}
        content = self.content or {}
        target = self._target_info(content)
        return info | {
            "source": self._source_info(content, target),
            "target": target,
            "functions": language.get("functions") or [],
            "schema": language.get("schema") or False,
            "tables": self._tables(),
            "types": self._link_types(),
            "preview": self._preview_choice(content),
        }

    @api.model
    def editor_fields(self, model, path=""):
        """Fields of the record that a path leads to from a model, as in schema_fields.py; paths begin at the model.
        Empty for a path that leads to no record."""
        current = self.env.get(model)
        list_path = None
        names = path.split(".") if path else []
        for place, name in enumerate(names):
            field = current._fields.get(name) if current is not None else None
            if field is None or not field.comodel_name:
                return []
            if field.type != "many2one":
                list_path = ".".join(names[: place + 1])
            current = self.env[field.comodel_name]
        if current is None:
            return []
        described = current.fields_get(attributes=["string", "type", "relation", "selection"])
        found = [
            {
                "path": f"{path}.{name}" if path else name,
                "title": field["string"],
                "type": _TYPES.get(field["type"], "any"),
                "items": "object" if field["type"] in ("one2many", "many2many") else None,
                "required": False,
                "classification": None,
                "values": [key for key, _title in field.get("selection") or ()] or None,
                "list": list_path,
                "behind": bool(field.get("relation")),
            }
            for name, field in described.items()
            if field["type"] not in UNSUPPORTED_TYPES
        ]
        return sorted(found, key=lambda field: (_is_housekeeping(field["path"]), field["title"].lower()))

    def _source_info(self, content, target):
        source = content.get("source") or {}
        model = source.get("model")
        if not model:
            return self._canonical_info(source) if source.get("object") else self._document_info(content, "source")
        fields = self._odoo_fields(model, content)
        classes = {field["path"]: field["classification"] for field in target["fields"]}
        for line in content.get("lines") or ():
            for field in fields:
                if field["path"] in _read_by(line) and not field["classification"]:
                    field["classification"] = classes.get(line.get("to"))
        return {"kind": "odoo", "title": self._model_title(model), "model": model, "fields": fields, "open": [""]}

    def _target_info(self, content):
        target = content.get("target") or {}
        if target.get("object"):
            return self._canonical_info(target)
        if target.get("model"):
            return self._record_info(target["model"])
        return self._document_info(content, "target")

    def _record_info(self, model):
        """The fields of a record that another system's changes may fill (models/inbound/integration_inbound.py)."""
        described = self.env[model].fields_get() if model in self.env else {}
        preset = self.env[model].default_get(list(described)) if described else {}
        fields = [
            _plain_field(f"values.{name}")
            | {
                "title": field["string"],
                "type": _TYPES.get(field["type"], "any"),
                "required": bool(field.get("required")) and name not in preset,
                "values": [key for key, _title in field.get("selection") or ()] or None,
            }
            for name, field in described.items()
            if field["type"] not in UNSUPPORTED_TYPES and not field.get("readonly")
        ]
        fields.sort(key=lambda field: (_is_housekeeping(field["path"]), field["title"].lower()))
        return {"kind": "odoo", "title": self._model_title(model), "model": model, "fields": fields, "open": [""]}

    def _model_title(self, model):
        return self.env["ir.model"].sudo()._get(model).name if model in self.env else model

    def _document_info(self, content, side):
        """What a system holds or takes, as far as its schema names it and the mapping uses it."""
        connector, kind = self.system_code, (content.get(side) or {}).get("type")
        # What it takes is not all that its connector reads: of a source only what the mapping reads is known.
        schema = (side == "target" and self._catalogue_content("document", f"{connector}/{kind}")) or {}
        fields = schema_fields(schema, lambda _id: None)
        known = {field["path"] for field in fields}
        # What the mapping uses is there, whether or not the schema names it.
        shipped = self.artifact_id._content() or {}
        for line in [*(shipped.get("lines") or ()), *(content.get("lines") or ())]:
            for path in [line.get("to")] if side == "target" else sorted(_read_by(line)):
                names = (path or "").split(".")
                for place in range(1, len(names)) if side == "source" else ():
                    if (group := ".".join(names[:place])) not in known:
                        known.add(group)
                        fields.append(_plain_field(group) | {"type": "object"})
                if path and path not in known:
                    known.add(path)
                    fields.append(_plain_field(path))
        return {
            "kind": "document",
            "title": f"{self._connector_name()} {kind or ''}".strip(),
            "fields": fields,
            "open": open_prefixes(schema, lambda _id: None) if schema else [""],
        }

    def _canonical_info(self, end):
        code = f"{end.get('object')}/{end.get('version')}"
        schema = self._catalogue_content("schema", code) or {}

        def find(schema_id):
            return self._catalogue_content("schema", schema_id.removeprefix("hub:canonical/"))

        title = schema.get("title") or end.get("object") or ""
        return {"kind": "canonical", "title": title, "fields": schema_fields(schema, find), "open": []}

    def _odoo_fields(self, model, content):
        """The model's fields, and those behind each relation that the mapping follows already."""
        fields = self.editor_fields(model)
        followed = set()
        for path in sorted(_all_paths(content.get("lines") or (), "")):
            names = path.split(".")
            followed |= {".".join(names[:end]) for end in range(1, len(names))}
        for path in sorted(followed):
            fields += self.editor_fields(model, path)
        return fields

    def _tables(self):
        """The value tables that this mapping may name: those in `tables/` beside it."""
        folder = f"systems/{self.system_code}/tables/" if self.system_code else "odoo/tables/"
        found = {}
        shipped = [("kind", "=", "file"), ("code", "=like", f"{folder}%")]
        for entry in self.env["integration.catalogue"].sudo().search(shipped):
            found[entry.code] = {"title": entry.title, "content": entry.content or {}}
        for artifact in self.env["integration.artifact"].sudo().search([("path", "=like", f"{folder}%")]):
            if (content := artifact._content()) is not None:
                found[artifact.path] = {"title": artifact.title, "content": content}
        return [
            {
                "name": (name := path.removeprefix(folder).removesuffix(".json")),
                "title": name if table["title"] == path else f"{table['title']} ({name})",
                "description": _table_words(self.env, table["content"]),
            }
            for path, table in sorted(found.items())
        ]

    def _systems(self):
        entries = self.env["integration.catalogue"].sudo().search([("kind", "=", "system")])
        if self.system_code:
            return entries.filtered(lambda entry: (entry.content or {}).get("connector") == self.system_code)
        return entries.filtered(lambda entry: self.object in ((entry.content or {}).get("objects") or ()))

    def _connector_name(self):
        systems = self._systems()
        return systems[0].title if self.system_code and systems else self.system_code or ""

    def _link_types(self):
        """Kinds of record of the system, with the business object that becomes it."""
        system = self._systems()[:1] if self.system_code else self.browse()
        objects = {}
        for object_code, kind in ((system.content or {}).get("types") or {}).items() if system else ():
            objects.setdefault(kind, []).append(object_code)
        return [{"type": kind, "title": f"{kind} ({', '.join(codes)})"} for kind, codes in sorted(objects.items())]

    def _catalogue_content(self, kind, code):
        entry = self.env["integration.catalogue"].sudo().search([("kind", "=", kind), ("code", "=", code)], limit=1)
        return entry.content or None


def _plain_field(path):
    return {
        "path": path,
        "title": "",
        "type": "any",
        "items": None,
        "required": False,
        "classification": None,
        "values": None,
        "list": None,
    }


def _read_by(line):
    source = line.get("from")
    return {source} if isinstance(source, str) else set(source or ())


def _all_paths(lines, prefix):
    """Source paths of the lines as far as they name fields directly; those of items with their list's path."""
    for line in lines:
        for path in _read_by(line):
            yield prefix + path
        if link := line.get("link"):
            yield prefix + (link.get("from") or "")
        if each := line.get("each"):
            yield prefix + each
            yield from _all_paths(line.get("lines") or (), f"{prefix}{each}.")


def _is_housekeeping(path):
    return path.rpartition(".")[2].startswith(_HOUSEKEEPING)


def _table_words(env, content):
    rows = content.get("entries") if isinstance(content.get("entries"), list) else None
    count = len(content if rows is None else rows)
    words = content.get("note") or content.get("description") if rows is not None else ""
    return " ".join(filter(None, [words, env._("%s values.", count)]))
