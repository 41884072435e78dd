"""Where a record's name stands, so that it need not be computed: that took a quarter of the time of recording one new
contact."""

# Modules whose `_compute_display_name` answers what a stored field holds, unless a key of the context asks for more;
# the capture's context (`_capture_context`) has none of them. An address without a name is named in English.
_ANSWER_WHAT_IS_STORED = {
    "odoo.orm.models": None,  # the model's `_rec_name`
    "odoo.addons.base.models.res_partner": "complete_name",
    "odoo.addons.hr_timesheet.models.project_task": None,
    "odoo.addons.sale.models.sale_order": None,
}


def stored_display_name(model):
    """The name of the stored field that holds what `display_name` answers; None where that has to be computed, as
    wherever any other module has a say in it."""
    if model._fields["display_name"].compute != "_compute_display_name":
        return None
    name = model._rec_name
    for definition in type(model).__mro__:
        if method := vars(definition).get("_compute_display_name"):
            if method.__module__ not in _ANSWER_WHAT_IS_STORED:
                return None
            name = _ANSWER_WHAT_IS_STORED[method.__module__] or name
    field = model._fields.get(name)
    return name if field is not None and field.store and field.type == "char" else None


def reference_name(model):
    """The field that names a record others point at: stored, as partners and departments keep their full name, or else
    computed, which may cost queries (a product's does)."""
    complete = model._fields.get("complete_name")
    return "complete_name" if complete is not None and complete.store else stored_display_name(model) or "display_name"
