"""Candidates, weights and rules as hypothesis draws them."""

from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from apps.features.contracts import FEATURE_NAMES, SEARCH_SCORE
from apps.ranking.contracts import (
    RULE_ORDER,
    Candidates,
    Diversity,
    Float32,
    Int32,
    Int64,
    Ranking,
    Rule,
)
from apps.ranking.domain.pipeline import rank
from apps.ranking_weights.contracts import ResolvedWeights

FIRST_ROW = 1_000
# A busy machine is slow, and that is no finding; 60 lists of up to 14 hits say as much as 100.
examples = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Case:
    candidates: Candidates
    features: dict[str, Float32]
    weights: ResolvedWeights
    tie_break: Int64
    rules: tuple[Rule, ...] = ()
    diversity: Diversity | None = None

    def ranked(self) -> Ranking:
        return rank(
            candidates=self.candidates,
            features=self.features,
            weights=self.weights,
            tie_break=self.tie_break,
            rules=self.rules,
            diversity=self.diversity,
        )


def candidates_of(search_scores: list[float]) -> Candidates:
    size = len(search_scores)
    return Candidates(
        rows=np.arange(FIRST_ROW, FIRST_ROW + size, dtype=np.int32),
        keyword_score=np.full(size, np.nan, dtype=np.float32),
        keyword_rank=np.zeros(size, dtype=np.int32),
        semantic_score=np.linspace(1, 0, size, dtype=np.float32),
        semantic_rank=np.arange(1, size + 1, dtype=np.int32),
        search_score=np.array(search_scores, dtype=np.float32),
    )


def rows_of(*places: int) -> Int32:
    return np.array([FIRST_ROW + place for place in places], dtype=np.int32)


def search_only(
    search_scores: list[float], rules: tuple[Rule, ...] = (), diversity: Diversity | None = None
) -> Ranking:
    return Case(
        candidates_of(search_scores),
        {},
        ResolvedWeights(((SEARCH_SCORE, 1.0),), "default", "", 0),
        np.arange(len(search_scores), dtype=np.int64),
        rules,
        diversity,
    ).ranked()


# Few distinct values, so that ties are common.
_values = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1, width=32))


@st.composite
def rules(draw: st.DrawFn, size: int) -> Rule:
    kind = draw(st.sampled_from(RULE_ORDER))
    # One row more than there are: rules also name products that are no candidates.
    rows = draw(st.lists(st.integers(FIRST_ROW, FIRST_ROW + size), max_size=4, unique=True))
    factor = {
        "bury": st.one_of(st.just(0.0), st.floats(0, 0.99)),
        "boost": st.floats(1.01, 10),
    }.get(kind, st.just(1.0))
    return Rule(
        name=draw(st.text("abc", min_size=1, max_size=3)),
        kind=kind,
        rows=np.array(rows, dtype=np.int32),
        factor=draw(factor),
        position=draw(st.integers(1, size + 3)) if kind == "pin" else 0,
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(0, 14))
    columns = {
        name: draw(st.lists(_values, min_size=size, max_size=size)) for name in FEATURE_NAMES
    }
    raw = draw(
        st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda ws: sum(ws) > 0.01)
    )
    weights = tuple(zip(FEATURE_NAMES, (each / sum(raw) for each in raw), strict=True))
    groups = draw(st.lists(st.integers(-1, 3), min_size=size, max_size=size))
    spread = Diversity(
        np.array(groups, dtype=np.int32), draw(st.integers(1, 3)), draw(st.integers(1, 12))
    )
    return Case(
        candidates=candidates_of(columns.pop(SEARCH_SCORE)),
        features={name: np.array(column, dtype=np.float32) for name, column in columns.items()},
        weights=ResolvedWeights(weights, "global", "global", 1),
        tie_break=np.array(draw(st.permutations(range(size))), dtype=np.int64),
        rules=tuple(draw(st.lists(rules(max(size, 1)), max_size=5))),
        diversity=draw(st.sampled_from([None, spread])),
    )
