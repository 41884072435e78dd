from odoo import _, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..artifacts.artifact_paths import OWNERSHIP_PATH
from ..foundation.titles import object_titles
from ..privacy.data_classes import CLASSES
from .ownership_content import ODOO, owners_of, survivors_of

MAY_ASK = ("integration_hub.group_viewer", "integration_hub.group_sidecar")


class IntegrationOwnership(models.Model):
    """The ownership matrix as it counts now: one row for each field of each business object (OWN-01, OWN-02).

    Follows from the canonical schemas and the ownership file; people change it by a version of that file. A field that
    the target system owns is not sent to it.
    """

    _name = "integration.ownership"
    _inherit = ["integration.protected"]
    _description = "Ownership of a Field"
    _order = "object, field"
    _rec_name = "field"
    _log_access = False

    object = fields.Selection(object_titles, "Business object", required=True, readonly=True)
    field = fields.Char(required=True, readonly=True, help="Path in the canonical object.")
    description = fields.Char("What it is", readonly=True)
    owner = fields.Char(
        required=True, readonly=True, help="odoo, or the code of a connector: its word counts. Several share it."
    )
    survivorship = fields.Char(
        "May supply it", readonly=True, help="Systems whose value is taken while a better one has none, best first."
    )
    rule = fields.Char(
        "Said by", readonly=True, help="The place in the ownership file; empty: Odoo, because nothing is said."
    )
    data_class = fields.Selection(
        [(name, name.capitalize()) for name in CLASSES], "Class", readonly=True, help="How confidential it is."
    )
    owned_elsewhere = fields.Boolean("Owned elsewhere", readonly=True, help="Another system than Odoo owns it.")

    _field_uniq = models.UniqueIndex("(object, field)")

    # -- keeping it in step ----------------------------------------------------------------------------------

    @api.model
    def _rebuild(self):
        """Makes the rows what the published schemas and the ownership file in force say."""
        content = self._content()
        rows = []
        for schema in self._canonical().values():
            object_code = schema["$id"].split("/")[1]
            for field, description, data_class in self._fields_of(schema, content, object_code):
                owners, rule = owners_of(content, object_code, field)
                rows.append(
                    {
                        "object": object_code,
                        "field": field,
                        "description": description,
                        "owner": ", ".join(owners),
                        "survivorship": ", ".join(survivors_of(content, object_code, field)) or False,
                        "rule": rule or False,
                        "data_class": data_class if data_class in CLASSES else False,
                        "owned_elsewhere": ODOO not in owners,
                    }
                )
        matrix = self.sudo()
        known = {(row.object, row.field): row for row in matrix.search([])}
        new = []
        for values in rows:
            row = known.pop((values["object"], values["field"]), None)
            if row is None:
                new.append(values)
            elif changed := {name: value for name, value in values.items() if row[name] != value}:
                row.write(changed)
        matrix.union(*known.values()).unlink()
        matrix.create(new)

    def _content(self):
        artifact = self.env["integration.artifact"].sudo().search([("path", "=", OWNERSHIP_PATH)])
        return (artifact._content() if artifact else None) or {}

    def _canonical(self):
        """The newest published schema of each business object."""
        newest = {}
        for key, schema in self.env["integration.catalogue"]._schemas().items():
            parts = key.split("/")
            if len(parts) == 3 and parts[0] == "hub:canonical" and parts[2].isdigit() and "properties" in schema:
                known = newest.get(parts[1])
                if known is None or int(parts[2]) > int(known["$id"].split("/")[2]):
                    newest[parts[1]] = schema
        return newest

    def _fields_of(self, schema, content, object_code):
        """`(path, description, class)`: the fields of an object, and what the file names below them."""
        for name, part in schema["properties"].items():
            if name == "id":  # the hub's own, nobody's to change
                continue
            data_class = part.get("x-classification")
            yield name, part.get("title") or part.get("description"), data_class
            entry = (content.get("objects") or {}).get(object_code) or {}
            named = {*(entry.get("fields") or {}), *(entry.get("survivorship") or {})}
            for path in sorted(named):
                if path.startswith(f"{name}.") and not path.endswith(".*"):
                    yield path, part.get("description"), data_class

    # -- the API that inbound work calls ---------------------------------------------------------------------

    @api.model
    def may_write(self, object_code, field, system):
        """Whether a system's value of a field may land (OWN-02).

        :param system: ``odoo`` or the code of a connector
        :return: ``{"allowed": bool, "owner", "rule", "reason"}``; the rule is the place in the ownership file
        """
        if not self.env.su and not any(self.env.user.has_group(group) for group in MAY_ASK):
            raise AccessError(_("Only the hub's users and its sidecar ask who owns a field."))
        content = self.sudo()._content()
        owners, rule = owners_of(content, object_code, field)
        owner = ", ".join(owners)
        allowed = system in owners or system in survivors_of(content, object_code, field)
        if allowed:
            reason = False
        elif rule:
            reason = _(
                "%(owner)s owns %(object)s.%(field)s (%(rule)s).",
                owner=owner,
                object=object_code,
                field=field,
                rule=rule,
            )
        else:
            reason = _("Odoo owns %s, because the ownership file does not name it.", object_code)
        return {"allowed": allowed, "owner": owner, "rule": rule or False, "reason": reason}

    # -- changing it -----------------------------------------------------------------------------------------

    def action_change(self):
        """Asks for the new owner of these fields; the answer becomes a draft of the ownership file."""
        owner, *sharing = (self[:1].owner or ODOO).split(", ")
        return {
            "type": "ir.actions.act_window",
            "name": _("Change the owner"),
            "res_model": "integration.ownership.change",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_ownership_ids": self.ids,
                "default_owner": owner,
                "default_shared_with": ", ".join(sharing),
                "default_survivorship": self[:1].survivorship,
            },
        }

    @api.model
    def _systems(self):
        """`odoo` and the codes under which systems own fields: those of the connectors."""
        self.env.cr.execute(SQL("SELECT DISTINCT connector FROM integration_system WHERE connector IS NOT NULL"))
        return [ODOO, *sorted(row[0] for row in self.env.cr.fetchall())]


class IntegrationArtifactOfOwnership(models.Model):
    _inherit = "integration.artifact"

    @api.model
    def _from_catalogue(self):
        super()._from_catalogue()
        self.env["integration.ownership"]._rebuild()


class IntegrationReleaseOfOwnership(models.Model):
    _inherit = "integration.release"

    def _put_in_force(self, versions, objects, reason):
        release = super()._put_in_force(versions, objects, reason)
        self.env["integration.ownership"]._rebuild()
        return release
