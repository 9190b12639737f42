from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.events.services.ingest import events_ingest
from apps.experiments.contracts.design import UnitType
from apps.experiments.domain.assignment.buckets import bucket_ranges
from apps.experiments.domain.assignment.bulk import choice_table, slots_bulk, units_encode
from apps.experiments.domain.stratified import imbalance, salt_choose
from apps.experiments.selectors.strata import strata_known
from apps.experiments.services.stratification import salt_for
from tests.experiments.factories import experiment_make

STRATA = {f"user-{number}": ("new", "returning", "vip")[number % 7 % 3] for number in range(3000)}


def spread(salt: str, weights: tuple[float, ...], coverage: float = 1.0) -> float:
    slots = slots_bulk(salt, units_encode(list(STRATA)), 2)
    assert slots is not None
    chosen = choice_table(bucket_ranges(len(weights), coverage, weights), 2)[slots]
    names = np.array(list(STRATA.values()))
    shares = np.array([*(coverage * weight for weight in weights), 1 - coverage])
    counts = [
        [np.sum((names == name) & (chosen == index)) for index in (*range(len(weights)), -1)]
        for name in sorted(set(names))
    ]
    return imbalance(np.array(counts, dtype=np.float64), shares)


@pytest.mark.parametrize("coverage", [1.0, 0.4])
def test_the_best_of_the_candidates_is_chosen(coverage: float) -> None:
    weights = (0.2, 0.5, 0.3)
    chosen = salt_choose(
        key="e", salt_version=2, weights=weights, coverage=coverage, strata=STRATA,
        candidates=60, draw="ab",
    )  # fmt: skip
    scores = {f"e:2:ab{n:03x}": spread(f"e:2:ab{n:03x}", weights, coverage) for n in range(60)}
    assert chosen == min(scores, key=lambda salt: scores[salt])
    assert scores[chosen] < 0.5 * np.median(list(scores.values()))


def test_strata_balance_as_no_chance_would() -> None:
    """Chi-square of the chosen split over its degrees of freedom: far below 1."""
    salt = salt_choose(key="e", salt_version=1, weights=(0.5, 0.5), coverage=1.0, strata=STRATA)
    assert salt.startswith("e:1:")
    assert spread(salt, (0.5, 0.5)) < 0.6  # three strata: 3 degrees of freedom


def test_the_same_draw_gives_the_same_salt() -> None:
    one = salt_choose(
        key="e", salt_version=1, weights=(0.5, 0.5), coverage=1.0, strata=STRATA, draw="ab"
    )
    again = salt_choose(
        key="e", salt_version=1, weights=(0.5, 0.5), coverage=1.0, strata=STRATA, draw="ab"
    )
    assert one == again


@given(st.integers(0, 1), st.sampled_from([0.0, 0.5]), st.integers(-1, 1))
def test_without_a_choice_the_first_salt_is_taken(
    units: int, coverage: float, candidates: int
) -> None:
    strata = {f"u{number}": "a" for number in range(units)}
    salt = salt_choose(
        key="e", salt_version=1, weights=(0.5, 0.5), coverage=coverage, strata=strata,
        candidates=candidates, draw="ff",
    )  # fmt: skip
    assert salt == "e:1:ff000"


def test_salts_are_drawn_afresh() -> None:
    salts = {
        salt_choose(key="e", salt_version=1, weights=(0.5, 0.5), coverage=1.0, strata={})
        for _ in range(5)
    }
    assert len(salts) == 5


@pytest.mark.parametrize("stratified", [True, False])
def test_rerandomised_splits_favour_no_variant(stratified: bool) -> None:
    """Over many draws a unit is in each variant as often as its weight says."""
    few = {f"u{number}": str(number % 3) for number in range(60)}
    encoded = units_encode(list(few))
    table = choice_table(bucket_ranges(2, 1.0, (0.3, 0.7)), 2)
    hits = np.zeros(60)
    for number in range(300):
        salt = salt_choose(
            key="e", salt_version=1, weights=(0.3, 0.7), coverage=1.0, strata=few,
            candidates=20 if stratified else 1, draw=f"{number:x}",
        )  # fmt: skip
        slots = slots_bulk(salt, encoded, 2)
        assert slots is not None
        hits += table[slots]
    share = hits / 300
    assert abs(share.mean() - 0.7) < 0.01
    assert np.all(np.abs(share - 0.7) < 5 * np.sqrt(0.21 / 300))


@pytest.mark.django_db
def test_strata_are_what_events_said_last() -> None:
    now = timezone.now()

    def seen(client: str, segment: str | None, days: float, **more: str) -> dict[str, object]:
        attributes = {} if segment is None else {"segment": segment}
        moment = (now - timedelta(days=days)).isoformat()
        return {
            "type": "search", "client_id": client, "occurred_at": moment,
            "attributes": attributes, **more,
        }  # fmt: skip

    events_ingest(
        items=[
            seen("c1", "new", 3),
            seen("c1", "vip", 1, user_id="u1"),
            seen("c2", None, 1),
            seen("c3", "new", 27),
        ],
        received_at=now,
    )
    by_client = strata_known(unit=UnitType.CLIENT, attribute="segment", as_of=now)
    assert by_client == {"c1": "vip", "c3": "new"}
    assert strata_known(unit=UnitType.USER, attribute="segment", as_of=now) == {"u1": "vip"}
    assert strata_known(unit=UnitType.REQUEST, attribute="segment", as_of=now) == {}
    earlier = now - timedelta(days=2)
    assert strata_known(unit=UnitType.CLIENT, attribute="segment", as_of=earlier) == {
        "c1": "new",
        "c3": "new",
    }
    design = experiment_make(stratify_by="segment").design
    salt = salt_for(key="weights-test", salt_version=3, design=design, as_of=now)
    assert salt.startswith("weights-test:3:")
    plain = replace(design, stratify_by="")
    assert salt_for(key="a", salt_version=1, design=plain, as_of=now).startswith("a:1:")
