"""Ranks between two rules: counted or looked up, they are the same."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.ranking.domain.trail import _Scores

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
