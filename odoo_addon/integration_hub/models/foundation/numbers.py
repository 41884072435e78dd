"""Numbers as people write them, in their own language."""

from odoo.tools import formatLang


def number(env, count):
    """`1,234` for a whole number, grouped as in the user's language."""
    return formatLang(env, count, digits=0)
