"""The keyword list: what the lexicon finds, best first."""

from dataclasses import dataclass

from django.conf import settings

from apps.features.contracts import ServingSnapshot
from apps.search.contracts import RankedList
from apps.search.contracts_understanding import Understanding
from apps.search.domain.lexical.matching import BoundLexicon, lexical_search
from apps.search.domain.lexical.queries import lexical_query
from apps.search.domain.lexical.querying import LexicalMatches, LexicalQuery
from apps.search.domain.lexical.ranking import lexical_list
from apps.search.domain.relaxation import Spoken, query_spoken, relaxation_of
from apps.search.selectors.lexicon import lexicon_bound
from apps.search.selectors.shelves import shelf_of


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What the query's words found, and in which lexicon.

    Attributes:
        ranked: the list.
        firm: how many of its first rows match firmly: every term, or a part number.
        bound: what was searched.
        query: what it was asked.
        matches: its answer; `ranked` holds the same rows, or none: then no word says enough.
        spoken: the query's groups, as far as giving them up goes.
    """

    ranked: RankedList
    firm: int
    bound: BoundLexicon
    query: LexicalQuery
    matches: LexicalMatches
    spoken: tuple[Spoken, ...]


class WordSearch:
    """One query's words, looked for once for each state of the catalogue.

    First `ready`, which may take statements; from then on `over` needs none, and can run while
    PostgreSQL answers.
    """

    def __init__(self, understanding: Understanding) -> None:
        """Nothing is looked for yet."""
        self._understanding = understanding
        self._bound: tuple[ServingSnapshot, BoundLexicon] | None = None
        self._last: tuple[ServingSnapshot, Words] | None = None
        self.current = False

    @property
    def wanted(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._understanding.searched)

    def ready(self, snapshot: ServingSnapshot) -> bool:
        """Whether there is a lexicon for the snapshot; `current` says if it is as new."""
        bound, self.current = lexicon_bound(snapshot.columns)
        self._bound = None if bound is None else (snapshot, bound)
        return bound is not None

    def over(self) -> Words | None:
        """What the words find in the snapshot that was made ready last; None for no lexicon."""
        if self._bound is None:
            return None
        snapshot, bound = self._bound
        if self._last is None or self._last[0] is not snapshot:
            self._last = (snapshot, words_found(self._understanding, snapshot, bound))
        return self._last[1]


def words_found(
    understanding: Understanding, snapshot: ServingSnapshot, bound: BoundLexicon
) -> Words:
    """The keyword list over one snapshot; no SQL."""
    lexicon = bound.lexicon
    query = lexical_query(understanding.terms, understanding.part_numbers, lexicon.analysis)
    matches = lexical_search(bound, query, enough=settings.KEYWORD_RELAX_BELOW)
    ranked, firm = lexical_list(lexicon, query, matches, shelf_of(snapshot, lexicon))
    spoken = query_spoken(query, matches.shares, understanding.extracted)
    if not firm and relaxation_of(spoken, matches.groups) is None:
        ranked = RankedList.empty()
    return Words(ranked, firm, bound, query, matches, spoken)
