import json

from odoo import _, fields, models
from odoo.tools import SQL

from .checks.duplicates import TaxId
from .item import Stopped, Waits, lane_of, moment, reference_parts

RELATIONAL = ("many2one", "many2many", "one2many")


class IntegrationInboundResolve(models.AbstractModel):
    """Turns a document's values into Odoo's: references into ids, texts into dates. Nothing is written here."""

    _inherit = "integration.inbound"

    def _resolved(self, system, model, values, path=""):
        """`{field: value}` in the form that `_differences` compares and `write` takes, except that lines stay
        ``[(key, {field: value})]``.

        :raise Waits: a record it refers to has no link yet
        :raise Stopped: data: an unknown field, an unknown or ambiguous value
        """
        return {
            name: self._resolved_value(system, model, name, value, f"{path}{name}") for name, value in values.items()
        }

    def _resolved_value(self, system, model, name, value, path):
        field = model._fields.get(name)
        if field is None:
            raise Stopped(
                "data",
                "unknown_field",
                _("%(model)s has no field “%(field)s”.", model=model._name, field=name),
                _("Correct the mapping, or install the app that brings the field."),
                path,
            )
        if value is None or value is False:
            return False if field.type not in ("many2many", "one2many") else []
        if field.type == "many2one":
            return self._resolved_record(system, field.comodel_name, value, path)
        if field.type == "many2many":
            return sorted({self._resolved_record(system, field.comodel_name, part, path) for part in value})
        if field.type == "one2many":
            if not isinstance(value, dict) or "$lines" not in value:
                raise self._bad_value(path, value)
            lines = self.env[field.comodel_name].with_env(model.env)
            return [
                (str(line["key"]), self._resolved(system, lines, line["values"], f"{path}[{line['key']}]."))
                for line in value["$lines"]
            ]
        if field.type in ("reference", "many2one_reference") and isinstance(value, dict):
            record = self._linked_record(system, value["$record"], path)
            return f"{record._name},{record.id}" if field.type == "reference" else record.id
        return self._resolved_scalar(field, model, value, path)

    def _resolved_scalar(self, field, model, value, path):
        try:
            if field.type == "datetime":
                return moment(value).replace(microsecond=0)
            if field.type == "date":
                return fields.Date.to_date(str(value)[:10])
            if field.type in ("float", "monetary"):
                return float(value)
            if field.type == "integer":
                return int(value)
            if field.type == "boolean" and isinstance(value, bool):
                return value
        except (ValueError, TypeError):
            raise self._bad_value(path, value) from None
        if field.type == "selection":
            known = dict(field._description_selection(model.env))
            if value not in known:
                raise self._unknown(path, f"{field.string}: {value}")
            return value
        if field.type in ("char", "text", "html"):
            return str(value)
        if field.type in ("boolean", "properties", "json", "binary", "image"):
            return value
        raise self._bad_value(path, value)

    def _resolved_record(self, system, comodel, value, path):
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            raise self._bad_value(path, value)
        if "$record" in value:
            record = self._linked_record(system, value["$record"], path)
            if record._name != comodel:
                raise Stopped(
                    "data",
                    "wrong_reference",
                    _("%(ref)s is a %(model)s here, which does not fit.", ref=value["$record"], model=record._name),
                    _("Correct the mapping, or the link."),
                    path,
                )
            return record.id
        if "$find" in value:
            return self._found_record(system, value["$find"], path)
        raise self._bad_value(path, value)

    # -- records by their identity elsewhere -----------------------------------------------------------------

    def _linked_record(self, system, reference, path):
        """The record linked with ``hubspot:company,123``: system code (or connector), external type, external id.

        :raise Waits: there is none yet
        """
        parts = reference_parts(reference)
        if not parts:
            raise self._bad_value(path, reference)
        code, type_, external_id = parts
        of = system if code in (None, system.code, system.connector) else self._system_called(code, path)
        record = self._linked_to(self._link_of(of, type_, external_id))
        if not record:
            lane = lane_of(type_, external_id)
            raise Waits(lane if of == system else lane.replace("in:", f"in:{of.code}:", 1), path)
        return record

    def _system_called(self, code, path):
        System = self.env["integration.system"].sudo()
        found = System.search([("code", "=", code)]) or System.search([("connector", "=", code)])
        if len(found) != 1:
            raise self._unknown(path, code)
        return found

    # -- records by what they are called ---------------------------------------------------------------------

    def _found_record(self, system, wanted, path):
        """The id of the one record that has these values, in the company that is worked in.

        :raise Stopped: data, `value_unknown` or `value_ambiguous`
        """
        batch = self._batch()
        if any(item.model == wanted["model"] for item in batch.items):  # one of them may be about to come
            return self._search_one(system, wanted, path)
        key = ("found", wanted["model"], json.dumps(wanted["by"], sort_keys=True))
        return batch.once(key, lambda: self._search_one(system, wanted, path))

    def _search_one(self, system, wanted, path):
        records = self._as_user(system, wanted["model"], path)
        by = self._resolved(system, records, wanted["by"], f"{path}.")
        domain = [(name, "=", value) for name, value in by.items()]
        if "company_id" in records._fields and "company_id" not in by:
            domain.append(("company_id", "in", [False, records.env.company.id]))
        found = records.search(domain, limit=2)
        if not found:  # what people typed is written now so, now so
            domain = [
                (name, "=ilike", _literally(value)) if isinstance(value, str) else (name, operator, value)
                for name, operator, value in domain
            ]
            found = records.search(domain, limit=2)
        if not found and isinstance(by.get("vat"), str):  # with dots, spaces and small letters, here or there
            domain = [part for part in domain if part[0] != "vat"]
            found = records.search([*domain, ("id", "in", self._with_tax_id(records, by["vat"]))], limit=2)
        words = ", ".join(f"{value}" for value in wanted["by"].values() if not isinstance(value, dict))
        if not found:
            raise self._unknown(path, words)
        if len(found) > 1:
            raise Stopped(
                "data",
                "value_ambiguous",
                _("More than one record of Odoo is meant by “%s”.", words),
                _("Make it unique in Odoo, or correct the mapping; then retry."),
                path,
            )
        return found.id

    def _with_tax_id(self, records, tax_id):
        """Ids of the records that have this tax id, however it is written."""
        self.env.flush_all()
        table, near = SQL.identifier(records._table), TaxId.near(SQL.identifier("vat"), [TaxId.normalised(tax_id)])
        self.env.cr.execute(SQL("SELECT id FROM %s WHERE %s", table, near))
        return [id_ for (id_,) in self.env.cr.fetchall()]

    def _unknown(self, path, words):
        return Stopped(
            "data",
            "value_unknown",
            _("Odoo knows no “%s”.", words),
            _("Add it in Odoo or to the value table, or correct it in the other system; then retry."),
            path,
        )

    def _bad_value(self, path, value):
        return Stopped(
            "data",
            "value_invalid",
            _("“%(value)s” does not fit the field %(field)s.", value=str(value)[:80], field=path),
            _("Correct the mapping, or the value in the other system."),
            path,
        )


def _literally(text):
    return text.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
