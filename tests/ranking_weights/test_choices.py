"""What a variant's payload says about weights, and what it comes to."""

import pytest

from apps.experiments.contracts.assignment import Json
from apps.features.contracts import FEATURE_NAMES, FRESHNESS_SCORE, POPULARITY_SCORE, SEARCH_SCORE
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS, WeightsChoice, WeightSet
from apps.ranking_weights.domain.choices import (
    ChoiceInvalid,
    weights_choice_read,
    weights_choice_written,
)
from apps.ranking_weights.domain.resolve import weights_resolve_from

ALL = frozenset(FEATURE_NAMES)
FRESH = {FRESHNESS_SCORE: 1.0}
POPULAR = {POPULARITY_SCORE: 1.0}
PUBLISHED = {
    "global": WeightSet("global", 4, POPULAR),
    "electronics": WeightSet("electronics", 2, {SEARCH_SCORE: 1.0}),
}
SETTLED = {("electronics", 1): WeightSet("electronics", 1, FRESH)}


@pytest.mark.parametrize(
    ("payload", "choice"),
    [
        (None, None),
        ("green", None),
        ({}, None),
        ({"ranking": None}, None),
        ({"button": "green"}, None),
        ({"ranking": {"weights": FRESH}}, WeightsChoice(((FRESHNESS_SCORE, 1.0),))),
        (
            {"ranking": {"weights": FRESH, "subject": "electronics"}},
            WeightsChoice(((FRESHNESS_SCORE, 1.0),), "electronics"),
        ),
        (
            {"ranking": {"weight_set": {"subject": "electronics", "number": 1}}},
            WeightsChoice((), "electronics", 1),
        ),
        ({"ranking": {"source": "global"}}, WeightsChoice((), "global")),
    ],
)
def test_what_payloads_mean_and_the_way_back(payload: Json, choice: WeightsChoice | None) -> None:
    assert weights_choice_read(payload) == choice
    if choice is not None:
        assert {"ranking": weights_choice_written(choice)} == payload
        assert choice.is_global == (choice.subject == "global")


@pytest.mark.parametrize(
    ("ranking", "field"),
    [
        ([], "ranking"),
        ({}, "ranking"),
        ({"source": "global", "weights": FRESH}, "ranking"),
        ({"source": "category"}, "ranking.source"),
        ({"source": "global", "subject": "x"}, "ranking.subject"),
        ({"weights": []}, "ranking.weights"),
        ({"weights": {"nope": 1.0}}, "ranking.weights.nope"),
        ({"weights": {FRESHNESS_SCORE: "1"}}, f"ranking.weights.{FRESHNESS_SCORE}"),
        ({"weights": {FRESHNESS_SCORE: 0.5}}, "ranking.weights"),
        ({"weights": FRESH, "subject": 1}, "ranking.subject"),
        ({"weights": FRESH, "number": 1}, "ranking.number"),
        ({"weight_set": 1}, "ranking.weight_set"),
        ({"weight_set": {"subject": "global"}}, "ranking.weight_set.number"),
        ({"weight_set": {"subject": "global", "number": True}}, "ranking.weight_set.number"),
        ({"weight_set": {"number": 1}}, "ranking.weight_set.subject"),
        ({"weight_set": {"number": 1, "subject": []}}, "ranking.weight_set.subject"),
    ],
)
def test_what_cannot_be_meant_is_named(ranking: Json, field: str) -> None:
    with pytest.raises(ChoiceInvalid) as refused:
        weights_choice_read({"ranking": ranking})
    assert refused.value.field == field
    assert refused.value.message


@pytest.mark.parametrize(
    ("choice", "path", "source", "subject", "number"),
    [
        (WeightsChoice(tuple(FRESH.items())), "electronics/mice", "override", "", 0),
        (WeightsChoice(tuple(FRESH.items())), None, "override", "", 0),
        (
            WeightsChoice(tuple(FRESH.items()), "fashion"),
            "electronics",
            "category",
            "electronics",
            2,
        ),
        (WeightsChoice((), "electronics", 1), "electronics/mice", "override", "electronics", 1),
        (WeightsChoice((), "electronics", 1), "electronics2", "global", "global", 4),
        (WeightsChoice((), "electronics", 1), None, "global", "global", 4),
        (WeightsChoice((), "electronics", 9), "electronics", "category", "electronics", 2),
        (WeightsChoice((), "global"), "electronics", "override", "global", 4),
    ],
)
def test_where_a_choice_acts(
    choice: WeightsChoice, path: str | None, source: str, subject: str, number: int
) -> None:
    found = weights_resolve_from(
        published=PUBLISHED, category_path=path, available=ALL, choice=choice, settled=SETTLED
    )
    assert (found.source, found.subject, found.number) == (source, subject, number)


def test_global_without_a_published_global_set_is_the_default() -> None:
    found = weights_resolve_from(
        published={"electronics": PUBLISHED["electronics"]},
        category_path="electronics",
        available=ALL,
        choice=WeightsChoice((), "global"),
    )
    assert (found.source, found.number) == ("override", 0)
    assert dict(found.weights) == DEFAULT_WEIGHTS
