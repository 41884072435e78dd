"""Durations as people say them, in their own language."""

from babel.dates import format_timedelta
from odoo.tools.misc import babel_locale_parse


def duration_in_words(env, delta):
    """`3 hours` for a timedelta; the nearest unit only, in the user's language. Negative durations count as none."""
    seconds = max(0, round(delta.total_seconds()))
    return format_timedelta(seconds, threshold=1, locale=babel_locale_parse(env.lang or "en_US"))


def latency_in_words(env, milliseconds):
    """`840 ms`, `4.2 s`, then as `duration_in_words`."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    return format_timedelta(round(milliseconds / 1000), threshold=1, locale=babel_locale_parse(env.lang or "en_US"))
