"""The demo's ratings follow the shoppers' own utility, and say so."""

from datetime import UTC, datetime

import numpy as np

from apps.demo.contracts import ShopperConfig
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.domain.judging import shelf_ratings

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def test_ratings_are_the_same_every_time_and_use_the_scale() -> None:
    catalogue = catalogue_generate(seed=5, count_wanted=400, as_of=AS_OF)
    config = ShopperConfig(seed=5)
    asked = {"raters": {"ada": 100, "bob": 3}, "per_shelf": 2, "as_of": AS_OF, "config": config}
    found = list(shelf_ratings(catalogue, **asked))  # type: ignore[arg-type]  # a table of keywords
    assert found == list(shelf_ratings(catalogue, **asked))  # type: ignore[arg-type]  # the same
    assert {each.rating for each in found} == {0, 1, 2, 3}
    assert {each.rater for each in found} == {"ada", "bob"}
    queries = {each.query for each in found if each.rater == "bob"}
    assert len(queries) <= 6
    # Raters differ by taste alone: often the same, not always.
    rated = {(each.query, each.product_id, each.rater): each.rating for each in found}
    both = [
        (rated[query, product, "ada"], rating)
        for (query, product, rater), rating in rated.items()
        if rater == "bob"
    ]
    same = np.mean([one == other for one, other in both])
    assert 0.3 < same < 1.0
