"""Reads records into the JSON form that every mapping under `mappings/odoo` reads (docs/architecture.md, Capture).

The fields to read are a tree, `{field: {subfield: {}}}`. It is compiled once, when the rules are cached, into a list
of `(name, read)` pairs; `read(records)` answers one JSON value a record. Reading goes field by field, so that a record
that many others point at (a product, a salesperson) is read once.
"""

from odoo import fields, models
from odoo.tools import SQL


def compile_tree(env, model, tree):
    """The readers of a tree of fields that exist on the model."""
    known = env[model]._fields
    return [(name, _reader(env, known[name], subtree)) for name, subtree in tree.items()]


def read_records(records, readers):
    """One dict a record, in the records' order.

    Values that are not in memory come in batches, because the records share their prefetch. Of the records themselves
    all columns come, since Odoo's own code reads the other ones in the same transaction. Of a record that they point at
    only the columns asked for come (`_columns`): a whole customer, with all that apps add to it, costs twice as much.
    """
    records = list(records)
    if not readers:
        return [{} for _record in records]
    names = [name for name, _read in readers]
    columns = [read(records) for _name, read in readers]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _reader(env, field, subtree):
    name = field.name
    if name == "id":
        return lambda records: [record.id for record in records]
    if field.type == "many2one":
        return _many2one_reader(env, field, subtree)
    if field.type in ("one2many", "many2many"):
        return _to_many_reader(env, field, subtree)
    return _scalar_reader(name, _SCALARS.get(field.type, _text))


def _scalar_reader(name, convert):
    def read(records):
        if not records:
            return []
        field = records[0]._fields[name]
        if (values := held(records, field)) is not None:
            return [convert(value) for value in values]
        value = field.__get__
        return [convert(value(record)) for record in records]

    return read


def held(records, field):
    """What memory holds of a plain field, one value a record (None where the field is empty; a many-to-one's is an
    id); None when it does not hold all of them. A descriptor takes six calls to the same value, and twelve to a record.
    """
    if type(field) in _PLAIN and field.store and not field.compute:
        try:
            values = field._get_cache(records[0].env)
            return [values[record._ids[0]] for record in records]
        except KeyError:
            pass
    return None


def _many2one_reader(env, field, subtree):
    name, model = field.name, field.comodel_name
    tree = {key: sub for key, sub in subtree.items() if key not in ("id", "display_name")}
    readers = [
        ("id", lambda targets: [target.id for target in targets]),
        ("model", lambda targets: [model] * len(targets)),
    ]
    if "name" not in tree:  # asked for, it takes this place, and a display name may cost queries (a product's does)
        readers.append(("name", _scalar_reader(_name_field(env, model), _text)))
    readers += compile_tree(env, model, tree)
    fetch = _fetcher(env, model, _columns(env, model, tree))

    def read(records):
        if records and (values := held(records, records[0]._fields[name])) is not None:
            targets = [(value,) if value else () for value in values]
        else:
            targets = [record[name]._ids for record in records]
        seen = _seen(records, model, targets, readers, fetch)
        return [seen[ids[0]] if ids else None for ids in targets]

    return read


def _to_many_reader(env, field, subtree):
    name, model = field.name, field.comodel_name
    tree = {key: sub for key, sub in subtree.items() if key != "id"}
    readers = [("id", lambda lines: [line.id for line in lines]), *compile_tree(env, model, tree)]

    def read(records):
        targets = [record[name]._ids for record in records]
        seen = _seen(records, model, targets, readers)
        return [[seen[id_] for id_ in ids] for ids in targets]

    return read


def _seen(records, model, targets, readers, fetch=None):
    """`{id: JSON value}` of the records that any of these point at, each read once."""
    ids = tuple(dict.fromkeys(id_ for target in targets for id_ in target))
    if not ids:
        return {}
    seen = records[0].env[model].browse(ids)
    if fetch:
        fetch(seen)
    return dict(zip(ids, read_records(seen, readers), strict=True))


def _fetcher(env, model, names):
    """Reads these columns of records into memory; None where there are none. The capture reads as superuser and knows
    the ids: with one statement, built here, it leaves out most of what Odoo's own `fetch` does, which took longer than
    the query. What is in memory already stays, as with Odoo's: it may be newer than the row."""
    target = env[model]
    columns = [target._fields[name] for name in names]
    if not columns:
        return None
    own_way = env.registry[model]._fetch_query is not models.BaseModel._fetch_query or target._table_query is not None
    if own_way or not all(map(_is_plain_column, columns)):
        return lambda records: _fetch(records, names)
    selected = SQL(", ").join(SQL.identifier(name) for name in ("id", *names))
    statement = SQL("SELECT %s FROM %s", selected, SQL.identifier(target._table)).code + " WHERE id = ANY(%s)"

    def fetch(records):
        caches = [field._get_cache(records.env) for field in columns]
        if missing := [id_ for id_ in records._ids if not all(id_ in cache for cache in caches)]:
            records.env.cr.execute(statement, [missing])
            for id_, *values in records.env.cr.fetchall():
                for cache, value in zip(caches, values, strict=True):
                    cache.setdefault(id_, value)

    return fetch


def _is_plain_column(field):
    return type(field) in _PLAIN and not field.translate and not field.company_dependent


def _fetch(records, names):
    if missing := records._determine_fields_to_fetch(names, ignore_when_in_cache=True):
        records._fetch_query(records._as_query(ordered=False), missing)


def _name_field(env, model):
    """Where a record's name stands: stored, as partners and departments keep their full name, or else computed."""
    complete = env[model]._fields.get("complete_name")
    return "complete_name" if complete is not None and complete.store else "display_name"


def _columns(env, model, tree):
    """The stored fields that reading this tree needs, its name included."""
    names = dict.fromkeys(tree)
    if "name" not in tree:
        name = env[model]._fields[_name_field(env, model)]
        names |= dict.fromkeys([name.name] if name.store else env.registry.field_depends.get(name, ()))
    known = env[model]._fields
    here = [name for name in names if "." not in name and name in known]
    return [name for name in here if known[name].store and known[name].column_type]


def _text(value):
    return str(value) if value else None


def _number(value):
    return value or 0


def _float(value):
    # A value just computed still has the noise of binary fractions that the database rounds away.
    return round(value or 0.0, 10)


def _truthy(value):
    return value or None


def _date(value):
    return value.isoformat() if value else None


def _datetime(value):
    return value.isoformat(timespec="milliseconds") + "Z" if value else None


def _reference(target):
    return f"{target._name},{target.id}" if target else None


# Their values are in memory as Odoo's code sees them, except that None stands for False.
_PLAIN = {
    fields.Boolean,
    fields.Char,
    fields.Date,
    fields.Datetime,
    fields.Float,
    fields.Integer,
    fields.Many2one,
    fields.Monetary,
    fields.Selection,
    fields.Text,
}

_SCALARS = {
    "boolean": bool,
    "integer": _number,
    "float": _float,
    "monetary": _float,
    "date": _date,
    "datetime": _datetime,
    "reference": _reference,
    "many2one_reference": _truthy,
    "json": _truthy,
}
