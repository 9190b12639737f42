"""Two pieces of work at once, and what happens when they cannot be."""

import os
import threading

import pytest

from apps.search.selectors import beside, vectors
from apps.search.selectors.beside import Helper, Work, both_done
from tests.search.types import Build, Search


def _helper(cores: int) -> Helper:
    helper = Helper()
    helper._cores = cores
    return helper


def _both(helper: Helper) -> tuple[str, str]:
    """Names of the threads that did the one and the other."""
    names = ["", ""]

    def work(place: int) -> None:
        names[place] = threading.current_thread().name

    helper.both(lambda: work(0), lambda: work(1))
    return names[0], names[1]


def test_a_free_helper_takes_one_of_the_two() -> None:
    here = threading.current_thread().name
    helper = _helper(2)
    assert [_both(helper) for _ in range(3)] == [("endcap-beside", here)] * 3


def test_on_one_core_and_with_a_busy_helper_both_are_done_in_turn() -> None:
    here = threading.current_thread().name
    assert _both(_helper(1)) == (here, here)
    helper, found = _helper(2), list[tuple[str, str]]()
    helper.both(lambda: None, lambda: found.append(_both(helper)))
    assert found == [(here, here)]


def test_what_fails_is_raised_and_leaves_the_helper_free() -> None:
    helper, done = _helper(2), list[str]()

    def fail() -> None:
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        helper.both(fail, lambda: done.append("here"))
    with pytest.raises(ValueError, match="failed"):
        helper.both(lambda: done.append("aside"), fail)
    assert done == ["here", "aside"]
    assert _both(helper)[0] == "endcap-beside"


def test_a_fork_has_a_helper_of_its_own() -> None:
    both_done(lambda: None, lambda: None)
    before = beside._process.helper
    beside._process.renew()
    assert beside._process.helper is not before
    done: list[int] = []
    both_done(lambda: done.append(os.getpid()), lambda: done.append(os.getpid()))
    assert done == [os.getpid()] * 2


@pytest.mark.usefixtures("catalogue")
def test_an_answer_is_the_same_one_after_the_other_and_at_once(
    search: Search, embedded: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted(aside: Work, here: Work) -> None:
        turns.append(True)
        both_done(aside, here)

    turns: list[bool] = []
    monkeypatch.setattr("apps.search.selectors.retrieval.both_done", counted)
    embedded()
    in_turn = search(q="wireless mouse")
    assert not turns
    monkeypatch.setattr(vectors, "_MANY", 1)
    at_once = search(q="wireless mouse", per_page=21)
    assert turns
    assert in_turn["hits"] == at_once["hits"][:20]
    assert in_turn["found"] == at_once["found"]
