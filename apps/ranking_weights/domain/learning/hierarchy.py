"""Weights of every category, each drawn towards its parent's by how little it says itself.

Global is learnt from all lists, a category from its own and its subcategories'. A category's
coefficients are the mode of its clicks' likelihood times a normal prior around the parent's,
whose precision is what `COUNTS_AS` clicks would tell: with as many clicks of its own a category
stands half way.
"""

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from apps.features.domain.examined.fitting import (
    Clicked,
    Prior,
    clicked_of,
    coefficients_fit,
    information_of,
)
from apps.features.domain.examined.lists import Bool, Float64, Lists, Propensities
from apps.features.domain.examined.propensities import propensities_estimate
from apps.ranking_weights.contracts import GLOBAL_SUBJECT
from apps.ranking_weights.domain.learning.counterfactual import evidence_of
from apps.ranking_weights.domain.learning.values import (
    Evidence,
    Learned,
    LearningRefused,
    LearntSets,
    Reason,
)
from apps.ranking_weights.domain.resolve import subjects_upwards

COUNTS_AS = 200.0
# With fewer clicks global says nothing, and a category takes its parent's weights as they are.
LEAST_CLICKS_GLOBAL = 100
LEAST_CLICKS = 30
# Weights that are nearer to what is inherited than this (sum of differences) need no set.
SAME = 0.05
_HELD_BACK_OF_TEN = 3


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """What ranks now.

    Attributes:
        subjects: with a published set.
        weights: subject to the weights that a list of that category is ranked by now.
    """

    subjects: AbstractSet[str]
    weights: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A fitted subject."""

    learned: Learned
    theta: Float64
    information: Float64


def held_back(lists: Lists) -> Bool:
    """Lists of three shoppers in ten: the same ones in every run; nothing is learnt from them."""
    found: Bool = lists.units % 10 < _HELD_BACK_OF_TEN
    return found


def sets_learn(
    lists: Lists,
    live: Live,
    *,
    counts_as: float = COUNTS_AS,
    propensities: Propensities | None = None,
) -> LearntSets:
    """Learn every subject's weights, and ask held-back lists what they would be worth.

    Args:
        lists: as they were shown.
        live: what ranks now.
        counts_as: how many of a category's clicks its parent speaks as loudly as; 0: it is
            not heard.
        propensities: of the places; None: estimated from the lists.

    Raises:
        LearningRefused: there is too little, or nothing that could be learnt.
    """
    propensities = propensities or propensities_estimate(lists)
    learnable = _learnable(lists)
    unlearnt = tuple(name for name in lists.names if name not in learnable.names)
    aside = held_back(learnable)
    trained, tested = learnable.part(~aside), learnable.part(aside)
    nodes: dict[str, _Node] = {}
    for subject in _subjects(learnable):
        node = _fitted(trained, propensities, subject, nodes, counts_as)
        nodes[subject] = _weighed(node, nodes, live, propensities, tested)
    return LearntSets(
        tuple(node.learned for node in nodes.values()), propensities, len(lists), unlearnt
    )


def _learnable(lists: Lists) -> Lists:
    """With the features that ever differ among the hits of a clicked list.

    Raises:
        LearningRefused: fewer than two do, or too few clicks.
    """
    clicked = clicked_of(lists, np.ones(lists.shown.shape[1]))
    if clicked.clicks < LEAST_CLICKS_GLOBAL:
        raise LearningRefused(
            Reason.TOO_FEW_CLICKS,
            f"{clicked.clicks} clicks on hits with logged features; {LEAST_CLICKS_GLOBAL} are "
            "the least.",
        )
    spread = np.where(clicked.absent[..., None] < 0.0, np.nan, clicked.features)
    differs = np.nanmax(spread, axis=1) - np.nanmin(spread, axis=1) > 0.0
    chosen = np.flatnonzero(differs.any(axis=0))
    if len(chosen) < 2:  # noqa: PLR2004 - one feature alone weighs 1, whatever shoppers do
        raise LearningRefused(
            Reason.NO_FEATURES, "Fewer than two features differ among the hits of any list."
        )
    names = tuple(lists.names[place] for place in chosen.tolist())
    return replace(lists, names=names, features=lists.features[..., chosen])


def _subjects(lists: Lists) -> list[str]:
    """Global, then every category and its parents, parents first."""
    found = {subject for path in set(lists.paths) for subject in subjects_upwards(path)}
    return [GLOBAL_SUBJECT, *sorted(found, key=lambda path: (path.count("/"), path))]


def rows_below(lists: Lists, subject: str) -> Bool:
    """bool[s]: lists of a category and what is below it; all of them for global."""
    if subject == GLOBAL_SUBJECT:
        return np.ones(len(lists), dtype=np.bool_)
    below = f"{subject}/"
    return np.array([f"{path}/".startswith(below) for path in lists.paths], dtype=np.bool_)


def _fitted(
    lists: Lists,
    propensities: Propensities,
    subject: str,
    nodes: Mapping[str, _Node],
    counts_as: float,
) -> _Node:
    parent = _parent(subject)
    above = nodes.get(parent) if parent else None
    clicked = clicked_of(lists.part(rows_below(lists, subject)), propensities.clipped())
    learned = Learned(
        subject, parent, {}, {}, len(clicked.features), clicked.clicks, clicked.effective, 1.0
    )
    if above is None:
        theta = coefficients_fit(clicked)
        return _Node(learned, theta, information_of(clicked, theta))
    if clicked.clicks < LEAST_CLICKS:
        lent = replace(learned, own_share=0.0, reason=Reason.TOO_FEW_CLICKS)
        return _Node(lent, above.theta, above.information)
    prior = Prior(above.theta, above.information, counts_as)
    theta = coefficients_fit(clicked, prior)
    own = clicked.effective / (clicked.effective + counts_as)
    return _Node(replace(learned, own_share=own), theta, _information(clicked, theta, above))


def _information(clicked: Clicked, theta: Float64, above: _Node) -> Float64:
    """What one click tells its children: the category's own, where every feature has some."""
    own = information_of(clicked, theta)
    return own if np.all(np.diag(own) > 0.0) else above.information


def _parent(subject: str) -> str:
    if subject == GLOBAL_SUBJECT:
        return ""
    return subject.rpartition("/")[0] or GLOBAL_SUBJECT


def _weighed(
    node: _Node,
    nodes: Mapping[str, _Node],
    live: Live,
    propensities: Propensities,
    tested: Lists,
) -> _Node:
    """The node with weights, its evidence, and why it is not to be proposed."""
    names, learned = tested.names, node.learned
    strengths = dict(zip(names, node.theta.tolist(), strict=True))
    now = live.weights[learned.subject]
    weights = weights_mixed(strengths, now)
    if weights is None:
        kept = replace(learned, weights=dict(now), strengths=strengths)
        return replace(node, learned=replace(kept, reason=learned.reason or Reason.NO_SIGNAL))
    learned = replace(learned, weights=weights, strengths=strengths)
    rows = governed(tested, learned.subject, live.subjects)
    evidence = evidence_of(
        tested.part(rows),
        propensities,
        current=np.array([now.get(name, 0.0) for name in names]),
        proposed=np.array([weights[name] for name in names]),
    )
    reason = learned.reason or _against(weights, _inherited(learned, nodes, live), evidence)
    return replace(node, learned=replace(learned, evidence=evidence, reason=reason))


def _inherited(
    learned: Learned, nodes: Mapping[str, _Node], live: Live
) -> Mapping[str, float] | None:
    """The proposed weights that would rank it without a set of its own; None: it would see none.

    With a set of its own live it inherits nothing, and from a parent that is not proposed neither.
    """
    if not learned.parent or learned.subject in live.subjects:
        return None
    above = nodes[learned.parent].learned
    return above.weights if above.reason in {None, Reason.SAME_AS_PARENT} else None


def _against(
    weights: Mapping[str, float], above: Mapping[str, float] | None, evidence: Evidence | None
) -> Reason | None:
    """Why a set is not to be proposed."""
    if above is not None and weights_apart(weights, above) < SAME:
        return Reason.SAME_AS_PARENT
    if evidence is None:
        return Reason.TOO_FEW_SHOPPERS
    return None if evidence.dcg_at_k.difference.low > 0.0 else Reason.NOT_SHOWN_BETTER


def weights_mixed(
    strengths: Mapping[str, float], now: Mapping[str, float]
) -> dict[str, float] | None:
    """Learnt coefficients as a weight set; None: they are all 0, or there is nothing to share.

    Features that could not be learnt keep the weight that they have now; the others share the
    rest in proportion to their coefficients.
    """
    kept = {name: weight for name, weight in now.items() if name not in strengths}
    room, total = 1.0 - math.fsum(kept.values()), math.fsum(strengths.values())
    if total <= 0.0 or room <= 0.0:
        return None
    learnt = {name: room * (strength / total) for name, strength in strengths.items()}
    return {**kept, **learnt}


def weights_apart(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Sum of absolute differences, between 0 and 2."""
    return math.fsum(abs(one.get(name, 0.0) - other.get(name, 0.0)) for name in {*one, *other})


def governed(lists: Lists, subject: str, published: AbstractSet[str]) -> Bool:
    """bool[s]: lists that would be ranked by a set of this subject once it is published."""
    answers = {path: _nearest(path, published | {subject}) == subject for path in set(lists.paths)}
    return np.array([answers[path] for path in lists.paths], dtype=np.bool_)


def _nearest(path: str, published: AbstractSet[str]) -> str:
    found = (each for each in subjects_upwards(path) if each in published)
    return next(found, GLOBAL_SUBJECT)
