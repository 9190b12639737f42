"""Snowball's stemmers, the algorithms behind PostgreSQL's text-search configurations."""

from collections.abc import Callable
from functools import lru_cache
from threading import local

from Stemmer import Stemmer, algorithms

from apps.search.domain.lexical.analysis import fold

_own = local()
_CACHED = 50_000


# Their words have marks that `\w` does not take for letters: they would fall to pieces.
_UNREADABLE = frozenset({"hindi", "nepali", "tamil"})


class LanguageUnknown(ValueError):
    """There is no stemmer for this language."""


def stemmed_languages() -> frozenset[str]:
    """Languages that words can be stemmed in, as PostgreSQL calls them."""
    return frozenset(algorithms()) - _UNREADABLE


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
    if language not in stemmed_languages():
        raise LanguageUnknown(language)

    @lru_cache(maxsize=_CACHED)
    def stem(word: str) -> str:
        return _stemmer(language).stemWord(word)

    return stem


@lru_cache(maxsize=4)
def token_stemmer_of(language: str) -> Callable[[str], str]:
    """From one token as written to its stem, folded first; one with a digit is its own stem.

    Args:
        language: as `stemmer_of` takes it.

    Raises:
        LanguageUnknown: Snowball has none.
    """
    stem = stemmer_of(language)

    @lru_cache(maxsize=_CACHED)
    def token_stem(token: str) -> str:
        folded = fold(token)
        return stem(folded) if folded.isalpha() else folded

    return token_stem


def _stemmer(language: str) -> Stemmer:
    """This thread's own: they are not safe to share."""
    found: dict[str, Stemmer] | None = getattr(_own, "stemmers", None)
    if found is None:
        found = _own.stemmers = {}
    if language not in found:
        found[language] = Stemmer(language)
    return found[language]
