"""The shopper in front of real search answers: hits in, behaviour out.

The same latents, weights and curves as in the offline history, so that a simulation over
HTTP continues the world that the history began.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.random import Generator

from apps.common.domain.uuid7 import uuid7_at
from apps.demo.contracts import (
    DEFAULT_BRANCH,
    NO_EFFECT,
    Behaviour,
    Effect,
    FloatArray,
    ShopperConfig,
)
from apps.demo.domain.latents import (
    appeal,
    item_tastes,
    loyalties,
    shopper_tastes,
    taste_scores,
)
from apps.demo.domain.shopper import (
    bargain,
    behave,
    effect_rows,
    gumbel_noise,
    utility,
    weights_of,
)

_EFFECT = re.compile(r"(?:(?P<arm>[\w.-]+):)?(?P<parts>[a-z]+=[-+.\d]+(?:,[a-z]+=[-+.\d]+)*)")
EVERYBODY = ""


class EffectUnreadable(ValueError):
    """Not `[arm:]ctr=0.1,conversion=0.05,revenue=0.02`."""


@dataclass(frozen=True, slots=True)
class SeenHit:
    """One hit of an answer, as far as a shopper cares.

    Attributes:
        freshness: in [0, 1], as the answer's explanation says; 0.5 when it does not.
        relevance: in [0, 1], how well it fits what is wanted.
    """

    product_id: str
    position: int
    category: str
    brand: str
    price: float
    sale_price: float | None
    currency: str
    freshness: float
    relevance: float

    @property
    def unit_price(self) -> float:
        """What one piece costs now."""
        return self.price if self.sale_price is None else self.sale_price

    @property
    def branch(self) -> str:
        """The first part of its category's path."""
        return self.category.split("/", 1)[0]


def hits_play(
    rng: Generator,
    hits: Sequence[SeenHit],
    *,
    shopper_id: str,
    config: ShopperConfig,
    effect: Effect = NO_EFFECT,
    looked: Collection[str] = (),
    bought: Collection[str] = (),
) -> Behaviour:
    """One result list, one shopper: arrays of shape [1, len(hits)].

    Args:
        rng: draws come from here.
        hits: the list.
        shopper_id: whose taste.
        config: the shopper's parameters.
        effect: of an experiment.
        looked: products that they looked at before and have not bought.
        bought: products that they have just bought, and want no second time.
    """
    utilities = hit_utilities(
        rng, hits, shopper_id=shopper_id, config=config, looked=looked, bought=bought
    )
    default = config.return_chance[DEFAULT_BRANCH]
    returns = [config.return_chance.get(hit.branch, default) for hit in hits]
    return behave(
        rng,
        utilities[None, :],
        positions=np.array([[hit.position for hit in hits]], dtype=np.int64),
        return_chances=np.array([returns], dtype=np.float64),
        prices=np.array([[hit.unit_price for hit in hits]], dtype=np.float64),
        effects=effect_rows([effect], np.zeros(1, np.int64)),
        config=config,
    )


def hit_utilities(
    rng: Generator,
    hits: Sequence[SeenHit],
    *,
    shopper_id: str,
    config: ShopperConfig,
    looked: Collection[str] = (),
    bought: Collection[str] = (),
) -> FloatArray:
    """Utility of each hit to this shopper: float64[len(hits)]."""
    sale = [float("nan") if hit.sale_price is None else hit.sale_price for hit in hits]
    features = np.stack(
        [
            np.array([hit.relevance for hit in hits]),
            appeal(config.seed, [hit.product_id for hit in hits]),
            np.array([hit.freshness for hit in hits]),
            bargain(np.array([hit.price for hit in hits]), np.array(sale)),
        ],
        axis=-1,
    )
    brands = [hit.brand for hit in hits]
    tastes = taste_scores(
        shopper_tastes(config.seed, [shopper_id]),
        item_tastes(config.seed, [hit.category for hit in hits], brands),
        config.taste_scale,
    )
    loyal = loyalties(config.seed, [shopper_id], brands, config.loyal_share)[0]
    seen = np.array([hit.product_id in looked for hit in hits], dtype=np.bool_)
    tastes = tastes + config.loyalty * loyal + config.comes_back * seen
    found = utility(
        features,
        weights_of([hit.branch for hit in hits], config.weights),
        tastes,
        gumbel_noise(rng, (len(hits),), config.noise_scale),
    )
    done = np.array([hit.product_id in bought for hit in hits], dtype=np.bool_)
    wanted: FloatArray = np.where(done, -np.inf, found)
    return wanted


def effects_parse(texts: Sequence[str]) -> dict[str, Effect]:
    """Arm → effect from `treatment:ctr=0.1,revenue=0.05`; without an arm it is everybody's.

    Raises:
        EffectUnreadable: another form, an unknown part, or an arm twice.
    """
    found: dict[str, Effect] = {}
    for text in texts:
        match = _EFFECT.fullmatch(text.strip())
        if match is None:
            raise EffectUnreadable(f"{text!r} is not [arm:]ctr=0.1,conversion=0.05,revenue=0.02")
        arm = match["arm"] or EVERYBODY
        if arm in found:
            raise EffectUnreadable(f"{text!r}: this arm has an effect already")
        pairs = (part.split("=") for part in match["parts"].split(","))
        try:
            found[arm] = Effect(**{name: float(value) for name, value in pairs})
        except (TypeError, ValueError) as error:
            raise EffectUnreadable(f"{text!r}: {error}") from error
    return found


def effect_of(effects: dict[str, Effect], variants: Sequence[str]) -> Effect:
    """The effect of the first variant that has one, else everybody's, else none."""
    for variant in variants:
        if variant in effects:
            return effects[variant]
    return effects.get(EVERYBODY, NO_EFFECT)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list answers, and who asked; the query is empty where nothing was searched for."""

    query: str
    query_id: str
    user_id: str
    client_id: str
    session_id: str


def answer_events(
    rng: Generator,
    asked: Asked,
    hits: Sequence[SeenHit],
    played: Behaviour,
    *,
    now: datetime,
) -> list[dict[str, object]]:
    """What the shopper's browser would send about one answer, in the native shape."""
    frame = {
        "query_id": asked.query_id,
        "user_id": asked.user_id,
        "client_id": asked.client_id,
        "session_id": asked.session_id,
    }
    found: list[dict[str, object]] = []
    if asked.query:
        found.append({"type": "search", "attributes": {"query": asked.query}})
    for column, hit in enumerate(hits):
        found += _hit_events(hit, played, column)
    return [
        {
            "event_id": str(uuid7_at(now, rng.bytes(10))),
            "occurred_at": now.isoformat(),
            **frame,
            **event,
        }
        for event in found
    ]


def _hit_events(hit: SeenHit, played: Behaviour, column: int) -> list[dict[str, object]]:
    """Types and lines of one hit, from its impression to its refund."""
    place: dict[str, object] = {"product_id": hit.product_id, "position": hit.position}
    clicked = bool(played.clicked[0, column])
    kinds = ("impression", "click", "view") if clicked else ("impression",)
    units = int(played.units[0, column])
    value = round(hit.unit_price * max(units, 1), 2)
    line = {**place, "quantity": max(units, 1), "currency": hit.currency, "value": value}
    followed = (
        ("add_to_cart", played.carted[0, column]),
        ("purchase", units > 0),
        ("refund", played.returned[0, column]),
    )
    return [
        *({"type": kind, **place} for kind in kinds),
        *({"type": kind, **line} for kind, happened in followed if happened),
    ]
