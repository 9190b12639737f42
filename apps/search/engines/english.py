"""Snowball's English stemmer, the algorithm behind PostgreSQL's `english_stem`."""

from functools import lru_cache
from threading import local

from Stemmer import Stemmer

_own = local()


@lru_cache(maxsize=50_000)
def english_stem(token: str) -> str:
    """The stem of one folded, lower-case token; a token with a digit is its own stem."""
    if not token.isalpha():
        return token
    stemmer: Stemmer | None = getattr(_own, "stemmer", None)
    if stemmer is None:
        # Not safe to share between threads.
        stemmer = _own.stemmer = Stemmer("english")
    return stemmer.stemWord(token)
