"""Snowball's English stemmer, the algorithm behind PostgreSQL's `english_stem`."""

from functools import lru_cache
from threading import local

from Stemmer import Stemmer

from apps.search.domain.normalise import fold

_own = local()


@lru_cache(maxsize=50_000)
def english_stem(token: str) -> str:
    """The stem of one token as written, folded first; one with a digit is its own stem."""
    folded = fold(token)
    if not folded.isalpha():
        return folded
    stemmer: Stemmer | None = getattr(_own, "stemmer", None)
    if stemmer is None:
        # Not safe to share between threads.
        stemmer = _own.stemmer = Stemmer("english")
    return stemmer.stemWord(folded)
