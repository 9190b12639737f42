"""Ranks between two rules: counted or looked up, they are the same."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.ranking.contracts import Rule
from apps.ranking.domain.rules import rules_apply
from apps.ranking.domain.trail import StepsOf, _Scores

few = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000000001, 1.0])


@given(
    st.lists(st.tuples(few, st.booleans(), st.booleans()), min_size=1, max_size=30),
    st.booleans(),
    st.booleans(),
)
def test_ranks_are_places_in_the_sorted_list(
    given_rows: list[tuple[float, bool, bool]], with_last: bool, with_visible: bool
) -> None:
    scores = np.array([row[0] for row in given_rows])
    last = np.array([row[1] for row in given_rows]) if with_last else None
    visible = np.array([row[2] for row in given_rows]) if with_visible else None
    tie_break = np.arange(len(scores), dtype=np.int64)[::-1].copy()
    shown = [place for place in range(len(scores)) if visible is None or bool(visible[place])]
    order = sorted(
        shown,
        key=lambda place: (
            last is not None and bool(last[place]),
            -scores[place],
            tie_break[place],
        ),
    )
    between = _Scores(scores, last)
    for _ in range(2):
        assert [between.rank(place, tie_break, visible) for place in order] == [
            *range(1, len(order) + 1)
        ]


def test_steps_of_some_are_the_steps_of_each() -> None:
    rows = np.arange(9, dtype=np.int32)
    standing = rules_apply(
        rows=rows,
        scores=np.linspace(0.1, 0.9, 9),
        tie_break=rows.astype(np.int64),
        rules=[
            Rule("up", "boost", rows[:4], factor=3.0),
            Rule("down", "bury", rows[2:6], factor=0.5),
            Rule("first", "pin", rows[1:2], position=1),
        ],
    )
    steps = standing.steps()
    assert isinstance(steps, StepsOf)
    some = np.array([8, 1, 3, 6], dtype=np.int32)
    assert steps.among(some) == {each: steps[each] for each in some.tolist() if each in steps}
    assert list(steps.among(some)) == [1, 3]
