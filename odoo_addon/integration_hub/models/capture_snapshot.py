"""Reads records into the JSON form that every mapping under `mappings/odoo` reads (docs/architecture.md, Capture).

The fields to read are a tree, `{field: {subfield: {}}}`. It is compiled once, when the rules are cached, into a list of
`(name, read)` pairs; `read(record)` answers a JSON value.
"""


def compile_tree(env, model, tree):
    """The readers of a tree of fields that exist on the model."""
    fields = env[model]._fields
    return [(name, _reader(env, fields[name], subtree)) for name, subtree in tree.items()]


def read_records(records, readers):
    """One dict a record, in the records' order. Reads in batches: the records share their prefetch."""
    names = [name for name, _read in readers if name != "id"]
    if names:
        records.fetch(names)
    return [{name: read(record) for name, read in readers} for record in records]


def _reader(env, field, subtree):
    name = field.name
    if name == "id":
        return lambda record: record.id
    if field.type == "many2one":
        return _many2one_reader(env, field, subtree)
    if field.type in ("one2many", "many2many"):
        return _to_many_reader(env, field, subtree)
    return _SCALARS.get(field.type, _text)(name)


def _many2one_reader(env, field, subtree):
    name, model = field.name, field.comodel_name
    readers = compile_tree(env, model, {key: sub for key, sub in subtree.items() if key not in ("id", "display_name")})

    def read(record):
        target = record[name]
        if not target:
            return None
        return {"id": target.id, "model": model, "name": target.display_name} | {
            key: sub(target) for key, sub in readers
        }

    return read


def _to_many_reader(env, field, subtree):
    name = field.name
    readers = compile_tree(env, field.comodel_name, {key: sub for key, sub in subtree.items() if key != "id"})
    return lambda record: [{"id": line.id} | {key: sub(line) for key, sub in readers} for line in record[name]]


def _text(name):
    def read(record):
        value = record[name]
        return str(value) if value else None

    return read


def _boolean(name):
    return lambda record: bool(record[name])


def _number(name):
    def read(record):
        value = record[name]
        return None if value is False else value

    return read


def _float(name):
    def read(record):
        value = record[name]
        # A value just computed still has the noise of binary fractions that the database rounds away.
        return None if value is False else round(value, 10)

    return read


def _id(name):
    return lambda record: record[name] or None


def _date(name):
    def read(record):
        value = record[name]
        return value.isoformat() if value else None

    return read


def _datetime(name):
    def read(record):
        value = record[name]
        return value.isoformat(timespec="milliseconds") + "Z" if value else None

    return read


def _reference(name):
    def read(record):
        target = record[name]
        return f"{target._name},{target.id}" if target else None

    return read


_SCALARS = {
    "boolean": _boolean,
    "integer": _number,
    "float": _float,
    "monetary": _float,
    "date": _date,
    "datetime": _datetime,
    "reference": _reference,
    "many2one_reference": _id,
    "json": _id,
}
