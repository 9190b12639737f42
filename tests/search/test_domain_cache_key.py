"""What an answer's name depends on, and what it does not."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.contracts import FilterSet
from apps.events.contracts import QueryLogEntry
from apps.events.domain.query_codec import Exposed
from apps.search.contracts import SearchRequest, Sort
from apps.search.contracts_asker import Asker
from apps.search.domain.cache_key import OWN_FIELDS, PREFIX, answer_key, request_is_shared
from apps.search.domain.kept import Kept, KeptUnreadable, kept_decode, kept_encode


def key(request: SearchRequest, kind: str = "api", acting: str = "", seed: int = 0) -> str:
    return answer_key(request=request, kind=kind, in_force="v", acting=acting, seed=seed)


def test_a_key_is_a_prefix_and_a_digest() -> None:
    assert key(SearchRequest()).startswith(PREFIX)
    assert len(key(SearchRequest())) == len(PREFIX) + 32


@pytest.mark.parametrize(
    "change",
    [
        {"page": 2},
        {"per_page": 3},
        {"sort": Sort.PRICE},
        {"facets": ("brand",)},
        {"explain": True},
        {"query": "mouse"},
        {"filters": FilterSet(brands=("a",))},
        {"filters": FilterSet(attributes={"color": ("red",)})},
        {"filters_asked": {"brand": ("a",)}},
    ],
)
def test_what_is_asked_is_in_it(change: dict[str, object]) -> None:
    assert key(replace(SearchRequest(), **change)) != key(SearchRequest())  # type: ignore[arg-type]  # fields by name


def test_who_asks_is_not() -> None:
    asker = Asker("u", "c", "s", "sk_1")
    other = replace(
        SearchRequest(),
        asker=asker,
        attributes={"device": "phone"},
        degraded=("redis",),
        sticky="x",
    )
    assert key(other) == key(SearchRequest())


def test_kind_arms_and_drafts_are() -> None:
    request = SearchRequest()
    found = {
        key(request),
        key(request, "page"),
        key(request, acting="a"),
        key(request, seed=2**63),
    }
    assert len(found) == 4


def test_own_fields_are_fields() -> None:
    assert {each.name for each in fields(SearchRequest)} >= OWN_FIELDS


@given(
    st.permutations(["a", "b", "c"]), st.sampled_from(["Red  Mouse", " red mouse", "RED MOUSE"])
)
def test_orders_and_spellings_do_not_matter(values: list[str], query: str) -> None:
    request = SearchRequest(
        query=query,
        filters=FilterSet(brands=tuple(values), attributes={"color": tuple(values)}),
        filters_asked={"brand": tuple(values)},
    )
    plain = SearchRequest(
        query="red mouse",
        filters=FilterSet(brands=("a", "b", "c"), attributes={"color": ("a", "b", "c")}),
        filters_asked={"brand": ("a", "b", "c")},
    )
    assert key(request) == key(plain)


def test_what_somebody_forced_is_shared_with_nobody() -> None:
    assert request_is_shared(SearchRequest())
    plain = SearchRequest()
    assert not request_is_shared(replace(plain, qa="t"))
    assert not request_is_shared(replace(plain, weights_override={}))
    assert not request_is_shared(replace(plain, query_id=uuid4()))


def entry() -> QueryLogEntry:
    return QueryLogEntry(
        query_id=uuid4(), occurred_at=datetime(2026, 1, 1, tzinfo=UTC), query="Red Mouse",
        normalised="red mouse", filters={"brand": ["a"]}, sort="relevance", page=1, per_page=20,
        results_count=1, product_ids=("p",), category="mice", latency_ms=1.0, cache_hit=False,
        user_id="u", client_id="c", session_id="s", experiments=({"key": "e"},), principal="sk",
        positions=(1,), versions={"weights": 3},
    )  # fmt: skip


def test_a_kept_answer_comes_back_without_its_first_shopper() -> None:
    exposed = (Exposed("e", "a", 1, "mice"),)
    packed = kept_encode(Kept(b"{}", entry(), "mice", "all_terms", exposed, "e", {"p": "a"}))
    found = kept_decode(packed)
    assert (found.body, found.detected, found.exposures) == (b"{}", "mice", exposed)
    assert found.teams == {"p": "a"}
    assert found.entry.product_ids == ("p",)
    assert found.entry.versions == {"weights": 3}
    for name in (b"Red Mouse", b"sk"):
        assert name not in packed
    assert (found.entry.user_id, found.entry.client_id, found.entry.session_id) == (None,) * 3


@given(st.binary(max_size=60))
def test_any_other_bytes_are_named_unreadable(packed: bytes) -> None:
    with pytest.raises(KeptUnreadable):
        kept_decode(packed)
