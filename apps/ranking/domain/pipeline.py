"""candidates → features → contributions → rules → diversity → record.

The same call answers a request, a preview, an offline evaluation and an explanation.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from apps.ranking.contracts import (
    RULES_CONTRIBUTION,
    Candidates,
    Diversity,
    Float32,
    Float64,
    Int64,
    Ranking,
    RankingInputInvalid,
    Rule,
)
from apps.ranking.domain.rules import Standing, diversity_apply, rules_apply
from apps.ranking.domain.scoring import contributions_of, order_by_score, scores_of
from apps.ranking_weights.contracts import ResolvedWeights


def rank(
    *,
    candidates: Candidates,
    features: Mapping[str, Float32],
    weights: ResolvedWeights,
    tie_break: Int64,
    rules: Sequence[Rule] = (),
    diversity: Diversity | None = None,
) -> Ranking:
    """Order the candidates and keep the record of why.

    Args:
        candidates: m of them, each row once.
        features: feature → float32[m] in [0, 1], every weighed one but `search_score`.
        weights: the one set of this request.
        tie_break: int64[m], distinct (the product's key): equal scores stand in its order.
        rules: hide, bury, boost, pin; they act in that order.
        diversity: acts last, and never on a pinned hit.

    Raises:
        RankingInputInvalid: arrays not aligned, a weighed feature missing, a value not finite.
    """
    _aligned(candidates, tie_break, diversity)
    products = contributions_of(candidates, features, weights.weights)
    standing = _standing(candidates, scores_of(products), tie_break, rules)
    if diversity is not None:
        diversity_apply(standing, diversity)
    names = tuple(name for name, _ in weights.weights)
    if standing.rule_effect.any():
        products = np.vstack([products, standing.rule_effect])
        names = (*names, RULES_CONTRIBUTION)
    return Ranking(
        order=standing.order,
        scores=standing.scores,
        contributions=products.T,
        feature_names=names,
        steps={candidate: tuple(steps) for candidate, steps in standing.steps.items()},
        hidden=tuple(standing.hidden),
        applied_rules=tuple(dict.fromkeys(standing.applied)),
        candidates=candidates,
        features=features,
        weights=weights,
    )


def _standing(
    candidates: Candidates, scores: Float64, tie_break: Int64, rules: Sequence[Rule]
) -> Standing:
    standing = Standing(
        rows=candidates.rows,
        scores=scores,
        tie_break=tie_break,
        order=order_by_score(scores, tie_break),
        rule_effect=np.zeros(len(candidates) if rules else 0),
    )
    if rules:
        rules_apply(standing, rules)
    return standing


def _aligned(candidates: Candidates, tie_break: Int64, diversity: Diversity | None) -> None:
    size = len(candidates)
    lengths = {
        "tie_break": len(tie_break),
        "search_score": len(candidates.search_score),
        "keyword_score": len(candidates.keyword_score),
        "keyword_rank": len(candidates.keyword_rank),
        "semantic_score": len(candidates.semantic_score),
        "semantic_rank": len(candidates.semantic_rank),
    }
    if diversity is not None:
        lengths["diversity groups"] = len(diversity.groups)
    for name, length in lengths.items():
        if length != size:
            raise RankingInputInvalid(f"{name} has {length} values for {size} candidates")
