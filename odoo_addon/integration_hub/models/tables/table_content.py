"""A value table as a file: ``{"title"?, "default"?, "entries": [{"from", "to", "note"?}]}``, or just
``{"from": "to"}``."""

import csv
import io
import json

TEXT, NUMBER, BOOLEAN, NOTHING = "text", "number", "boolean", "nothing"
COLUMNS = ("from", "to", "note")
#: What a spreadsheet would run as a formula; Odoo's own exports put an apostrophe before it as well.
_FORMULA = ("=", "-", "+", "@", "\t", "\r")


class NoCsv(Exception):
    """The file is none."""


def entries_of(content):
    """`[{"from", "to", "note"}]` of a table's content, in its order."""
    content = content or {}
    if isinstance(content.get("entries"), list):
        return [
            {"from": str(entry.get("from")), "to": entry.get("to"), "note": entry.get("note") or ""}
            for entry in content["entries"]
        ]
    return [{"from": key, "to": value, "note": ""} for key, value in content.items() if not key.startswith("$")]


def with_entries(content, entries, title):
    """The content with other entries; everything else of it stays. A table without a title gets this one."""
    content = content or {}
    kept = {key: value for key, value in content.items() if key.startswith("$")}
    if isinstance(content.get("entries"), list):
        kept = {key: value for key, value in content.items() if key != "entries"}
    return (
        {"title": title}
        | kept
        | {
            "entries": [
                {"from": entry["from"], "to": entry["to"]} | ({"note": entry["note"]} if entry.get("note") else {})
                for entry in entries
            ]
        }
    )


def type_of(value):
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return BOOLEAN
    return NUMBER if isinstance(value, (int, float)) else TEXT


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


def typed(text, kind):
    """The value that a text stands for.

    :raise ValueError: the text is no number, or neither true nor false
    """
    if kind == TEXT:
        return text
    if kind == NOTHING:
        return None
    value = json.loads(text)
    if type_of(value) != kind:
        raise ValueError(text)
    return value


def to_csv(entries):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([_guarded(entry["from"]), _guarded(text_of(entry["to"])), _guarded(entry["note"])])
    return out.getvalue()


def from_csv(text):
    """Rows of a CSV file with a heading `from,to` and, if wanted, `note`; comma, semicolon or tab between columns.

    :return: ``[(line number, {"from", "to", "note"})]``; values are texts
    :raise ValueError: the heading is missing; its arguments are the columns that were looked for
    :raise NoCsv: it cannot be read
    """
    lines = text.splitlines()
    heading = lines[0] if lines else ""
    separator = max(",;\t", key=heading.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    if "from" not in names or "to" not in names:
        raise ValueError("from", "to")
    rows = []
    for row in _read(reader):
        values = {column: _unguarded((row.get(names.get(column)) or "").strip()) for column in COLUMNS}
        if any(values.values()):
            rows.append((reader.line_num, values))
    return rows


def _read(reader):
    try:
        yield from reader
    except csv.Error as error:
        raise NoCsv(str(error)) from error


def _guarded(text):
    """Apostrophes that stand before a formula already get one more, so that none is lost on the way back."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def _unguarded(text):
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text
