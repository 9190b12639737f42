import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.domain.spelling.channel import (
    DOUBLED,
    FIRST_LETTER,
    LEFT_OUT,
    NEIGHBOUR,
    OTHER,
    SOUNDS_ALIKE,
    SWAPPED,
    slip_cost,
)
from apps.search.domain.spelling.confidence import Candidate, judged, likelihood

_word = st.text("abcdemnost", min_size=1, max_size=9)
_share = st.floats(0, 1)


@pytest.mark.parametrize(
    ("typed", "meant", "cost"),
    [
        ("mouse", "mouse", 0.0),
        ("mose", "mouse", LEFT_OUT),
        ("ouse", "mouse", LEFT_OUT + FIRST_LETTER),
        ("mousse", "mouse", DOUBLED),
        ("adress", "address", DOUBLED),
        ("moues", "mouse", SWAPPED),
        ("omuse", "mouse", SWAPPED + FIRST_LETTER),
        ("mousr", "mouse", NEIGHBOUR),
        ("kouse", "mouse", NEIGHBOUR + FIRST_LETTER),
        ("mousi", "mouse", SOUNDS_ALIKE),
        ("keybpard", "keyboard", NEIGHBOUR),
        ("keybxard", "keyboard", OTHER),
        ("keybxoard", "keyboard", OTHER),
        ("mouswe", "mouse", NEIGHBOUR),
    ],
)
def test_what_a_slip_costs(typed: str, meant: str, cost: float) -> None:
    assert slip_cost(typed, meant) == pytest.approx(cost)


@given(_word, _word)
def test_only_equal_words_cost_nothing(typed: str, meant: str) -> None:
    assert (slip_cost(typed, meant) == 0) == (typed == meant)
    assert slip_cost(typed, meant) >= 0


def test_nobody_meant_anything() -> None:
    assert judged("mose", [], []) is None


@given(
    _word,
    st.lists(
        st.tuples(st.builds(Candidate, _word, _share, st.floats(0, 9)), _share),
        min_size=1,
        max_size=6,
    ),
)
def test_confidence_is_a_share(typed: str, weighed: list[tuple[Candidate, float]]) -> None:
    candidates, beside = zip(*weighed, strict=True)
    found = judged(typed, candidates, beside)
    assert found is not None
    assert 0 <= found.confidence <= 1
    best = max(likelihood(each, near) for each, near in weighed)
    assert any(
        each.text == found.text and likelihood(each, near) == best for each, near in weighed
    )


def _confidence(typed: str, *candidates: tuple[str, float, float]) -> float:
    found = judged(typed, [Candidate(*each) for each in candidates], [0.0] * len(candidates))
    assert found is not None
    return found.confidence


def test_a_rival_takes_confidence_and_another_form_of_the_word_does_not() -> None:
    alone = _confidence("keybord", ("keyboard", 0.1, 1.2))
    rival = _confidence("keybord", ("keyboard", 0.1, 1.2), ("keybird", 0.1, 1.2))
    plural = _confidence("keybord", ("keyboard", 0.1, 1.2), ("keyboards", 0.1, 1.2))
    assert rival < alone <= plural


def test_longer_nearer_and_more_usual_words_are_surer() -> None:
    assert _confidence("mose", ("mouse", 0.01, 1.2)) < _confidence("keybord", ("x", 0.01, 1.2))
    assert _confidence("mose", ("mouse", 0.01, 1.2)) < _confidence("mose", ("mouse", 0.1, 1.2))
    assert _confidence("mose", ("mouse", 0.01, 2.5)) < _confidence("mose", ("mouse", 0.01, 1.2))


def test_company_decides() -> None:
    candidates = [Candidate("mode", 0.019, 1.2), Candidate("mouse", 0.014, 1.2)]
    apart, together = judged("mose", candidates, [0, 0]), judged("mose", candidates, [0, 0.3])
    assert apart is not None
    assert together is not None
    assert (apart.text, together.text) == ("mode", "mouse")
    assert apart.confidence < 0.8 <= together.confidence


def test_short_words_with_a_common_beginning_are_not_one_word() -> None:
    assert _confidence("scan", ("scanner", 0.1, 1.2), ("scan", 0.1, 1.2)) < 0.6
