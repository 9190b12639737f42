"""Metrics of weights: their names, and how many labels there may be."""

import pytest
from prometheus_client import REGISTRY, generate_latest

from apps.ranking_weights import metrics


def used(category: str) -> float:
    return REGISTRY.get_sample_value("ranking_weights_used", {"category": category}) or 0.0


def test_the_names_are_as_written() -> None:
    metrics.weights_counted("toys")
    text = generate_latest(REGISTRY).decode()
    assert 'ranking_weights_used{category="toys"}' in text
    assert "\ncategory_specific_ranking_requests_total " in text


@pytest.mark.parametrize(
    ("named", "specific"),
    [("toys/trains", 1), ("global", 0), ("(default)", 0), ("(override)", 0), ("(none)", 0)],
)
def test_category_sets_are_told_from_the_others(named: str, specific: int) -> None:
    name = "category_specific_ranking_requests_total"
    before = used(named), REGISTRY.get_sample_value(name) or 0.0
    metrics.weights_counted(named)
    assert (used(named), REGISTRY.get_sample_value(name)) == (before[0] + 1, before[1] + specific)


def test_nothing_named_is_nothing_counted() -> None:
    before = ours()
    metrics.weights_counted("")
    assert ours() == before


def ours() -> list[str]:
    lines = generate_latest(REGISTRY).decode().splitlines()
    return [one for one in lines if "ranking_weights_used" in one or "category_specific" in one]


def test_labels_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_children", {})
    monkeypatch.setattr(metrics, "MOST_LABELS", 2)
    before = used(metrics.OTHERS)
    for named in ("a", "b", "c", "d", "a"):
        metrics.weights_counted(named)
    assert used(metrics.OTHERS) == before + 2
    assert REGISTRY.get_sample_value("ranking_weights_used", {"category": "c"}) is None
