"""Texts that JSON can write and PostgreSQL cannot store."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether it holds no NUL character and no half of a surrogate pair."""
    return _UNSTORABLE.search(text) is None
