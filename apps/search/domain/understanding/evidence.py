"""Which words of the query a product answers by something that stands for them."""

from collections.abc import Callable, Iterable, Iterator

from apps.catalog.contracts import ProductDocument
from apps.ranking.contracts import WordMatch
from apps.search.contracts_understanding import (
    AlternativeKind,
    Correction,
    QueryTerm,
    Understanding,
)
from apps.search.domain.lexical.analysis import run_compounds, words_of

Stem = Callable[[str], str]


def understanding_matches(
    understanding: Understanding, document: ProductDocument, stem: Stem
) -> tuple[WordMatch, ...]:
    """Misspelt words by which the product was found, and words that others stand for."""
    correction = understanding.correction
    mended = () if correction is None else _mended(correction, document, stem)
    return (*mended, *word_matches(understanding.terms, document, stem))


def _mended(
    correction: Correction, document: ProductDocument, stem: Stem
) -> tuple[WordMatch, ...]:
    held = frozenset(_stems(document, stem))
    kind = AlternativeKind.CORRECTION.value
    return tuple(
        WordMatch(one.word, one.replacement, kind, one.confidence)
        for one in correction.words
        if _holds(held, one.replacement, stem)
    )


def word_matches(
    terms: tuple[QueryTerm, ...], document: ProductDocument, stem: Stem
) -> tuple[WordMatch, ...]:
    """Words that the product does not hold itself, and what of theirs it holds.

    Of several alternatives the weightiest is told, of equal ones the first.

    Args:
        terms: of the query.
        document: as it is shown: title, brand, category, attributes and description are read.
        stem: of one word.
    """
    asked = [term for term in terms if term.alternatives]
    if not asked:
        return ()
    held = frozenset(_stems(document, stem))
    found: list[WordMatch] = []
    for term in asked:
        if _holds(held, term.text, stem):
            continue
        for other in sorted(term.alternatives, key=lambda each: -each.weight):
            if _holds(held, other.text, stem):
                found.append(WordMatch(term.text, other.text, other.kind.value, other.weight))
                break
    return tuple(found)


def _holds(held: frozenset[str], phrase: str, stem: Stem) -> bool:
    words = words_of(phrase)
    return bool(words) and all(stem(word) in held for word in words)


def _stems(document: ProductDocument, stem: Stem) -> Iterator[str]:
    texts = (
        document.title,
        document.brand,
        document.category_path.replace("/", " ").replace("-", " "),
        document.description,
        *_values(document),
    )
    for text in texts:
        for run in text.split():
            for compound in run_compounds(run):
                yield from map(stem, compound.words)
                if compound.joined:
                    yield stem(compound.joined)


def _values(document: ProductDocument) -> Iterable[str]:
    for value in document.attributes.values():
        if isinstance(value, tuple):
            yield from value
        elif isinstance(value, str):
            yield value
