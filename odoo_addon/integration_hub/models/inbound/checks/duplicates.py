import re
import unicodedata

from odoo import _, models
from odoo.tools import SQL

from ..item import DUPLICATE, SINGLE_CREATION, Stopped

#: What `Batch` keeps the records by that new ones may be: ``(INDEX, model, kind of match, field)``.
INDEX = "index"
#: As many candidates as a person looks through.
MOST = 10
#: Providers whose domain says nothing about a company.
FREE_MAIL = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com"}
    | {"aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.com", "msn.com"}
)
LEGAL_FORMS = frozenset(
    ("ab", "ag", "as", "asa", "bv", "bvba", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated")
    + ("kft", "kg", "limited", "llc", "llp", "lp", "ltd", "nv", "oy", "plc", "pte", "pty", "sa", "sarl", "sas", "se")
    + ("sl", "spa", "spol", "sprl", "srl", "the")
)


class IntegrationInboundDuplicates(models.AbstractModel):
    """Before a record is created: is it here already, and may this system create it at all (OWN-04, OBJ-02)?"""

    _inherit = "integration.inbound"

    def _existing_for(self, system, item, records, values, decision):
        """The record that a new one is to be linked with, or an empty one: it is to be created.

        :raise Stopped: a person has to say which
        """
        found = self._candidates(system, item, records, values)
        sure = [id_ for id_, (_why, is_sure) in found.items() if is_sure]
        if item.first_load and len(sure) == 1 and not self._is_linked(system, item, records, sure[0]):
            return records.browse(sure[0])
        if not item.may_create.get("allowed", True):
            raise Stopped(
                "policy",
                SINGLE_CREATION,
                item.may_create.get("reason") or _("%s may not create such records.", system.name),
                _("Link it with the record of Odoo that it is, or cancel it."),
                candidates=_stored(found),
            )
        if found and not decision.get("create"):
            raise Stopped(
                "business",
                DUPLICATE,
                _("It may be in Odoo already: %s.", _count(self.env, found)),
                _("Compare them, then link it with one of them, or create it anyway."),
                candidates=_stored(found),
            )
        return records

    def _candidates(self, system, item, records, values):
        """`{id: (why, sure)}` of records that have what identifies the new one, the surest first. Looked for among
        all records of the company: what the system's user does not see would be created twice all the same."""
        found = {}
        everything = records.sudo().with_context(active_test=False)
        for rule in item.identify:
            match = MATCHES[rule["as"]]
            names = [name for name in rule["fields"] if name in records._fields]
            wanted = [(name, match.normalised(values.get(name))) for name in names]
            if rule["as"] == "exact":
                if not names or not all(values.get(name) for name in names):
                    continue
                ids = everything.search([(name, "=", values[name]) for name in names], limit=MOST).ids
            else:
                keys = {key for _name, key in wanted if key} | _also(match, rule)
                ids = self._matching(everything, rule["as"], names, keys, _country_of(item)) if keys else []
            for record in _of_company(everything.browse(ids), records.env.company):
                why = ", ".join(records._fields[name]._description_string(records.env) for name in names)
                earlier = found.get(record.id)
                found[record.id] = (
                    f"{earlier[0]}, {why}" if earlier and why not in earlier[0] else earlier[0] if earlier else why,
                    bool(rule.get("sure")) or bool(earlier and earlier[1]),
                )
        return dict(sorted(found.items(), key=lambda entry: not entry[1][1])[:MOST])

    def _matching(self, records, kind, names, keys, country=None):
        """Ids of records one of whose fields, normalised, is one of `keys`, or is it but for the country in front.

        :param country: ISO code of the country that the new one is in, where that is known
        """
        others = _other_spellings(kind, keys, country)
        ids = []
        for name in names:
            field = records._fields[name]
            if field.store and field.type in ("char", "text"):
                index = self._index(records, kind, name, keys | others.keys())
                ids += [id_ for key in [*keys, *others] for id_ in index[key]]
        normalised = MATCHES[kind].normalised  # it may have been renamed in this call

        def is_same(record, name):
            key = normalised(record[name])
            return key in keys or key in others and others[key] in (None, _prefix_of(record))

        same = records.browse(dict.fromkeys(ids)).filtered(lambda record: any(is_same(record, name) for name in names))
        return same.ids[:MOST]

    def _index(self, records, kind, name, keys):
        """The database finds what is near, Python decides. Looked up at once for all new records of the call.

        :return: ``{key: ids}`` of at least `keys`
        """
        index = self._batch().once((INDEX, records._name, kind, name), dict)
        if keys <= index.keys():
            return index
        match = MATCHES[kind]
        wanted = set(keys)
        for item in self._batch().items:
            for rule in item.identify if item.model == records._name else ():
                if rule["as"] == kind and name in rule["fields"]:
                    found = {match.normalised(item.values.get(other)) for other in rule["fields"]}
                    found = {key for key in found | _also(match, rule) if key}
                    wanted |= found | _other_spellings(kind, found, _country_of(item)).keys()
        index |= {key: [] for key in wanted}
        self.env.flush_all()
        column = SQL("%s->>'en_US'" if records._fields[name].translate else "%s", SQL.identifier(name))
        self.env.cr.execute(
            SQL(
                "SELECT id, %(column)s FROM %(table)s WHERE %(near)s ORDER BY id",
                column=column,
                table=SQL.identifier(records._table),
                near=match.near(column, list(wanted)),
            )
        )
        for id_, stored in self.env.cr.fetchall():
            if (key := match.normalised(stored)) in wanted:
                index[key].append(id_)
        return index

    def _learn_candidate(self, record):
        """What was just written is a candidate for the items that follow."""
        batch = self._batch()
        for key, index in batch.looked_up(INDEX):
            _index, model, kind, name = key
            if model == record._name and (found := MATCHES[kind].normalised(record.sudo()[name])) in index:
                index[found].append(record.id)
                batch.learned()

    def _is_linked(self, system, item, records, id_):
        return bool(
            self.env["integration.link"]
            .sudo()
            .search_count(
                [
                    ("system_id", "=", system.id),
                    ("lane", "=", f"{records._name},{id_}"),
                    ("external_type", "=", item.type),
                ],
                limit=1,
            )
        )


class TaxId:
    @staticmethod
    def normalised(value):
        return re.sub(r"[^A-Z0-9]", "", str(value or "").upper()) or None

    @staticmethod
    def near(column, keys):
        return SQL("regexp_replace(upper(%s), '[^A-Z0-9]', '', 'g') = ANY(%s)", column, keys)


class Email:
    @staticmethod
    def normalised(value):
        found = re.search(r"[^\s<>\"',;]+@[^\s<>\"',;]+", str(value or ""))
        return found.group().lower() if found else None

    @staticmethod
    def near(column, keys):
        return SQL("%s ILIKE ANY(%s)", column, [f"%{_literal(key)}%" for key in keys])


class DomainName:
    @staticmethod
    def normalised(value):
        text = str(value or "").strip().lower()
        text = text.rsplit("@", 1)[-1].strip("<> ") if "@" in text else re.sub(r"^[a-z]+://", "", text)
        host = re.split(r"[/?#:]", text)[0].removeprefix("www.").rstrip(".")
        return host if "." in host and host not in FREE_MAIL else None

    @staticmethod
    def near(column, keys):
        return SQL("%s ILIKE ANY(%s)", column, [f"%{_literal(key)}%" for key in keys])


class Name:
    @staticmethod
    def normalised(value):
        plain = unicodedata.normalize("NFKD", str(value or "")).encode("ascii", "ignore").decode().lower()
        plain = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", plain)  # s.a. is sa
        words = re.findall(r"[a-z0-9]+", plain.replace("&", " and "))
        return " ".join([word for word in words if word not in LEGAL_FORMS] or words) or None

    @staticmethod
    def near(column, keys):
        # The letters of its words in their order, whatever accents, signs and legal forms stand between.
        letters = SQL("regexp_replace(normalize(lower(%s), NFKD), '[^a-z0-9]+', '', 'g')", column)
        words = [[word for word in key.split() if word != "and"] for key in keys]  # which may be a sign there
        return SQL("%s LIKE ANY(%s)", letters, [f"%{'%'.join(each)}%" for each in words])


class Exact:
    @staticmethod
    def normalised(value):
        return value


MATCHES = {"taxId": TaxId, "email": Email, "domain": DomainName, "name": Name, "exact": Exact}


def _also(match, rule):
    """What identifies the record besides what is written."""
    return {key for value in rule.get("values") or () if (key := match.normalised(value))}


def _other_spellings(kind, keys, country):
    """Tax ids with the country in front where it is missing, and without it where it stands.

    :return: ``{key: the prefix of the country that a record must be in, to be the same by it; None: any}``
    """
    others = {}
    for key in keys if kind == "taxId" else ():
        if key[:2].isalpha():
            others[key[2:]] = key[:2]
        elif country:
            others[f"{_prefix(country)}{key}"] = None
    others.pop("", None)
    return {key: prefix for key, prefix in others.items() if key not in keys}


def _prefix(country):
    """How tax ids of the country begin: Greece's are the only ones that do not begin with its ISO code."""
    return {"GR": "EL"}.get(country, country)


def _prefix_of(record):
    return _prefix(record.country_id.code) if "country_id" in record._fields else None


def _country_of(item):
    """ISO code of the country that a document's values say; None where they say none."""
    value = item.values.get("country_id")
    return value["$find"]["by"].get("code") if isinstance(value, dict) and "$find" in value else None


def _of_company(records, company):
    """Those of the company and those of none."""
    if "company_id" not in records._fields:
        return records
    return records.filtered(lambda record: not record.company_id or record.company_id == company)


def _literal(text):
    return text.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")


def _stored(found):
    return [{"id": id_, "why": why} for id_, (why, _sure) in found.items()]


def _count(env, found):
    if len(found) > 1:
        return env._("%s records look like it", len(found))
    return env._("one record has the same %s", next(iter(found.values()))[0])
