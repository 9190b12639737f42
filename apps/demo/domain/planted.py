"""The demo's experiments: designs with effects that we know, because we planted them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from apps.demo.contracts import NO_EFFECT, Behaviour, Effect, FloatArray, IntArray, ShopperConfig

DAYS = 28
STEP_DAYS = 2
MOST = Effect(ctr=0.8, conversion=0.9, revenue=0.3)
"""Shoppers are played once with more than any mixture of effects, then thinned to their own."""
TEAM_LIFT = 0.35
"""A hit of the treatment's team is clicked so much more often than one of the control's."""
LOST_IN_TREATMENT = 0.3
"""Share of the treatment's clients whose exposures never arrive: a planted mismatch."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One experiment of the demo.

    Attributes:
        key: of the experiment.
        starts, ends: days before the demo's moment; ends None still runs.
        design: as a person would send it.
        effects: variant → what its shoppers show; those not named show none.
        lost: variant → share of its clients whose exposures never arrive.
        team_lift: interleaving: see TEAM_LIFT.
        verdict: outcome, variant and words of the decision, for those that are over.
    """

    key: str
    starts: int
    ends: int | None
    design: Mapping[str, object]
    effects: Mapping[str, Effect] = field(default_factory=dict)
    lost: Mapping[str, float] = field(default_factory=dict)
    team_lift: float = 0.0
    verdict: tuple[str, str, str] | None = None


def _variant(key: str, name: str, weight: float, payload: object = None) -> dict[str, object]:
    return {"key": key, "name": name, "weight": weight, "payload": payload}


def _metrics(primary: str, *secondary: str, guard: str = "") -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [{"key": primary, "role": "primary"}]
    rows += [{"key": key, "role": "secondary"} for key in secondary]
    return [*rows, *([{"key": guard, "role": "guardrail", "margin": 0.05}] if guard else [])]


_PLAN = {"minimum_runtime_days": 7, "minimum_units": 200, "mde": 0.1}
_FRESH = {"search_score": 0.4, "cf_score": 0.2, "popularity_score": 0.1, "freshness_score": 0.3}

CATEGORY_WEIGHTS = Planted(
    key="category-weights",
    starts=28,
    ends=8,
    design={
        "name": "Category weights against global weights",
        "hypothesis": "What sells fashion does not sell books: weights of the category show "
        "shoppers what they want further up, so they buy more.",
        "template": "weights",
        "surface": "search",
        "variants": [
            _variant("global", "Global weights", 0.5, {"ranking": {"source": "global"}}),
            _variant("category", "Category weights", 0.5),
        ],
        "metrics": _metrics("revenue_per_visitor", "conversion_rate", guard="ctr"),
        "plan": {**_PLAN, "minimum_runtime_days": 14},
    },
    effects={"category": Effect(ctr=0.1, conversion=0.75, revenue=0.15)},
    verdict=(
        "ship",
        "category",
        "Revenue per visitor rose by far more than we had planned for, and nothing suffered.",
    ),
)
NO_EFFECT_AA = Planted(
    key="same-against-same",
    starts=28,
    ends=12,
    design={
        "name": "The same against the same",
        "hypothesis": "Nothing differs between the variants: what we see is what chance makes.",
        "variants": [_variant("a", "As it is", 0.5), _variant("b", "As it is, again", 0.5)],
        "metrics": _metrics("ctr", "conversion_rate", "revenue_per_visitor"),
        "plan": _PLAN,
    },
    verdict=("inconclusive", "", "An A/A test: nothing was found, as nothing was there."),
)
MISMATCHED = Planted(
    key="large-photos",
    starts=12,
    ends=None,
    design={
        "name": "Large photos",
        "hypothesis": "Larger photos let shoppers judge a product without opening it.",
        "template": "ui",
        "variants": [
            _variant("small", "Small photos", 0.5),
            _variant("large", "Large photos", 0.5, {"photos": "large"}),
        ],
        "metrics": _metrics("ctr", "add_to_cart_rate", "conversion_rate"),
        "plan": _PLAN,
    },
    effects={"large": Effect(ctr=0.05)},
    lost={"large": LOST_IN_TREATMENT},
)
RAMPED = Planted(
    key="fresh-first",
    starts=12,
    ends=None,
    design={
        "name": "Fresh products first",
        "hypothesis": "Newer products are clicked more often, and few shoppers see them now.",
        "template": "weights",
        "surface": "search",
        "coverage": 0.1,
        "variants": [
            _variant("control", "As it is", 0.5),
            _variant("fresh", "Freshness 30 %", 0.5, {"ranking": {"weights": _FRESH}}),
        ],
        "metrics": _metrics("ctr", "conversion_rate", guard="revenue_per_visitor"),
        "plan": {**_PLAN, "horizon": "confidence_sequence", "tuning_n": 2000},
        "schedule": {
            "ramp": [
                {"coverage": 0.5, "after_hours": 96},
                {"coverage": 1.0, "after_hours": 192},
            ]
        },
    },
    effects={"fresh": Effect(ctr=0.18)},
)
EARNING = Planted(
    key="badge-bandit",
    starts=12,
    ends=None,
    design={
        "name": "Which badge earns most clicks",
        "hypothesis": "One of three badges draws shoppers; we would rather earn than prove.",
        "kind": "bandit",
        "template": "ui",
        "variants": [
            _variant("none", "No badge", 0.34),
            _variant("bestseller", "Bestseller", 0.33, {"badge": "Bestseller"}),
            _variant("new", "New", 0.33, {"badge": "New"}),
        ],
        "metrics": _metrics("ctr", "conversion_rate"),
        "plan": _PLAN,
        "bandit": {"metric": "ctr", "every_hours": 48, "floor": 0.1, "burn_in_units": 20},
    },
    effects={"bestseller": Effect(ctr=0.3), "new": Effect(ctr=-0.1)},
)
BLENDED = Planted(
    key="words-or-meaning",
    starts=8,
    ends=None,
    design={
        "name": "Words or meaning: which ranking do shoppers click?",
        "hypothesis": "Scores weighed towards the words of a query find what is meant sooner.",
        "kind": "interleaving",
        "surface": "search",
        "variants": [
            _variant("ranks", "By ranks", 0.5),
            _variant(
                "words", "By words", 0.5, {"search": {"fusion": "weighted", "keyword_weight": 0.7}}
            ),
        ],
        "metrics": _metrics("ctr"),
        "plan": _PLAN,
    },
    team_lift=TEAM_LIFT,
)
MEANING_OFF: Mapping[str, object] = {
    "name": "Search without meaning",
    "hypothesis": "Because shoppers type product names, we believe that matching words alone "
    "finds as much, and answers faster.",
    "template": "feature",
    "surface": "search",
    "variants": [
        _variant("both", "Words and meaning", 0.5),
        _variant("words", "Words alone", 0.5, {"search": {"semantic": False}}),
    ],
    "metrics": _metrics("ctr", "zero_result_rate", guard="conversion_rate"),
    "plan": _PLAN,
}
DELIVERY_HINT: Mapping[str, object] = {
    "name": "Delivery date beside the price",
    "hypothesis": "Because carts are left at the delivery step, we believe that an early date "
    "brings more of them to the end.",
    "template": "ui",
    "variants": [
        _variant("control", "As it is", 0.5),
        _variant("date", "With a date", 0.5, {"delivery_date": True}),
    ],
    "metrics": _metrics("conversion_rate", "add_to_cart_rate"),
    "plan": _PLAN,
}
WAITING = {"search-without-meaning": MEANING_OFF}
DRAFTED = {"delivery-date": DELIVERY_HINT}
"""Designs that nobody has approved, or even submitted, yet."""

PLANTED = (CATEGORY_WEIGHTS, NO_EFFECT_AA, MISMATCHED, RAMPED, EARNING, BLENDED)


def effects_combined(found: Sequence[Effect]) -> tuple[float, float, float]:
    """Several experiments act on one shopper: their factors multiply."""
    return (
        float(np.prod([1 + one.ctr for one in found])) - 1,
        float(np.prod([1 + one.conversion for one in found])) - 1,
        float(np.prod([1 + one.revenue for one in found])) - 1,
    )


def behaviour_thinned(
    rng: Generator, played: Behaviour, effects: FloatArray, config: ShopperConfig
) -> Behaviour:
    """What was played under MOST, as shoppers under these effects would have behaved.

    Every click, purchase and second unit is kept with the ratio of the two chances, so the
    result is distributed as if it had been played so.

    Args:
        rng: draws come from here.
        played: of s searches, under MOST.
        effects: float64[s, 3], each at most MOST's.
        config: the shopper's parameters.
    """
    ctr, conversion, revenue = (effects[:, [place]] for place in range(3))
    draws = rng.random((3, *played.clicked.shape))
    kept = draws[0] < (1 + ctr) / (1 + MOST.ctr)
    bought = played.bought & kept & (draws[1] < (1 + conversion) / (1 + MOST.conversion))
    once, most = config.second_unit_chance, MOST.revenue
    second = (once + revenue * (1 + once)) / (once + most * (1 + once))
    units: IntArray = np.where(bought, 1 + ((played.units > 1) & (draws[2] < second)), 0)
    return Behaviour(played.clicked & kept, played.carted & kept, units, played.returned & bought)


def teams_thinned(rng: Generator, played: Behaviour, teams: IntArray, lift: float) -> Behaviour:
    """Of clicks on the control's hits (team 0), only 1 in 1 + lift was made, nor what followed.

    Args:
        rng: draws come from here.
        played: of s searches.
        teams: int64[s, k]; -1 where nothing is interleaved.
        lift: how much more often the treatment's hits are clicked.
    """
    kept = (teams != 0) | (rng.random(teams.shape) < 1 / (1 + lift))
    return Behaviour(
        played.clicked & kept,
        played.carted & kept,
        np.where(kept, played.units, 0),
        played.returned & kept,
    )


def effect_of_answer(experiments: Sequence[Mapping[str, object]]) -> Effect:
    """What the planted experiments of a search answer make of its shopper.

    Args:
        experiments: as the answer tells them: key and variant of each; a forced one is no shopper.
    """
    known = {planted.key: planted for planted in PLANTED}
    found = [
        effect_planted(known[str(one.get("key"))], str(one.get("variant")))
        for one in experiments
        if one.get("key") in known and not one.get("forced") and not one.get("yields_to")
    ]
    return Effect(*effects_combined(found))


def effect_planted(planted: Planted, variant: str) -> Effect:
    """What shoppers of a variant show."""
    return planted.effects.get(variant, NO_EFFECT)
