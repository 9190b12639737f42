"""At most so many of a brand and of a category, on catalogues much larger than a shelf."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.features.contracts import ServingSnapshot
from apps.features.domain.serving import snapshot_build
from apps.recommendations.contracts import Constraints, Mix, Shopping, Sourced
from apps.recommendations.contracts_answers import Fallback, ShelfAsk
from apps.recommendations.domain.recommending import Recommended, recommend
from tests.features.catalogue import AS_OF, TREE, columns_of, product_row
from tests.recommendations.shelves.stage import Finds, S, placement_of, world_of
from tests.recommendations.shelves.test_domain_recommending import bookkeeping
from tests.search.rules.doing import pin

AUDIO, BOOKS = 11, 20


def catalogue_of(*kinds: tuple[str, int | None]) -> ServingSnapshot:
    """p1 … pn by brand and category, the first the most popular."""
    rows = [
        product_row(pk, brand=brand, category_id=category)
        for pk, (brand, category) in enumerate(kinds, start=1)
    ]
    return snapshot_build(
        columns=columns_of(*rows),
        tree=TREE,
        totals=np.arange(len(kinds), 0, -1, dtype=np.float64),
        as_of=AS_OF,
        freshness_half_life_days=30.0,
    )


ONE_BRAND_FIRST = catalogue_of(
    *[("HP", AUDIO)] * 60, *[(f"other {at % 9}", BOOKS) for at in range(40)]
)
ALIKE = Finds(
    S.SIMILAR, *[f"p{at}" for at in range(1, 61)], scores=[1.0 - at / 120 for at in range(60)]
)
RISING = Finds(S.TRENDING, *[f"p{at}" for at in range(61, 71)], scores=[0.1] * 10)


def brands(found: Recommended) -> Counter[int]:
    return Counter(found.world.snapshot.columns.brand[found.rows].tolist())


@pytest.mark.parametrize("mix", list(Mix))
def test_a_brand_that_fills_the_pool_makes_room_for_what_others_find(mix: Mix) -> None:
    constraints = Constraints(in_stock=False, most_per_brand=2)
    placement = placement_of(S.SIMILAR, S.TRENDING, mix=mix, constraints=constraints)
    world = world_of(ALIKE, RISING, snapshot=ONE_BRAND_FIRST, placement=placement)
    found = recommend(ShelfAsk(k=8), world)
    assert len(found.rows) == 8
    assert max(brands(found).values()) == 2
    assert found.fallback == ()
    assert {found.pool.sources[at] for at in found.ranking.order[:8]} == {S.SIMILAR, S.TRENDING}


def test_what_is_popular_makes_room_too_and_says_so() -> None:
    constraints = Constraints(in_stock=False, most_per_brand=1, most_per_category=5)
    placement = placement_of(S.SIMILAR, constraints=constraints)
    world = world_of(ALIKE, snapshot=ONE_BRAND_FIRST, placement=placement)
    found = recommend(ShelfAsk(k=6), world)
    assert max(brands(found).values()) == 1
    assert found.fallback == (Fallback.POPULAR,)


def test_a_limit_that_nothing_can_keep_gives_way() -> None:
    constraints = Constraints(in_stock=False, most_per_brand=1)
    placement = placement_of(S.SIMILAR, constraints=constraints)
    snapshot = catalogue_of(*[("HP", AUDIO)] * 60, ("Sony", BOOKS))
    found = recommend(ShelfAsk(k=4), world_of(ALIKE, snapshot=snapshot, placement=placement))
    assert sorted(brands(found).values()) == [1, 3]


def test_pins_beyond_the_limit_stand_and_the_others_keep_it() -> None:
    constraints = Constraints(in_stock=False, most_per_brand=1)
    placement = placement_of(S.SIMILAR, constraints=constraints)
    book = bookkeeping(("pins", [pin("p1", 1), pin("p2", 2)], {}))
    world = world_of(ALIKE, snapshot=ONE_BRAND_FIRST, placement=placement, book=book)
    found = recommend(ShelfAsk(k=6), world)
    assert found.rows[:2].tolist() == [0, 1]
    assert sorted(brands(found).values()) == [1, 1, 1, 1, 2]


def test_one_that_raises_is_asked_once() -> None:
    class Raises(Finds):
        def __call__(self, shopping: Shopping) -> Sourced:
            super().__call__(shopping)
            raise ValueError(self.name)

    broken = Raises(S.TRENDING)
    constraints = Constraints(in_stock=False, most_per_brand=1)
    placement = placement_of(S.TRENDING, S.SIMILAR, constraints=constraints)
    world = world_of(ALIKE, broken, snapshot=ONE_BRAND_FIRST, placement=placement)
    found = recommend(ShelfAsk(k=6), world)
    assert max(brands(found).values()) == 1
    assert (len(broken.asked), len(found.failed)) == (1, 1)


@given(
    runs=st.lists(
        st.tuples(
            st.sampled_from(["", *"abcd"]), st.sampled_from([None, AUDIO, BOOKS, 10]),
            st.integers(1, 60),
        ),
        min_size=1, max_size=5,
    ),
    brand=st.integers(0, 3), category=st.integers(0, 3), k=st.integers(1, 12),
)  # fmt: skip
def test_a_limit_is_broken_only_where_nothing_else_is_left(
    runs: list[tuple[str, int | None, int]], brand: int, category: int, k: int
) -> None:
    kinds = [(name, kind) for name, kind, times in runs for _ in range(times)]
    constraints = Constraints(in_stock=False, most_per_brand=brand, most_per_category=category)
    snapshot = catalogue_of(*kinds)
    found = recommend(
        ShelfAsk(k=k), world_of(snapshot=snapshot, placement=placement_of(constraints=constraints))
    )
    assert len(found.rows) == min(k, len(kinds))
    columns, shown = snapshot.columns, set(found.rows.tolist())
    limits = [(columns.brand, brand), (columns.category, category)]
    held = [(Counter(codes[found.rows].tolist()), codes, most) for codes, most in limits if most]
    broken = any(
        count > most for counts, _, most in held for code, count in counts.items() if code >= 0
    )
    if broken:
        for row in set(range(len(kinds))) - shown:
            assert any(
                codes[row] >= 0 and counts[codes[row]] >= most for counts, codes, most in held
            )
