"""Stratified assignment by choosing the salt: of many, the one that balances known strata best.

Assignment stays a hash that any SDK can compute; only which salt is used is chosen, before the
first unit is assigned. Source: Morgan and Rubin, "Rerandomization to improve covariate balance
in experiments", Annals of Statistics 40 (2012), with the best of a fixed number of draws.
"""

import secrets
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from apps.experiments.contracts.assignment import HASH_VERSION
from apps.experiments.domain.assignment.buckets import bucket_ranges
from apps.experiments.domain.assignment.bulk import (
    EncodedUnits,
    choice_table,
    slots_bulk,
    units_encode,
)

CANDIDATES = 200
_FEWEST_UNITS = 2
Codes = npt.NDArray[np.int64]


def salt_choose(
    *,
    key: str,
    salt_version: int,
    weights: Sequence[float],
    coverage: float,
    strata: Mapping[str, str],
    candidates: int = CANDIDATES,
    draw: str = "",
) -> str:
    """The salt under which the known units of every stratum split closest to the weights.

    Args:
        key: of the experiment, in front of every salt.
        salt_version: behind it.
        weights: share of each variant, in order; they sum to 1.
        coverage: share of the units that is enrolled, in [0, 1].
        strata: unit id to stratum, of units known before the start; those who come later are
            hashed under the same salt, and balanced on average only.
        candidates: how many salts are tried; 1 is no choice.
        draw: hexadecimal randomness the candidates come from; fresh when empty.
    """
    drawn = draw or secrets.token_hex(8)
    salts = [f"{key}:{salt_version}:{drawn}{number:03x}" for number in range(max(candidates, 1))]
    if len(strata) < _FEWEST_UNITS or coverage <= 0 or len(salts) == 1:
        return salts[0]
    encoded = units_encode(list(strata))
    names, codes = np.unique(np.array(list(strata.values()), dtype=str), return_inverse=True)
    table = choice_table(bucket_ranges(len(weights), coverage, weights), HASH_VERSION)
    shares = np.array([*(coverage * weight for weight in weights), 1.0 - coverage])
    shape = (len(names), len(shares))
    wide = codes.astype(np.int64)
    scores = [imbalance(_counts(salt, encoded, wide, shape, table), shares) for salt in salts]
    return salts[int(np.argmin(scores))]


def imbalance(counts: npt.NDArray[np.float64], shares: npt.NDArray[np.float64]) -> float:
    """Pearson's distance of counts float64[strata, variants + 1] from the shares, summed.

    The last column is the units outside of coverage; shares of 0 are left out.
    """
    kept = shares > 0
    expected = counts.sum(axis=1, keepdims=True) * shares[kept]
    return float((((counts[:, kept] - expected) ** 2) / expected).sum())


def _counts(
    salt: str,
    encoded: EncodedUnits,
    codes: Codes,
    shape: tuple[int, int],
    table: npt.NDArray[np.int16],
) -> npt.NDArray[np.float64]:
    """Units by stratum and variant, those outside last: float64[shape]."""
    slots = slots_bulk(salt, encoded, HASH_VERSION)
    chosen = table[slots].astype(np.int64)
    chosen[chosen < 0] = shape[1] - 1
    flat = np.bincount(codes * shape[1] + chosen, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)
