"""Texts in CSV files that people open in spreadsheets, which would run some of them."""

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_GUARD = "'"


def formula_guarded(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would run it.

    A text that begins with the apostrophe itself and then such a sign gets one more: so
    `formula_unguarded` gives back exactly what went in.

    Source: OWASP, CSV Injection.
    """
    return _GUARD + text if _runs(text) else text


def formula_unguarded(text: str) -> str:
    """What `formula_guarded` was given; other texts stay as they are."""
    return text[1:] if text.startswith(_GUARD) and _runs(text) else text


def _runs(text: str) -> bool:
    return text.lstrip(_GUARD).startswith(FORMULAS)
