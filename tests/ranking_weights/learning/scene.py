"""Lists that the simulator's shoppers clicked, small enough to be played in a test."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from apps.demo.contracts import ShopperConfig
from apps.demo.domain.ranked_lists import RankedPlay, lists_play
from apps.features.domain.examined.lists import Lists, Propensities, Source
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS
from apps.ranking_weights.domain.learning.hierarchy import Live

CONFIG = ShopperConfig()


def played(
    searches: Mapping[str, int],
    *,
    seed: int = 1,
    swap_share: float = 0.0,
    exponent: float = CONFIG.examination_eta,
) -> Lists:
    rng = np.random.Generator(np.random.PCG64(seed))
    play = RankedPlay(searches, DEFAULT_WEIGHTS, swap_share=swap_share)
    return lists_play(rng, play, replace(CONFIG, examination_eta=exponent))


def known_curve(places: int = 20, exponent: float = CONFIG.examination_eta) -> Propensities:
    values = np.arange(1, places + 1, dtype=np.float64) ** -exponent
    return Propensities(values, Source.SWAPS, exponent, 0.0, 0, 0.05)


def nothing_live(*paths: str) -> Live:
    return Live(frozenset(), dict.fromkeys(("global", *paths), DEFAULT_WEIGHTS))
