"""What holds of rules whatever they are, whatever is asked, through the real pipeline."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.access.models import User
from apps.catalog.contracts import FilterSet
from apps.catalog.models import Product
from apps.merchandising.contracts_rules import Hide, Keep, RuleSwitches, Target
from apps.merchandising.domain.rules.book import CompiledRuleBook
from apps.merchandising.domain.rules.content import rule_parse
from apps.merchandising.services_rules import rule_edit, rule_publish, rule_rollback
from apps.ranking.domain.ruling import Ruling
from apps.search.contracts import SearchRequest, Sort
from apps.search.domain.contending import Arm, Contender, SearchPlan
from apps.search.domain.overrides import SearchOverrides
from apps.search.domain.ruling import context_of
from apps.search.selectors.configuration import settings_configured
from apps.search.selectors.facets import facets_counted
from apps.search.services.core import Core, core_hits, search_core
from apps.search.services.swaps import hits_exchanged
from tests.search.rules.conftest import Publish
from tests.search.rules.doing import boost, bury, hide, keep, pin
from tests.search.types import Ask, Json

pytestmark = pytest.mark.usefixtures("catalogue")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
drawn = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
PRODUCTS = [f"p-{line}-{at}" for line in range(4) for at in range(9)]
QUERIES = ["mouse", "wireless mouse", "acme mouse", "hub", "running shoes", "", "zzqx", "mous"]

products = st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=4, unique=True)
brands = st.lists(st.sampled_from(["Acme", "Belmont", "Corvid"]), min_size=1, max_size=2)


@st.composite
def targets(draw: st.DrawFn) -> tuple[tuple[str, ...], dict[str, Any]]:
    if draw(st.booleans()):
        return tuple(draw(products)), {}
    return (), {"brand": draw(brands)}


@st.composite
def consequences(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(["pin", "pin", "pin", "hide", "keep", "boost", "bury"]))
    if kind == "pin":
        return pin(draw(st.sampled_from(PRODUCTS)), draw(st.integers(1, 12)))
    named, filters = draw(targets())
    if kind in {"hide", "keep"}:
        return (hide if kind == "hide" else keep)(*named, **filters)
    if kind == "boost":
        return boost(draw(st.integers(1, 100)), *named, **filters)
    return bury(draw(st.integers(-100, -1)), *named, **filters)


@st.composite
def books(draw: st.DrawFn) -> CompiledRuleBook:
    rules = [
        rule_parse(
            f"r{place}",
            1,
            {
                "title": "drawn",
                "priority": draw(st.integers(-3, 3)),
                "consequences": [draw(consequences())],
            },
        )
        for place in range(draw(st.integers(1, 7)))
    ]
    return CompiledRuleBook(rules, 1)


@st.composite
def requests(draw: st.DrawFn, *, sorts: tuple[Sort, ...] = tuple(Sort)) -> SearchRequest:
    brand = draw(st.sampled_from([(), (), ("Acme",), ("Belmont", "Corvid")]))
    return SearchRequest(
        query=draw(st.sampled_from(QUERIES)),
        per_page=100,
        sort=draw(st.sampled_from(sorts)),
        filters=FilterSet(brands=brand),
        filters_asked={"brand": brand} if brand else {},
        facets=("brand", "category"),
        explain=True,
        logged=False,
        experimented=False,
    )


def plans(book: CompiledRuleBook, *, interleaved: bool) -> SearchPlan:
    """All rules; or two rankings, one without some of them."""
    arm = Arm(settings_configured())
    if not interleaved:
        return SearchPlan(arm)
    without = frozenset(rule.key for rule in book.rules()[::2])
    other = replace(arm, switches=RuleSwitches(without=without))
    overrides = (SearchOverrides(), SearchOverrides(rules=other.switches))
    contender = Contender(
        key="draft", variants=("a", "b"), index=0, forced=False, interleaves=True,
        started_at=None, overrides=overrides, knobs=frozenset(),
    )  # fmt: skip
    return SearchPlan(arm, other, contender, 7)


def shown(core: Core, request: SearchRequest) -> list[str]:
    return [hit.document.product_id for hit in core_hits(core, request)]


def meant(target: Target) -> set[str]:
    """The oracle: products by plain SQL."""
    found: QuerySet[Product] = Product.objects.all()
    if target.products:
        found = found.filter(product_id__in=target.products)
    else:
        found = found.filter(brand__in=target.filters["brand"])
    return set(found.values_list("product_id", flat=True))


def allowed(book: CompiledRuleBook, request: SearchRequest) -> set[str]:
    """What no hide hides, every keep keeps, and the shopper's filter lets through."""
    found = set(Product.objects.filter(active=True).values_list("product_id", flat=True))
    for rule in book.rules():
        for each in rule.consequences:
            if isinstance(each, Hide):
                found -= meant(each.target)
            if isinstance(each, Keep):
                found &= meant(each.target)
    if request.filters.brands:
        found &= meant(Target(filters={"brand": request.filters.brands}))
    return found


@drawn
@given(books(), requests(), st.booleans())
def test_hidden_products_appear_nowhere(
    book: CompiledRuleBook, request_: SearchRequest, interleaved: bool
) -> None:
    ruling = Ruling(book, NOW)
    core = search_core(request_, plans(book, interleaved=False), ruling)
    may = allowed(book, request_)
    found = shown(core, request_)
    assert set(found) <= may
    assert core.listing.found == len(found) == len(set(found))
    if not request_.filters.brands:
        left = dict.fromkeys(("Acme", "Belmont", "Corvid"), 0)
        for brand in Product.objects.filter(product_id__in=may).values_list("brand", flat=True):
            left[brand] += 1
        for line in facets_counted(core.listing.sides, request_)["brand"]:
            assert line.count <= left[line.value]
    assert not interleaved or set(
        shown(search_core(request_, plans(CompiledRuleBook((), 1), interleaved=True), ruling),
              request_)
    ) <= may  # fmt: skip


@drawn
@given(books(), requests(sorts=(Sort.RELEVANCE,)), st.booleans())
def test_pins_land_where_they_say_whatever_else_happens(
    book: CompiledRuleBook, request_: SearchRequest, interleaved: bool
) -> None:
    ruling, plan = Ruling(book, NOW), plans(book, interleaved=interleaved)
    core = search_core(request_, plan, ruling)
    found, may = shown(core, request_), allowed(book, request_)
    acting = book.acting(context_of(request_, ruling))
    pins = {each.product: each.position for _, each in acting.pins}
    if interleaved and plan.other is not None:
        # Where only one of two rankings pins, that is what the experiment is about.
        other = book.acting(context_of(request_, ruling, plan.other.switches))
        same = {each.product: each.position for _, each in other.pins}
        pins = {product: at for product, at in pins.items() if same.get(product) == at}
        shortest = min(len(side.ranking.order) for side in core.listing.sides)
    else:
        shortest = len(found)
    for product, position in pins.items():
        if product in may and position <= shortest:
            assert found[position - 1] == product
    hits = core_hits(core, request_)
    for number in range(20):
        swapped, _ = hits_exchanged(hits, core, UUID(int=number * 7919))
        for product, position in pins.items():
            if product in may and position <= shortest:
                assert swapped[position - 1].document.product_id == product


@drawn
@given(books(), requests())
def test_contributions_sum_and_the_order_is_the_same_again(
    book: CompiledRuleBook, request_: SearchRequest
) -> None:
    ruling = Ruling(book, NOW)
    turned = Ruling(CompiledRuleBook(reversed(book.rules()), 2), NOW)
    first, again = (search_core(request_, None, each) for each in (ruling, turned))
    assert shown(first, request_) == shown(again, request_)
    for hit in core_hits(first, request_):
        assert hit.record is not None
        total = math.fsum(hit.record.contributions.values())
        assert abs(total - hit.record.final_score) <= 1e-9
        assert hit.record.final_score == hit.score
        for step in hit.record.steps:
            assert 1 <= step.to_rank <= first.listing.found


def test_publish_then_rollback_answers_the_same_bytes(ask: Ask, publish: Publish) -> None:
    publish("r", pin("p-3-0", 2), boost(70, brand=["Corvid"]), q="mouse")
    publish("other", hide("p-0-0"))
    mara = User.objects.get(username="mara")
    before = _bodies(ask)
    rule_edit(
        key="r",
        content={"title": "Other", "conditions": {}, "consequences": [hide(brand=["Acme"])]},
        actor=mara,
    )
    rule_publish(key="r", actor=mara, reason="try", acknowledge_warnings=True)
    assert _bodies(ask) != before
    rule_rollback(key="r", to_number=1, actor=mara, reason="no")
    assert _bodies(ask) == before


def _bodies(ask: Ask) -> list[bytes]:
    asked: list[Json] = [
        {"q": "mouse", "facets": "brand,category"},
        {"q": "mouse", "sort": "price"},
        {"q": "", "filter[category]": "electronics"},
        {"q": "hub", "page": 1},
    ]
    own = re.compile(rb'"(query_id|took_ms)":[^,]+,')
    return [own.sub(b"", ask(each).content) for each in asked]
