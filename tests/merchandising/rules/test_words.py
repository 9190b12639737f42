import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.merchandising.contracts_rules import QueryCondition, QueryMatch, Rewrite
from apps.merchandising.domain.rules.words import (
    pattern_matches,
    pattern_normalise,
    phrase_places,
    query_rewrite,
    words_normalise,
)
from tests.merchandising.rules.naive import matches
from tests.merchandising.rules.strategies import queries, some, words


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  Café   Crème ", ("cafe", "creme")),
        ("USB-C", ("usb", "c")),
        ("T\u00e9l\u00e9vision, 15.6 inch!", ("television", "15.6", "inch")),
        ("Stra\u00dfe", ("strasse",)),
        ("\uff34\uff36", ("tv",)),
        ("snake_case", ("snake", "case")),
        ("?!", ()),
        ("1,000 things", ("1,000", "things")),
    ],
)
def test_words_have_one_form(typed: str, expected: tuple[str, ...]) -> None:
    assert words_normalise(typed) == expected


@some
@given(st.text(max_size=30))
def test_normal_words_stay_as_they_are(text: str) -> None:
    once = words_normalise(text)
    assert words_normalise(" ".join(once)) == once


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("... Red  SHOES ...", "... red shoes ..."),
        ("...shoes", "... shoes"),
        ("cheap * usb-c\u2026", "cheap * usb c ..."),
        ("* tv", "* tv"),
    ],
)
def test_patterns_have_one_form(typed: str, expected: str) -> None:
    assert pattern_normalise(typed) == expected
    assert pattern_normalise(expected) == expected


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("red ... shoes", "beginning"),
        ("lap*", "whole word"),
        ("* *", "no word"),
        ("...", "no word"),
        ("", "no word"),
    ],
)
def test_patterns_that_mean_nothing_are_refused(typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        pattern_normalise(typed)


@some
@given(
    queries().filter(lambda each: each.match is QueryMatch.PATTERN), st.lists(words, max_size=5)
)
def test_patterns_match_as_a_regular_expression_would(
    condition: QueryCondition, typed: list[str]
) -> None:
    expected = matches(condition, tuple(typed))
    assert pattern_matches(tuple(condition.text.split()), tuple(typed)) is expected


def test_a_phrase_is_found_every_time() -> None:
    assert phrase_places(("a", "b"), ("a", "b", "a", "b")) == (0, 2)
    assert phrase_places(("a", "b", "c"), ("a", "b")) == ()


@pytest.mark.parametrize(
    ("typed", "rewrites", "expected"),
    [
        ("Cheap TV, 4K", [Rewrite("tv", "television")], "Cheap television, 4K"),
        ("red USB-C cable", [Rewrite("usb c", "thunderbolt")], "red thunderbolt cable"),
        ("cheap tv", [Rewrite("cheap", "")], "tv"),
        ("anything", [Rewrite("", "sale")], "sale"),
        ("  kept  as typed ", [Rewrite("tv", "x")], "  kept  as typed "),
        ("tv big", [Rewrite("tv", "big"), Rewrite("big", "small")], "big small"),
        ("red tv", [Rewrite("red tv", "oled"), Rewrite("tv", "x")], "oled"),
        ("tv and tv", [Rewrite("tv", "x")], "x and x"),
    ],
)
def test_words_are_replaced_where_they_stand(
    typed: str, rewrites: list[Rewrite], expected: str
) -> None:
    assert query_rewrite(typed, rewrites) == expected
