"""Snowball's stemmers, the algorithms behind PostgreSQL's text-search configurations."""

from collections.abc import Callable
from functools import lru_cache
from threading import local

from Stemmer import Stemmer, algorithms

_own = local()
_CACHED = 50_000


class LanguageUnknown(ValueError):
    """There is no stemmer for this language."""


@lru_cache(maxsize=4)
def stemmer_of(language: str) -> Callable[[str], str]:
    """From a folded word to its stem; the answers of one language are remembered.

    Args:
        language: as PostgreSQL calls it, in English: `english`, `german`; `simple` stems nothing.

    Raises:
        LanguageUnknown: Snowball has none.
    """
    if language == "simple":
        return str
    if language not in algorithms():
        raise LanguageUnknown(language)

    @lru_cache(maxsize=_CACHED)
    def stem(word: str) -> str:
        return _stemmer(language).stemWord(word)

    return stem


def _stemmer(language: str) -> Stemmer:
    """This thread's own: they are not safe to share."""
    found: dict[str, Stemmer] | None = getattr(_own, "stemmers", None)
    if found is None:
        found = _own.stemmers = {}
    if language not in found:
        found[language] = Stemmer(language)
    return found[language]
