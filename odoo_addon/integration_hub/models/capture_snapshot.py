"""Reads records into the JSON form that every mapping under `mappings/odoo` reads (docs/architecture.md, Capture).

The fields to read are a tree, `{field: {subfield: {}}}`. It is compiled once, when the rules are cached, into a list
of `(name, read)` pairs; `read(records)` answers one JSON value a record. Reading goes field by field, so that a record
that many others point at (a product, a salesperson) is read once.
"""


def compile_tree(env, model, tree):
    """The readers of a tree of fields that exist on the model."""
    fields = env[model]._fields
    return [(name, _reader(env, fields[name], subtree)) for name, subtree in tree.items()]


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
        value = records[0]._fields[name].__get__
        return [convert(value(record)) for record in records]

    return read


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
    columns = _columns(env, model, tree)

    def read(records):
        targets = [record[name]._ids for record in records]
        seen = _seen(records, model, targets, readers, columns)
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


def _seen(records, model, targets, readers, columns=()):
    """`{id: JSON value}` of the records that any of these point at, each read once."""
    ids = tuple(dict.fromkeys(id_ for target in targets for id_ in target))
    if not ids:
        return {}
    seen = records[0].env[model].browse(ids)
    if columns:
        _fetch(seen, columns)
    return dict(zip(ids, read_records(seen, readers), strict=True))


def _fetch(records, names):
    """Reads these columns of the records into memory. Odoo's own `fetch` first builds a search for what the user may
    read; the capture reads as superuser and knows the ids, and that search took longer than the query."""
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
    fields = env[model]._fields
    here = [name for name in names if "." not in name and name in fields]
    return [name for name in here if fields[name].store and fields[name].column_type]


def _text(value):
    return str(value) if value else None


def _number(value):
    return None if value is False else value


def _float(value):
    # A value just computed still has the noise of binary fractions that the database rounds away.
    return None if value is False else round(value, 10)


def _truthy(value):
    return value or None


def _date(value):
    return value.isoformat() if value else None


def _datetime(value):
    return value.isoformat(timespec="milliseconds") + "Z" if value else None


def _reference(target):
    return f"{target._name},{target.id}" if target else None


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
