"""What a file of the mapping pack is, by its path."""

import re

KINDS = [
    ("mapping", "Mapping"),
    ("table", "Value table"),
    ("rule", "Rule"),
    ("ownership", "Ownership"),
    ("settings", "Connector settings"),
]

OWNERSHIP_PATH = "ownership.json"
RULES_FOLDER = "rules/"

_NAME = r"[a-z0-9][a-z0-9_-]*"
_PATTERNS = (
    # `in/`: the way back, from a system's records to Odoo's.
    ("mapping", re.compile(rf"odoo/(in/)?(?P<object>{_NAME})\.json")),
    ("mapping", re.compile(rf"systems/(?P<system>{_NAME})/mappings/(in/)?(?P<object>{_NAME})\.json")),
    ("table", re.compile(rf"odoo/tables/{_NAME}\.json")),
    ("table", re.compile(rf"systems/(?P<system>{_NAME})/tables/{_NAME}\.json")),
    ("rule", re.compile(rf"rules/{_NAME}\.json")),
    ("ownership", re.compile(r"ownership\.json")),
    ("settings", re.compile(rf"systems/(?P<system>{_NAME})/settings\.json")),
)


def is_incoming(path):
    """Whether it is a mapping of what comes from a system into Odoo."""
    return "/in/" in (path or "")


def describe_path(path):
    """`(kind, system code or None, object or None)` of a file that administrators may change; None for any other
    path."""
    for kind, pattern in _PATTERNS:
        if match := pattern.fullmatch(path or ""):
            named = match.groupdict()
            return kind, named.get("system"), named.get("object")
    return None
