import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given

from apps.features.contracts import (
    CF_SCORE,
    FRESHNESS_SCORE,
    POPULARITY_SCORE,
    SEARCH_SCORE,
)
from apps.ranking.contracts import Diversity, Hidden, RankingInputInvalid, Rule
from apps.ranking.domain.pipeline import rank
from apps.ranking.domain.records import hit_record, hit_records
from apps.ranking_weights.contracts import ResolvedWeights
from tests.ranking.strategies import (
    FIRST_ROW,
    Case,
    candidates_of,
    cases,
    examples,
    rows_of,
    search_only,
)


def wanted_pins(case: Case) -> dict[int, int]:
    """Row → position, of pins that nothing legitimate keeps from landing: the oracle."""
    hidden = {row for rule in case.rules if rule.kind == "hide" for row in rule.rows}
    present = set(case.candidates.rows.tolist()) - hidden
    pins: dict[int, int] = {}
    for rule in case.rules:
        if rule.kind == "pin":
            for offset, row in enumerate(r for r in dict.fromkeys(rule.rows) if r in present):
                pins.setdefault(row, rule.position + offset)
    first_to_ask: dict[int, int] = {}
    for row, position in pins.items():
        if position <= len(present):
            first_to_ask.setdefault(position, row)
    return {row: position for position, row in first_to_ask.items()}


@examples
@given(cases())
def test_contributions_sum_to_the_score(case: Case) -> None:
    ranking = case.ranked()
    for record in hit_records(ranking, 1, len(ranking.order)):
        total = math.fsum(record.contributions.values())
        assert abs(total - record.final_score) <= 1e-9 * max(1.0, abs(record.final_score))


@examples
@given(cases())
def test_visible_and_hidden_are_the_candidates(case: Case) -> None:
    ranking = case.ranked()
    rows = [*ranking.rows_ranked().tolist(), *(hidden.row for hidden in ranking.hidden)]
    assert sorted(rows) == case.candidates.rows.tolist()


@examples
@given(cases())
def test_hide_beats_everything(case: Case) -> None:
    ranking = case.ranked()
    hidden = {row for rule in case.rules if rule.kind == "hide" for row in rule.rows}
    assert not hidden & set(ranking.rows_ranked().tolist())


@examples
@given(cases())
def test_pins_land_where_they_say_whatever_else_happens(case: Case) -> None:
    rows = case.ranked().rows_ranked().tolist()
    for row, position in wanted_pins(case).items():
        assert rows[position - 1] == row


@examples
@given(cases())
def test_diversity_never_moves_a_pinned_hit(case: Case) -> None:
    with_it = case.ranked().rows_ranked().tolist()
    without = dataclasses.replace(case, diversity=None).ranked().rows_ranked().tolist()
    assert sorted(with_it) == sorted(without)
    pinned = {row for rule in case.rules if rule.kind == "pin" for row in rule.rows}
    for place, row in enumerate(without):
        if row in pinned:
            assert with_it[place] == row


@examples
@given(cases())
def test_diversity_keeps_the_order_inside_a_group(case: Case) -> None:
    if case.diversity is None or any(rule.kind == "pin" for rule in case.rules):
        return
    group_of = dict(
        zip(case.candidates.rows.tolist(), case.diversity.groups.tolist(), strict=True)
    )
    with_it = case.ranked().rows_ranked().tolist()
    without = dataclasses.replace(case, diversity=None).ranked().rows_ranked().tolist()
    for group in set(group_of.values()) - {-1}:
        assert [r for r in with_it if group_of[r] == group] == [
            r for r in without if group_of[r] == group
        ]


@examples
@given(cases())
def test_without_rules_the_order_is_score_then_tie_break(case: Case) -> None:
    plain = dataclasses.replace(case, rules=(), diversity=None)
    ranking = plain.ranked()
    keys = [(-ranking.scores[i], plain.tie_break[i]) for i in ranking.order]
    assert keys == sorted(keys)
    assert ranking.steps == {}
    assert ranking.hidden == ()
    assert ranking.applied_rules == ()


@examples
@given(cases())
def test_the_same_input_ranks_the_same_whatever_its_order(case: Case) -> None:
    plain = dataclasses.replace(case, rules=(), diversity=None)
    turned = np.arange(len(plain.candidates))[::-1]
    other = dataclasses.replace(
        plain,
        candidates=dataclasses.replace(
            plain.candidates,
            **{
                field.name: getattr(plain.candidates, field.name)[turned]
                for field in dataclasses.fields(plain.candidates)
            },
        ),
        features={name: column[turned] for name, column in plain.features.items()},
        tie_break=plain.tie_break[turned],
    )
    assert plain.ranked().rows_ranked().tolist() == other.ranked().rows_ranked().tolist()


@examples
@given(cases())
def test_every_step_is_inside_the_list(case: Case) -> None:
    ranking = case.ranked()
    size = len(case.candidates)
    for steps in ranking.steps.values():
        for step in steps:
            assert 1 <= step.from_rank <= size
            assert 1 <= step.to_rank <= size


@examples
@given(cases())
def test_diversity_keeps_to_its_limit_where_there_are_others(case: Case) -> None:
    if case.diversity is None or any(rule.kind == "pin" for rule in case.rules):
        return
    ranking = case.ranked()
    groups = case.diversity.groups[ranking.order].tolist()
    window, waiting = groups[: case.diversity.window], groups[case.diversity.window :]
    for group in set(window) - {-1}:
        if window.count(group) > case.diversity.max_per_group:
            # Only when nobody outside could have taken the place.
            for other in set(waiting):
                assert other != -1
                assert window.count(other) >= case.diversity.max_per_group


def test_score_is_the_weighted_sum_of_the_house_default() -> None:
    # CONVENTIONS.md, Ranking: [0.4, 0.3, 0.2, 0.1] over search, cf, popularity, freshness.
    weights = ResolvedWeights(
        (
            (SEARCH_SCORE, 0.4),
            (CF_SCORE, 0.3),
            (POPULARITY_SCORE, 0.2),
            (FRESHNESS_SCORE, 0.1),
        ),
        "default",
        "",
        0,
    )
    ranking = rank(
        candidates=candidates_of([0.5, 1.0]),
        features={
            CF_SCORE: np.array([1.0, 0.0], dtype=np.float32),
            POPULARITY_SCORE: np.array([0.25, 0.5], dtype=np.float32),
            FRESHNESS_SCORE: np.array([0.0, 1.0], dtype=np.float32),
        },
        weights=weights,
        tie_break=np.array([7, 8], dtype=np.int64),
    )
    assert ranking.scores.tolist() == pytest.approx([0.55, 0.6], abs=1e-12)
    assert ranking.contributions[0].tolist() == pytest.approx([0.2, 0.3, 0.05, 0.0], abs=1e-12)
    assert ranking.order.tolist() == [1, 0]


def test_boost_and_bury_multiply_the_score_and_say_so() -> None:
    rules = (
        Rule("up", "boost", rows_of(2), factor=3.0, detail="own brand"),
        Rule("down", "bury", rows_of(0), factor=0.1),
    )
    ranking = search_only([0.9, 0.6, 0.4], rules)
    assert ranking.rows_ranked().tolist() == [FIRST_ROW + 2, FIRST_ROW + 1, FIRST_ROW]
    assert ranking.applied_rules == ("down", "up")
    first = hit_record(ranking, 1)
    assert first.final_score == pytest.approx(1.2)
    assert first.contributions == pytest.approx({SEARCH_SCORE: 0.4, "rules": 0.8})
    (step,) = first.steps
    assert (step.kind, step.from_rank, step.to_rank) == ("boost", 2, 1)
    (buried,) = hit_record(ranking, 3).steps
    assert (buried.kind, buried.from_rank, buried.to_rank) == ("bury", 1, 3)


def test_hidden_hits_say_where_they_would_have_stood() -> None:
    rules = (Rule("out", "hide", rows_of(1)), Rule("too", "hide", rows_of(1, 2, 7)))
    ranking = search_only([0.9, 0.6, 0.4], rules)
    told = [(hidden.row, hidden.rule, hidden.from_rank) for hidden in ranking.hidden]
    assert told == [(FIRST_ROW + 1, "out", 2), (FIRST_ROW + 2, "too", 3)]
    assert Hidden(FIRST_ROW + 1, "out", 2) in ranking.hidden
    assert len(ranking.hidden) == 2


def test_buried_to_nothing_stands_behind_everything_else() -> None:
    rules = (
        Rule("away", "bury", rows_of(0), factor=0.0),
        Rule("up", "boost", rows_of(0), factor=3.0),
    )
    ranking = search_only([0.9, 0.6, 0.0], rules)
    assert (ranking.rows_ranked() - FIRST_ROW).tolist() == [1, 2, 0]
    assert [(step.kind, step.from_rank, step.to_rank) for step in ranking.steps[0]] == [
        ("bury", 1, 3),
        ("boost", 3, 3),
    ]


def test_a_given_order_is_hidden_from_and_pinned_into() -> None:
    case = Case(
        candidates_of([0.9, 0.6, 0.4, 0.2]),
        {},
        ResolvedWeights(((SEARCH_SCORE, 1.0),), "default", "", 0),
        np.arange(4, dtype=np.int64),
    )
    rules = (
        Rule("out", "hide", rows_of(3)),
        Rule("up", "boost", rows_of(1), factor=9.0),
        Rule("top", "pin", rows_of(0), position=1),
    )

    def ranked(*given_rules: Rule) -> list[int]:
        ranking = rank(
            candidates=case.candidates,
            features={},
            weights=case.weights,
            tie_break=case.tie_break,
            rules=given_rules,
            order=np.array([3, 2, 1, 0], dtype=np.int32),
        )
        if given_rules:
            assert [one.from_rank for one in ranking.hidden] == [1]
            assert ranking.pinned == {0: 1}
            assert [(one.kind, one.from_rank, one.to_rank) for one in ranking.steps[1]] == [
                ("boost", 2, 2)
            ]
        return [int(row) - FIRST_ROW for row in ranking.rows_ranked()]

    assert ranked() == [3, 2, 1, 0]
    assert ranked(*rules) == [0, 2, 1]


@examples
@given(cases())
def test_the_last_step_leads_to_the_place(case: Case) -> None:
    alone = dataclasses.replace(case, rules=case.rules[:1], diversity=None)
    ranking = alone.ranked()
    assert all(candidate in ranking.steps for candidate in ranking.steps)
    assert bool(ranking.steps) is bool(len(ranking.steps))
    hidden = {one.row for one in ranking.hidden}
    for place, candidate in enumerate(ranking.order.tolist(), start=1):
        steps = ranking.steps.get(candidate, ())
        if steps:
            assert steps[-1].to_rank == place
        assert int(ranking.candidates.rows[candidate]) not in hidden


def test_pins_that_cannot_land_take_the_nearest_place_and_say_so() -> None:
    rules = (
        Rule("a", "pin", rows_of(3), position=2),
        Rule("b", "pin", rows_of(2), position=2, detail="campaign"),
        Rule("c", "pin", rows_of(0), position=9),
        Rule("d", "pin", rows_of(1), position=9),
        Rule("nobody", "pin", np.array([5], dtype=np.int32), position=1),
    )
    ranking = search_only([0.9, 0.8, 0.7, 0.6, 0.5], rules)
    rows = (ranking.rows_ranked() - FIRST_ROW).tolist()
    assert rows == [4, 3, 2, 1, 0]
    assert ranking.steps[2][0].detail == "campaign; position 2 was not free"
    assert "nobody" not in ranking.applied_rules


def test_diversity_records_whom_it_held_back() -> None:
    spread = Diversity(np.array([0, 0, 0, 1], dtype=np.int32), 1, 2, "brand")
    ranking = search_only([0.9, 0.8, 0.7, 0.6], diversity=spread)
    assert (ranking.rows_ranked() - FIRST_ROW).tolist() == [0, 3, 1, 2]
    assert list(ranking.steps) == [1]
    (step,) = ranking.steps[1]
    assert (step.kind, step.rule, step.from_rank, step.to_rank) == ("diversity", "brand", 2, 3)
    assert step.detail == "at most 1 in the first 2"


def test_pinned_hits_take_their_groups_room() -> None:
    spread = Diversity(np.array([0, 1, 0, 1], dtype=np.int32), 1, 2, "brand")
    pin = Rule("p", "pin", rows_of(2), position=1)
    ranking = search_only([0.9, 0.8, 0.7, 0.6], (pin,), spread)
    assert (ranking.rows_ranked() - FIRST_ROW).tolist() == [2, 1, 0, 3]


def test_nothing_found_ranks_nothing() -> None:
    ranking = search_only([], (Rule("p", "pin", np.array([1], dtype=np.int32), position=1),))
    assert len(ranking.order) == 0
    assert hit_records(ranking, 1, 20) == []


def test_without_any_weight_the_tie_break_orders() -> None:
    ranking = rank(
        candidates=candidates_of([0.1, 0.9]),
        features={},
        weights=ResolvedWeights((), "none", "", 0),
        tie_break=np.array([2, 1], dtype=np.int64),
    )
    assert ranking.order.tolist() == [1, 0]
    assert "stands by its product key" in hit_record(ranking, 1).reason


@pytest.mark.parametrize(
    ("feature", "values", "message"),
    [
        (POPULARITY_SCORE, [0.1, float("nan")], "not finite"),
        (POPULARITY_SCORE, [0.1], "1 values for 2"),
        (CF_SCORE, [0.1, 0.2], "'popularity_score' was not given"),
    ],
)
def test_unusable_features_are_refused(feature: str, values: list[float], message: str) -> None:
    with pytest.raises(RankingInputInvalid, match=message):
        rank(
            candidates=candidates_of([0.1, 0.2]),
            features={feature: np.array(values, dtype=np.float32)},
            weights=ResolvedWeights(((POPULARITY_SCORE, 1.0),), "global", "global", 1),
            tie_break=np.arange(2, dtype=np.int64),
        )


def test_arrays_that_are_not_aligned_are_refused() -> None:
    with pytest.raises(RankingInputInvalid, match="diversity groups has 1 values for 2"):
        search_only([0.1, 0.2], diversity=Diversity(np.zeros(1, dtype=np.int32), 1, 1))


@pytest.mark.parametrize(
    ("kind", "factor", "position"),
    [
        ("bury", 1.0, 0),
        ("bury", -0.1, 0),
        ("boost", 1.0, 0),
        ("boost", math.inf, 0),
        ("boost", math.nan, 0),
        ("pin", 1.0, 0),
    ],
)
def test_rules_outside_of_their_range_are_refused(kind: str, factor: float, position: int) -> None:
    with pytest.raises(RankingInputInvalid, match="rule 'r'"):
        Rule("r", kind, rows_of(1), factor=factor, position=position)  # type: ignore[arg-type]  # one parameter for all kinds


@pytest.mark.parametrize(("most", "window"), [(0, 1), (1, 0)])
def test_diversity_needs_limits(most: int, window: int) -> None:
    with pytest.raises(RankingInputInvalid, match="at least 1"):
        Diversity(np.zeros(1, dtype=np.int32), most, window)
