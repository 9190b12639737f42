"""Small catalogues in words, and the plainest way to search them."""

from collections.abc import Sequence

from apps.search.domain.lexical.analysis import Analysis
from apps.search.domain.lexical.arrays import Field
from apps.search.domain.lexical.building import index_build
from apps.search.domain.lexical.documents import ProductText
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.matching import BoundLexicon
from apps.search.domain.lexical.stop_words import STOP_WORDS
from apps.search.engines.stemming import stemmer_of

ENGLISH = Analysis("english", stemmer_of("english"), STOP_WORDS["english"])


def product(pk: int, title: str = "", *, part: str = "", **more: str) -> ProductText:
    """A product with a title and, by the field's name in lower case, other texts."""
    texts = {"title": title, "identifier": part, **more}
    fields = tuple(texts.get(field.name.lower(), "") for field in Field)
    return ProductText(pk, fields, (part,))  # type: ignore[arg-type]  # six fields are six texts


def lexicon_of(*products: ProductText, chunk_size: int = 3) -> Lexicon:
    """A lexicon built in memory, in more than one chunk where there are more than three."""
    return Lexicon.of(index_build(products, ENGLISH, chunk_size=chunk_size), ENGLISH)


def bound_by_pk(lexicon: Lexicon) -> BoundLexicon:
    """Rows are pks; what a later segment holds has none."""
    rows = []
    for segment, current in zip(lexicon.segments, lexicon.current, strict=True):
        own = segment.pks.copy()
        own[~current] = -1
        rows.append(own)
    return BoundLexicon(lexicon, tuple(rows))


def texts(words: Sequence[str]) -> list[ProductText]:
    """One product a text, pks from 1."""
    return [product(pk, text) for pk, text in enumerate(words, start=1)]
