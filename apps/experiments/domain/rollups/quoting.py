"""Literals in SQL text.

The roll-up's statements are composed from definitions and designs, and every text in them passes
through here (`standard_conforming_strings` is on, as it is by default since PostgreSQL 9.1).
"""

from collections.abc import Iterable


def text_literal(text: str) -> str:
    """A text constant; NUL, which PostgreSQL cannot hold, is dropped."""
    return "'" + text.replace("\x00", "").replace("'", "''") + "'"


def texts_literal(texts: Iterable[str]) -> str:
    """An array of texts."""
    return f"ARRAY[{', '.join(text_literal(text) for text in texts)}]::text[]"


def number_literal(number: float) -> str:
    """A double, exactly."""
    return f"'{number!r}'::float8"
