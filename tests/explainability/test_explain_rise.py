"""What is added beside the weights is given: changes of weights are worked out around it."""

import numpy as np
import pytest

from apps.explainability.domain.explain_weights import weight_changes
from apps.explainability.selectors.explain_rise import field_of
from apps.features.contracts import BESIDE_WEIGHTS, REVISIT_SCORE, SESSION_BOOST
from apps.ranking.contracts import Candidates, Float32, Ranking
from apps.ranking.domain.pipeline import rank
from apps.ranking_weights.contracts import ResolvedWeights

SIZE, ROOM = 12, 2
NAMES = ("search_score", "popularity_score", "freshness_score")
BESIDE = ((SESSION_BOOST, 0.4), (REVISIT_SCORE, 0.2))
KEYS = np.arange(SIZE, dtype=np.int32)


def ranked(columns: dict[str, Float32], weights: tuple[tuple[str, float], ...]) -> Ranking:
    unfound = np.full(SIZE, np.nan, dtype=np.float32)
    nowhere = np.zeros(SIZE, dtype=np.int32)
    return rank(
        candidates=Candidates(
            KEYS, unfound, nowhere, unfound, nowhere, columns["search_score"]
        ),
        features={name: values for name, values in columns.items() if name != "search_score"},
        weights=ResolvedWeights((*weights, *BESIDE), "global", "global", 1),
        tie_break=KEYS.astype(np.int64),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_a_change_lifts_the_hit_though_a_visit_is_followed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = {name: rng.random(SIZE).astype(np.float32) for name in (*NAMES, *BESIDE_WEIGHTS)}
    ranking = ranked(columns, tuple(zip(NAMES, (0.5, 0.3, 0.2), strict=True)))
    candidate = int(ranking.order[SIZE // 2])

    field = field_of(ranking, candidate, KEYS)

    assert field.names == NAMES
    for change in weight_changes(field, ROOM):
        again = ranked(columns, change.weights)
        place = int(np.flatnonzero(again.order == candidate)[0]) + 1
        assert place == change.rank <= ROOM + 1
