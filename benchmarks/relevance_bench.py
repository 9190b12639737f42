"""Judged queries, ranked by any setting: what does not depend on the setting is done once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from apps.catalog.selectors import pks_by_product_id
from apps.common.domain.relevance import judged_only as judged
from apps.common.domain.relevance import ndcg_at_k
from apps.explainability.domain.evaluation import (
    CUT,
    DEPTH,
    Judgements,
    answerable_queries,
    judgements_read,
)
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.ranking.domain.scoring import order_by_score
from apps.search.contracts import RankedList
from apps.search.contracts_understanding import Understanding
from apps.search.domain.fusion import Fusion, candidates_fuse
from apps.search.domain.lexical.building import index_build
from apps.search.domain.lexical.category_names import CategoryNames
from apps.search.domain.lexical.impacts import FieldWeights
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.matching import BoundLexicon, lexical_search
from apps.search.domain.lexical.queries import lexical_query
from apps.search.domain.lexical.ranking import lexical_list
from apps.search.domain.lexical.relevance import Intent
from apps.search.selectors.language import search_analysis
from apps.search.selectors.lexicon import products_read
from apps.search.selectors.shelves import shelf_of
from apps.search.selectors.understanding import query_understanding
from apps.search.selectors.vectors import semantic_list

if TYPE_CHECKING:
    from benchmarks.bench_relevance import Setting

_WEIGHTS = {
    "shipped": FieldWeights(),
    "equal weights": FieldWeights(weights=(1.0,) * 6),
    "title only": FieldWeights(weights=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    "no lengths": FieldWeights(lengths=(0.0,) * 6),
}
_Key = tuple[str, str, float, bool, float]


@dataclass(slots=True, eq=False)
class Bench:
    """The judged queries over one catalogue.

    Attributes:
        judgements: of all queries.
        queries: those with a relevant product.
        kinds: by query: the main category of its relevant products.
        snapshot: the catalogue.
    """

    judgements: Judgements
    queries: list[str]
    kinds: list[str]
    snapshot: ServingSnapshot
    _bound: dict[str, BoundLexicon] = field(default_factory=dict)
    _understood: dict[str, Understanding] = field(default_factory=dict)
    _semantic: dict[str, RankedList] = field(default_factory=dict)
    _keyword: dict[_Key, RankedList] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> "Bench":
        """The judgements of a file over the database in use."""
        with path.open(encoding="utf-8", newline="") as handle:
            judgements = judgements_read(handle)
        queries, snapshot = answerable_queries(judgements), serving_snapshot()
        kinds = [_kind(snapshot, judgements[query]) for query in queries]
        return cls(judgements, queries, kinds, snapshot)

    def grid(self, choices: Sequence["Setting"]) -> NDArray[np.float64]:
        """float64[settings, queries]."""
        return np.array([self.ndcg(setting) for setting in choices])

    def ndcg(self, setting: "Setting", *, judged_only: bool = False) -> NDArray[np.float64]:
        """float64[queries]: NDCG@10 of each under a setting."""
        return self._figures(self.queries, setting, judged_only=judged_only)

    def ndcg_of(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """float64[queries]: of the same queries, as shipped, written in another way."""
        from benchmarks.bench_relevance import SHIPPED

        return self._figures(texts, SHIPPED, judged_only=False)

    def _figures(
        self, texts: Sequence[str], setting: "Setting", *, judged_only: bool
    ) -> NDArray[np.float64]:
        found = []
        for query, text in zip(self.queries, texts, strict=True):
            ratings = self.judgements[query]
            ranked = self._ranked(text, setting)
            found.append(
                ndcg_at_k(judged(ranked, ratings) if judged_only else ranked, ratings, CUT)
            )
        return np.array(found)

    def _ranked(self, text: str, setting: "Setting") -> list[str]:
        fusion = Fusion(semantic_trust=setting.semantic, score_trust=setting.score)
        semantic = self._nearest(text) if setting.semantic else RankedList.empty()
        candidates = candidates_fuse(self._words(text, setting), semantic, fusion)
        columns = self.snapshot.columns
        order = order_by_score(
            candidates.search_score.astype(np.float64),
            columns.pks[candidates.rows].astype(np.int64),
        )
        return [columns.product_ids.get(row) for row in candidates.rows[order[:DEPTH]].tolist()]

    def _understanding(self, text: str) -> Understanding:
        if text not in self._understood:
            self._understood[text] = query_understanding(text)
        return self._understood[text]

    def _nearest(self, text: str) -> RankedList:
        if text not in self._semantic:
            found = semantic_list(
                self._understanding(text).searched,
                self.snapshot.columns,
                settings.SEMANTIC_SIMILARITY_FLOOR,
            )
            self._semantic[text] = found or RankedList.empty()
        return self._semantic[text]

    def _words(self, text: str, setting: "Setting") -> RankedList:
        key = (text, setting.fields, setting.lift, setting.named, setting.noun)
        if key not in self._keyword:
            bound, understanding = self._index(setting.fields), self._understanding(text)
            lexicon = bound.lexicon
            query = lexical_query(
                understanding.terms, understanding.part_numbers, lexicon.analysis
            )
            matches = lexical_search(bound, query, enough=settings.KEYWORD_RELAX_BELOW)
            shelf = shelf_of(self.snapshot, lexicon)
            names = shelf.names if setting.named else CategoryNames({})
            shelf = replace(
                shelf, names=names, intent=Intent(lift=setting.lift, noun=setting.noun)
            )
            self._keyword[key] = lexical_list(lexicon, query, matches, shelf)[0]
        return self._keyword[key]

    def _index(self, fields: str) -> BoundLexicon:
        if fields not in self._bound:
            analysis, columns = search_analysis(), self.snapshot.columns
            index = index_build(products_read(), analysis, parameters=_WEIGHTS[fields])
            lexicon = Lexicon.of(index, analysis)
            self._bound[fields] = BoundLexicon(lexicon, (columns.row_of_pk[index.segment.pks],))
        return self._bound[fields]


def _kind(snapshot: ServingSnapshot, ratings: Mapping[str, int]) -> str:
    """The category below the root where most relevant products stand."""
    pks = pks_by_product_id([each for each, rating in ratings.items() if rating > 0])
    rows = snapshot.columns.row_of_pk[list(pks.values())]
    codes = snapshot.columns.category[rows]
    paths = [snapshot.tree.categories[code].path for code in codes[codes >= 0].tolist()]
    kinds = Counter("/".join(path.split("/")[:2]) for path in paths)
    return kinds.most_common(1)[0][0] if kinds else "none"
