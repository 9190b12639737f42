"""From a query as it was understood to what the lexicon is asked."""

from collections.abc import Iterable

from apps.search.contracts_understanding import Alternative, QueryTerm
from apps.search.domain.lexical.analysis import Analysis, Compound, run_compounds
from apps.search.domain.lexical.querying import (
    MOST_GROUPS,
    Choice,
    LexicalQuery,
    Part,
    TermGroup,
)

# Words written as one, `noise-cancelling`, that a product holds apart.
APART_WEIGHT = 0.7
_LEAST_APART = 3
_LEAST_PIECE = 2


def lexical_query(
    terms: Iterable[QueryTerm], part_numbers: tuple[str, ...], analysis: Analysis
) -> LexicalQuery:
    """The query in stems; stop words make no group, and no group stands twice.

    Args:
        terms: what the shopper's words are and what may stand for them.
        part_numbers: joined windows of words that may be a part number.
        analysis: the lexicon's.
    """
    groups: dict[tuple[Choice, ...], TermGroup] = {}
    for term in terms:
        found = _group(term, analysis)
        if found is not None:
            groups.setdefault(found.choices, found)
    return LexicalQuery(tuple(groups.values())[:MOST_GROUPS], part_numbers)


def _group(term: QueryTerm, analysis: Analysis) -> TermGroup | None:
    compounds = _compounds(term.text)
    own = tuple(part for each in compounds if (part := _part(each, analysis)) is not None)
    choices = [Choice(own)] if own else []
    apart = _apart(own)
    if apart is not None:
        choices.append(apart)
    choices += (found for each in term.alternatives if (found := _alternative(each, analysis)))
    if not choices:
        return None
    stems = tuple(stem for part in own for stem in part.stems)
    pieces = tuple(each for each in stems if len(each) >= _LEAST_PIECE) if len(stems) > 1 else ()
    return TermGroup(term.text, tuple(choices), pieces)


def _compounds(text: str) -> list[Compound]:
    return [each for run in text.split() for each in run_compounds(run)]


def _part(compound: Compound, analysis: Analysis) -> Part | None:
    """Words written as one; None when they are stop words only."""
    stems = tuple(
        analysis.stem_of(word) for word in compound.words if word not in analysis.stop_words
    )
    joined = analysis.stem_of(compound.joined) if compound.joined else ""
    return Part(stems, joined) if stems or joined else None


def _apart(own: tuple[Part, ...]) -> Choice | None:
    """The words of compounds each for itself; short pieces and numbers say too little alone."""
    if not any(len(part.stems) > 1 for part in own):
        return None
    stems = [stem for part in own for stem in part.stems]
    if not all(len(stem) >= _LEAST_APART and stem.isalpha() for stem in stems):
        return None
    return Choice(tuple(Part((stem,)) for stem in stems), APART_WEIGHT)


def _alternative(alternative: Alternative, analysis: Analysis) -> Choice | None:
    """A phrase: its words stand next to each other."""
    compounds = _compounds(alternative.text)
    if len(compounds) == 1:
        part = _part(compounds[0], analysis)
        return None if part is None else Choice((part,), alternative.weight)
    words = (word for each in compounds for word in each.words)
    stems = tuple(analysis.stem_of(word) for word in words if word not in analysis.stop_words)
    return Choice((Part(stems),), alternative.weight) if stems else None
