"""Dotted paths (`parent_id.vat`, `order_line.product_id.default_code`) as a tree of fields."""

# Never captured: file contents, and fields whose keys are made up by users.
UNSUPPORTED_TYPES = frozenset({"binary", "image", "properties", "properties_definition"})
# In every payload, and no business change by themselves.
ALWAYS = ("id", "display_name", "active", "write_date")
UNWATCHED = frozenset({"id", "display_name", "write_date", "create_date", "write_uid", "create_uid", "__last_update"})


def path_error(env, model, path):
    """What is wrong with a path on a model, as a sentence for an administrator; None when nothing is."""
    current = env.get(model)
    if current is None:
        return env._("There is no model “%s” in this database.", model)
    names = path.split(".")
    for place, name in enumerate(names):
        field = current._fields.get(name)
        if field is None:
            return env._("“%(path)s”: %(model)s has no field “%(field)s”.", path=path, model=current._name, field=name)
        if field.type in UNSUPPORTED_TYPES:
            return env._("“%(path)s”: fields of the type %(type)s are never captured.", path=path, type=field.type)
        if place == len(names) - 1:
            return None
        if not field.comodel_name:
            return env._("“%(path)s”: “%(field)s” does not lead to another record.", path=path, field=name)
        current = env[field.comodel_name]
    return None


def path_tree(env, model, paths):
    """The paths as a tree, `{field: {subfield: {}}}`; paths that this database does not have are left out."""
    tree = {}
    for path in paths:
        if path_error(env, model, path):
            continue
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return tree


def complete(env, model, tree):
    """The tree with what every payload holds, for the fields this model has."""
    fields = env[model]._fields
    return {name: {} for name in ALWAYS if name in fields} | tree
