"""Where one product stands in both lists, were they to hold the whole catalogue."""

import numpy as np
from django.conf import settings

from apps.embeddings.contracts import IndexUnavailable
from apps.embeddings.selectors import engines_now, nearest, query_vector
from apps.explainability.contracts.explained import KeywordLook, SemanticLook, Whereabouts
from apps.features.contracts import ServingSnapshot
from apps.search.contracts_understanding import Understanding
from apps.search.domain.lexical.matching import lexical_search
from apps.search.domain.lexical.ranking import lexical_list
from apps.search.selectors.shelves import shelf_of
from apps.search.selectors.vectors import active_products
from apps.search.selectors.words import Words
from apps.search.services.core import Core

_NO_SIMILARITY = -1.0


def whereabouts_of(core: Core, row: int) -> Whereabouts:
    """The product's place in the keyword list and in the semantic one.

    Args:
        core: of the search; its lexicon and its reading of the query are used again.
        row: of its snapshot.
    """
    snapshot = core.scored.retrieved.snapshot
    words = core.lists.words
    keyword_found = core.lists.keyword is not None and len(core.lists.keyword) > 0
    return Whereabouts(
        None if words is None else keyword_look(words, snapshot, row),
        semantic_look(core.understanding, snapshot, row, alone=not keyword_found),
    )


def keyword_look(words: Words, snapshot: ServingSnapshot, row: int) -> KeywordLook:
    """Its rank among all products that hold any word of the query, and which words it lacks."""
    texts = tuple(group.text for group in words.query.groups)
    # More than there are: so everything that holds any word is found.
    everything = lexical_search(words.bound, words.query, enough=len(snapshot.columns.pks) + 1)
    places = np.flatnonzero(everything.rows == row)
    if not len(places):
        return KeywordLook(None, len(everything), None, (), texts)
    lexicon = words.bound.lexicon
    ranked, _ = lexical_list(lexicon, words.query, everything, shelf_of(snapshot, lexicon))
    held = int(everything.groups[places[0]])
    at = int(np.flatnonzero(ranked.rows == row)[0])
    return KeywordLook(
        rank=at + 1,
        of=len(everything),
        score=float(ranked.scores[at]),
        holds=tuple(text for bit, text in enumerate(texts) if held >> bit & 1),
        lacks=tuple(text for bit, text in enumerate(texts) if not held >> bit & 1),
    )


def semantic_look(
    understanding: Understanding, snapshot: ServingSnapshot, row: int, *, alone: bool
) -> SemanticLook | None:
    """Its rank by similarity among all active products; None without index or encoder."""
    engines = engines_now()
    loaded = engines.index.value
    vector = query_vector(understanding.searched, engines) if understanding.searched else None
    if loaded is None or vector is None:
        return None
    columns = snapshot.columns
    try:
        near = nearest(
            vector=vector,
            k=loaded.index.size,
            floor=_NO_SIMILARITY,
            allowed=active_products.by_pk(columns),
            engines=engines,
        )
    except IndexUnavailable:
        return None
    floor = (
        settings.SEMANTIC_SIMILARITY_FLOOR_ALONE if alone else settings.SEMANTIC_SIMILARITY_FLOOR
    )
    best = float(near.similarities[0]) if len(near.similarities) else 0.0
    places = np.flatnonzero(near.pks == columns.pks[row])
    at = int(places[0]) if len(places) else None
    return SemanticLook(
        rank=None if at is None else at + 1,
        of=len(near.pks),
        similarity=None if at is None else float(near.similarities[at]),
        floor=max(floor, settings.SEMANTIC_SIMILARITY_RELATIVE * best),
        within=settings.SEMANTIC_CANDIDATES,
    )
