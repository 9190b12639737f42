"""What is remembered of query strings is what would have been read."""

import pytest
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from apps.common.errors import InvalidInput
from apps.search.api import asked
from apps.search.api.asked import request_asked


def read(text: str) -> object:
    """As it is read here, or what is wrong with it."""
    try:
        return request_asked(_request(text), "pk")[0]
    except InvalidInput as error:
        return error.extra["field"]


def read_anew(text: str) -> object:
    try:
        return asked._parsed(QueryDict(text), "pk")
    except InvalidInput as error:
        return error.extra["field"]


def _request(text: str) -> HttpRequest:
    request = RequestFactory().get("/api/v1/search")
    request.META["QUERY_STRING"] = text
    return request


NAMES = st.sampled_from(
    ["q", "page", "user_id", "client_id", "session_id", "user%5Fid", "us%65r_id", "user_idx",
     "qa", "sticky", "%71a", "filter[brand]", "attributes[device]", "nonsense", ""]
)  # fmt: skip
VALUES = st.sampled_from(["", "1", "2", "a", "b c", "a+b", "%41", "a=b", "x" * 201, "%00", "ä"])
PARTS = st.tuples(NAMES, VALUES).map("=".join) | NAMES


@given(st.lists(PARTS, max_size=5).map("&".join))
def test_remembering_changes_nothing(text: str) -> None:
    for _ in range(2):
        assert read(text) == read_anew(text)


def test_who_asks_is_not_remembered() -> None:
    asked._read.clear()
    for number in range(3):
        found, common = request_asked(_request(f"q=mouse&user_id=u{number}&client_id=c"), "pk")
        assert (found.asker.user_id, found.asker.client_id) == (f"u{number}", "c")
        assert common is not None
        assert common.asker.user_id is None
    assert len(asked._read) == 1


def test_callers_do_not_share_a_request() -> None:
    one, other = (request_asked(_request("q=mouse"), name)[0] for name in ("pk_a", "pk_b"))
    assert (one.asker.principal, other.asker.principal) == ("pk_a", "pk_b")


@pytest.mark.parametrize("text", ["q=a&qa=token", "q=a&sticky=t", "q=" + "x " * 600, "q=%C3%A4"])
def test_tokens_and_long_strings_are_read_every_time(text: str) -> None:
    asked._read.clear()
    read(text)
    assert len(asked._read) == (1 if text == "q=%C3%A4" else 0)


def test_it_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_MOST_READ", 3)
    for number in range(10):
        read(f"q={number}")
    assert len(asked._read) <= 3
