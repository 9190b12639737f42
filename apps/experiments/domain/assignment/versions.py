"""Versions as text that sorts: `9` before `10`, a pre-release before its release."""

import re
from functools import lru_cache

from apps.experiments.contracts.assignment import Json
from apps.experiments.domain.assignment.javascript import number_text

_DROPPED = re.compile(r"(^v|\+.*$)")
_SEPARATORS = re.compile(r"[-.]")
_DIGITS = re.compile(r"[0-9]+")
_RELEASE_PARTS = 3
_WIDTH = 5
_AFTER_ALL = "~"


def version_text(value: Json) -> str:
    """The padded form of a version; what is no version reads as "0"."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _padded(number_text(value))
    return _padded(value) if isinstance(value, str) and value else _padded("0")


@lru_cache(maxsize=1024)
def _padded(version: str) -> str:
    parts = _SEPARATORS.split(_DROPPED.sub("", version))
    if len(parts) == _RELEASE_PARTS:
        parts.append(_AFTER_ALL)
    return "-".join(part.rjust(_WIDTH) if _DIGITS.fullmatch(part) else part for part in parts)
