"""candidates → features → contributions → rules → variety and diversity → record.

The same call answers a request, a preview, an offline evaluation and an explanation.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from apps.ranking.contracts import (
    RULES_CONTRIBUTION,
    Candidates,
    Diversity,
    Float32,
    Int32,
    Int64,
    Ranking,
    RankingInputInvalid,
    Rule,
)
from apps.ranking.domain.rules import Standing, diversity_apply, rules_apply, variety_apply
from apps.ranking.domain.scoring import contributions_of, order_by_score, scores_of
from apps.ranking.domain.trail import Trail
from apps.ranking.domain.variety import Variety
from apps.ranking_weights.contracts import ResolvedWeights


def rank(
    *,
    candidates: Candidates,
    features: Mapping[str, Float32],
    weights: ResolvedWeights,
    tie_break: Int64,
    rules: Sequence[Rule] = (),
    diversity: Diversity | Sequence[Diversity] | None = None,
    variety: Variety | None = None,
    order: Int32 | None = None,
) -> Ranking:
    """Order the candidates and keep the record of why.

    Args:
        candidates: m of them, each row once.
        features: feature → float32[m] in [0, 1], every weighed one but `search_score`.
        weights: the one set of this request.
        tie_break: int64[m], distinct (the product's key): equal scores stand in its order.
        rules: hide, bury, boost, pin; they act in that order.
        diversity: limits, which hold together; they act last, and never on a pinned hit.
        variety: acts before them, and never on a pinned hit either.
        order: int32[m], every candidate once: the order that rules begin with (by price …);
            None: by score. Boosts and buries do not move anything in a given one.

    Raises:
        RankingInputInvalid: arrays not aligned, a weighed feature missing, a value not finite.
    """
    limits = _limits(diversity)
    _aligned(candidates, tie_break, limits)
    products = contributions_of(candidates, features, weights.weights)
    scores = scores_of(products)
    if rules:
        standing = rules_apply(
            rows=candidates.rows, scores=scores, tie_break=tie_break, rules=rules, first=order
        )
    else:
        standing = Standing(scores, order_by_score(scores, tie_break) if order is None else order)
    if limits or variety is not None:
        trail = standing.trail or Trail(candidates.rows, scores, tie_break, order)
        if variety is not None:
            variety_apply(standing, trail, variety)
        if limits:
            diversity_apply(standing, trail, limits)
    names = tuple(name for name, _ in weights.weights)
    if standing.rule_effect is not None and standing.rule_effect.any():
        products = np.vstack([products, standing.rule_effect])
        names = (*names, RULES_CONTRIBUTION)
    return Ranking(
        order=standing.order,
        scores=standing.scores,
        contributions=products.T,
        feature_names=names,
        steps=standing.steps(),
        hidden=standing.hidden(),
        applied_rules=tuple(dict.fromkeys(standing.applied)),
        candidates=candidates,
        features=features,
        weights=weights,
        pinned=standing.slots,
    )


def _limits(diversity: Diversity | Sequence[Diversity] | None) -> Sequence[Diversity]:
    if diversity is None:
        return ()
    return (diversity,) if isinstance(diversity, Diversity) else diversity


def _aligned(candidates: Candidates, tie_break: Int64, limits: Sequence[Diversity]) -> None:
    size = len(candidates)
    lengths = {
        "tie_break": len(tie_break),
        "search_score": len(candidates.search_score),
        "keyword_score": len(candidates.keyword_score),
        "keyword_rank": len(candidates.keyword_rank),
        "semantic_score": len(candidates.semantic_score),
        "semantic_rank": len(candidates.semantic_rank),
    }
    for at, limit in enumerate(limits):
        lengths[f"diversity groups{f' {at + 1}' if at else ''}"] = len(limit.groups)
    for name, length in lengths.items():
        if length != size:
            raise RankingInputInvalid(f"{name} has {length} values for {size} candidates")
