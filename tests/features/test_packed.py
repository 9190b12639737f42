import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.features.contracts import FEATURE_NAMES
from apps.features.domain.examined.packed import (
    PACKED_ORDER,
    STEPS,
    PackedUnreadable,
    features_pack,
    features_unpack,
)


def test_every_registered_feature_has_a_place() -> None:
    assert set(FEATURE_NAMES) <= set(PACKED_ORDER)
    assert PACKED_ORDER[:4] == (
        "search_score",
        "cf_score",
        "popularity_score",
        "freshness_score",
    )


@given(
    names=st.sets(st.sampled_from(PACKED_ORDER), min_size=1),
    hits=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_packed_comes_back(names: set[str], hits: int, seed: int) -> None:
    ordered = [name for name in PACKED_ORDER if name in names]
    rows = np.random.Generator(np.random.PCG64(seed)).random((hits, len(ordered)))
    packed = features_pack(ordered, rows.astype(np.float32))
    assert len(packed) == 2 + 2 * rows.size
    found = features_unpack(packed)
    assert list(found) == ordered
    np.testing.assert_allclose(np.stack(list(found.values()), axis=1), rows, atol=1 / STEPS)


def test_what_lies_outside_is_cut_off() -> None:
    found = features_unpack(features_pack(["cf_score"], np.array([[-1.0], [2.0], [0.5]])))
    assert found["cf_score"].tolist()[:2] == [0.0, 1.0]


@pytest.mark.parametrize(
    "packed",
    [b"", b"\x01", b"\x02\x01\x00\x00", b"\x01\x00", b"\x01\x03\x00\x00", b"\x01\xff\x00\x00"],
)
def test_other_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises(PackedUnreadable):
        features_unpack(packed)
