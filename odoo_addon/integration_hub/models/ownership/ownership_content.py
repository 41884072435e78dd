"""The ownership matrix as a file (`mappings/schema/ownership.schema.json`)."""

ODOO = "odoo"


def owners_of(content, object_code, field):
    """`([system], the rule that says so)`: who owns a canonical field, several where they share it. The longest path
    that fits decides, then the first of a survivorship, then the object's owners; what is not named belongs to Odoo.

    :return: the rule is the path in the file, ``customer.fields.address.*``; None where nothing names the object
    """
    entry = ((content or {}).get("objects") or {}).get(object_code)
    if not entry:
        return [ODOO], None
    fields, survivorship = entry.get("fields") or {}, entry.get("survivorship") or {}
    found = _longest([*fields, *survivorship], field)
    if found in fields:
        return _list(fields[found]), f"{object_code}.fields.{found}"
    if found:
        return survivorship[found][:1], f"{object_code}.survivorship.{found}"
    return _list(entry.get("owner") or ODOO), f"{object_code}.owner"


def sent_to(content, object_code, field, connector):
    """Whether Odoo sends a field to a system: not what that system owns and Odoo does not."""
    owners, _rule = owners_of(content, object_code, field)
    return connector not in owners or ODOO in owners


def survivors_of(content, object_code, field):
    """The systems that may hold a field's value, best first; empty where none are named."""
    entry = ((content or {}).get("objects") or {}).get(object_code) or {}
    rules = entry.get("survivorship") or {}
    found = _longest(rules, field)
    return list(rules[found]) if found else []


def with_owner(content, object_code, field, owners, survivors=()):
    """The content with other owners of a field, or of the whole object (field None), and the systems that may supply
    the field while its one owner has no value.

    :param owners: ``[system]``; several share it
    """
    content = {"version": 1} | (content or {})
    objects = dict(content.get("objects") or {})
    entry = {"owner": ODOO} | objects.get(object_code, {})
    if field is None:
        entry["owner"] = _named(owners)
    else:
        entry = entry | {
            "fields": _without(entry.get("fields"), field),
            "survivorship": _without(entry.get("survivorship"), field),
        }
        if survivors:
            entry["survivorship"][field] = [*owners, *(system for system in survivors if system not in owners)]
        elif owners != _list(entry["owner"]):
            entry["fields"][field] = _named(owners)
        entry = {key: value for key, value in entry.items() if value or key not in ("fields", "survivorship")}
    return content | {"objects": objects | {object_code: entry}}


def _list(owners):
    return [owners] if isinstance(owners, str) else list(owners)


def _named(owners):
    return owners[0] if len(owners) == 1 else list(owners)


def _without(rules, field):
    """The rules without those about this field and what is below it."""
    return {path: value for path, value in (rules or {}).items() if path != field and not path.startswith(f"{field}.")}


def _longest(rules, field):
    """The path that says most about a field. `address` and `address.*` both speak of the address and of all below."""
    fitting = [path for path in rules if f"{field}.".startswith(f"{path.removesuffix('.*')}.")]
    return max(fitting, key=lambda path: len(path.removesuffix(".*")), default=None)
