"""Who acts, by place: the same as by the experiments themselves, whatever their variants."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from apps.search.domain.contending import casting_of, contenders_settle, standing_of
from tests.search.test_domain_overrides import contender, overrides_any


@given(st.data())
def test_places_are_those_of_the_settled(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.none() | st.tuples(overrides_any, overrides_any), max_size=6))
    forced = data.draw(st.sets(st.integers(0, 5)))
    row = [
        None if each is None else contender(f"e{n}", *each, forced=n in forced)
        for n, each in enumerate(drawn)
    ]
    settled = contenders_settle(each for each in row if each is not None)
    found = casting_of(row)
    assert tuple(row[place] for place in found.acting) == settled.acting
    told = {each.key: win for each, win in zip(row, found.winners, strict=True) if each and win}
    assert told == settled.yielding
    # Who shows which variant says nothing about it: what was found may be kept by the standing.
    others = [each and replace(each, index=0) for each in row]
    assert casting_of(others) == found
    assert [each and standing_of(each) for each in others] == [
        each and standing_of(each) for each in row
    ]
