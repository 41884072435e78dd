"""Codes of business objects and events, shown under the titles that people know.

Fields that hold such a code are selections, so that lists, headings, groups, figures and exports all show the title.
The code is what is stored. As the selection is computed, Odoo takes any code.
"""

IN_WORDS = str.maketrans("._", "  ")


def object_titles(model):
    """For `fields.Selection`: `[(code, title)]` of business objects."""
    return _by_title(model.env["integration.catalogue"]._object_titles())


def event_titles(model):
    """For `fields.Selection`: `[(code, title)]` of events."""
    return _by_title(model.env["integration.event.type"]._event_titles())


def title_of(code, object_titles):
    """`Cost centre` for `cost_centre`, `Ticket closed` for `ticket.closed`: what stands for a code that nobody gave a
    title, with the title of its business object where that has one.

    :param object_titles: `{code: title}`
    """
    object_code, _dot, what = code.partition(".")
    if what and object_code in object_titles:
        return f"{object_titles[object_code]} {what.translate(IN_WORDS)}"
    words = code.translate(IN_WORDS)
    return words[:1].upper() + words[1:]


def _by_title(titles):
    return sorted(titles.items(), key=lambda entry: entry[1].casefold())
