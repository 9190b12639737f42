from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given

from apps.merchandising.contracts_rules import (
    Conditions,
    Keep,
    MerchandisingRule,
    QueryCondition,
    QueryMatch,
    Reach,
    Rewrite,
    RuleInvalid,
    Target,
    VariantCondition,
)
from apps.merchandising.domain.rules.conditions import conditions_json, conditions_parse
from apps.merchandising.domain.rules.consequences import consequences_parse
from apps.merchandising.domain.rules.content import key_parse, rule_content, rule_parse
from tests.merchandising.rules.strategies import rules, some

PIN = {"do": "pin", "product": "1", "position": 1}


def content(**changes: Any) -> dict[str, Any]:
    return {"title": "A rule", "consequences": [PIN], **changes}


@some
@given(rules())
def test_content_reads_back_the_same(rule: MerchandisingRule) -> None:
    written = rule_content(rule)
    try:
        read = rule_parse(rule.key, rule.number, written)
    except RuleInvalid as error:  # two consequences of the draw contradict each other
        assume("and so does consequence" not in error.message)
        raise
    assert rule_content(read) == written
    assert rule_parse(rule.key, rule.number, rule_content(read)) == read


def test_a_rule_is_read_with_what_is_usual() -> None:
    read = rule_parse("tv", 3, content())
    assert (read.key, read.number, read.priority, read.campaign) == ("tv", 3, 0, "")
    assert read.reach is Reach.EVERYONE
    assert read.conditions == Conditions()


def test_conditions_are_brought_to_their_normal_form() -> None:
    read = conditions_parse({
        "queries": [
            {"match": "exact", "text": " T\u00c9L\u00c9, 4K"},
            {"match": "exact", "text": "tele 4k"},
            {"match": "pattern", "text": "best * tv..."},
        ],
        "categories": ["/a/b/", "a/b", "/"],
        "segments": ["vip"],
        "attributes": {"shop": ["de", "de"]},
        "variants": [{"experiment": "x", "variants": ["a"]}],
    })  # fmt: skip
    assert read == Conditions(
        queries=(
            QueryCondition(QueryMatch.EXACT, "tele 4k"),
            QueryCondition(QueryMatch.PATTERN, "best * tv ..."),
        ),
        categories=("a/b",),
        segments=("vip",),
        attributes={"shop": ("de",)},
        variants=(VariantCondition("x", ("a",)),),
    )


def test_times_are_read_in_their_zone_and_told_in_it() -> None:
    read = conditions_parse({
        "starts_at": "2026-11-27", "ends_at": "2026-12-01T00:00:00Z",
        "time_zone": "Europe/Berlin",
    })  # fmt: skip
    assert read.starts_at == datetime(2026, 11, 26, 23, tzinfo=UTC)
    assert read.ends_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert conditions_json(read) == {
        "starts_at": "2026-11-27T00:00:00+01:00",
        "ends_at": "2026-12-01T01:00:00+01:00",
        "time_zone": "Europe/Berlin",
    }


def test_the_earlier_of_two_equal_clock_times_is_meant() -> None:
    read = conditions_parse({"starts_at": "2026-10-25T02:30", "time_zone": "Europe/Berlin"})
    assert read.starts_at == datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert conditions_json(read)["starts_at"] == "2026-10-25T02:30:00+02:00"


def test_consequences_are_brought_to_their_normal_form() -> None:
    read = consequences_parse([
        {"do": "rewrite", "find": "Cheap", "replace": ""},
        {"do": "keep", "filters": {"price": ["10..20"], "brand": ["Sony"]}},
    ])  # fmt: skip
    assert read == (
        Rewrite("cheap", ""),
        Keep(Target(filters={"brand": ("Sony",), "price": ("10..20",)})),
    )


def nested(*path: str, value: Any) -> dict[str, Any]:
    found: Any = value
    for name in reversed(path):
        found = {name: found}
    return content(**found)


def doing(**fields: Any) -> dict[str, Any]:
    return content(consequences=[fields])


@pytest.mark.parametrize(
    ("given_content", "field", "told"),
    [
        (content(colour="red"), "colour", "no field"),
        (content(title=" "), "title", "empty"),
        (content(title=3), "title", "text"),
        (content(title="x" * 201), "title", "200"),
        (content(title="a\nb"), "title", "control"),
        (content(priority="high"), "priority", "-1000 to 1000"),
        (content(priority=True), "priority", "whole number"),
        (content(campaign="Black Friday"), "campaign", "small letters"),
        (content(reach="some"), "reach", "everyone"),
        (content(conditions=[]), "conditions", "object"),
        (nested("conditions", "colour", value=1), "conditions.colour", "no field"),
        (nested("conditions", "queries", value="tv"), "conditions.queries", "list"),
        (
            nested("conditions", "queries", value=[{"match": "like", "text": "tv"}]),
            "conditions.queries.1.match",
            "exact",
        ),
        (
            nested("conditions", "queries", value=[{"match": "exact", "text": "?!"}]),
            "conditions.queries.1.text",
            "no word",
        ),
        (
            nested("conditions", "queries", value=[{"match": "pattern", "text": "a*"}]),
            "conditions.queries.1.text",
            "whole word",
        ),
        (
            nested("conditions", "segments", value=["x"] * 101),
            "conditions.segments",
            "at most 100",
        ),
        (nested("conditions", "segments", value=["a", ""]), "conditions.segments.2", "empty"),
        (nested("conditions", "attributes", value=[]), "conditions.attributes", "object"),
        (
            nested("conditions", "attributes", "a b", value=["x"]),
            "conditions.attributes.a b",
            "letters",
        ),
        (
            nested("conditions", "attributes", "device", value=["x"]),
            "conditions.attributes.device",
            "devices",
        ),
        (nested("conditions", "attributes", "a", value=[]), "conditions.attributes.a", "one"),
        (
            nested("conditions", "variants", value=[{"experiment": "x"}]),
            "conditions.variants.1.variants",
            "at least one",
        ),
        (
            nested("conditions", "variants", value=[{"experiment": "x", "variants": ["a"]}] * 2),
            "conditions.variants.2.experiment",
            "twice",
        ),
        (nested("conditions", "time_zone", value="Mars/X"), "conditions.time_zone", "zone"),
        (nested("conditions", "time_zone", value="../x"), "conditions.time_zone", "zone"),
        (nested("conditions", "starts_at", value="soon"), "conditions.starts_at", "2026"),
        (
            nested("conditions", "starts_at", value="9999-12-31T23:59:59-20:00"),
            "conditions.starts_at",
            "2026",
        ),
        (
            nested(
                "conditions",
                value={"starts_at": "2026-03-29T02:30", "time_zone": "Europe/Berlin"},
            ),
            "conditions.starts_at",
            "skip",
        ),
        (
            nested("conditions", value={"starts_at": "2026-02-01", "ends_at": "2026-02-01"}),
            "conditions.ends_at",
            "after",
        ),
        (content(consequences=[]), "consequences", "at least one"),
        (content(consequences=["pin"]), "consequences.1.do", "pin, boost"),
        (doing(do="fly"), "consequences.1.do", "pin, boost"),
        (doing(do="pin", product="1", position=0), "consequences.1.position", "1 to 1000"),
        (doing(do="pin", product="1", position=1, x=1), "consequences.1.x", "no field"),
        (doing(do="boost", products=["1"], factor=-5), "consequences.1.factor", "1 to 100"),
        (doing(do="bury", products=["1"], factor=5), "consequences.1.factor", "-100 to -1"),
        (doing(do="hide"), "consequences.1.products", "either"),
        (
            doing(do="hide", products=["1"], filters={"brand": ["x"]}),
            "consequences.1.products",
            "either",
        ),
        (doing(do="hide", filters=[]), "consequences.1.filters", "object"),
        (
            doing(do="hide", filters={"colour": ["x"]}),
            "consequences.1.filters.colour",
            "no filter",
        ),
        (
            doing(do="hide", filters={"price": ["cheap"]}),
            "consequences.1.filters.price",
            "low..high",
        ),
        (doing(do="hide", filters={"brand": []}), "consequences.1.filters.brand", "one value"),
        (doing(do="redirect", url="//evil.example"), "consequences.1.url", "https"),
        (doing(do="redirect", url="/\\evil.example"), "consequences.1.url", "https"),
        (doing(do="redirect", url="http://x.example"), "consequences.1.url", "https"),
        (doing(do="redirect", url="https://a@x.example"), "consequences.1.url", "https"),
        (doing(do="redirect", url="https://[x"), "consequences.1.url", "https"),
        (doing(do="redirect", url="sale"), "consequences.1.url", "https"),
        (doing(do="banner", slot="Top Left"), "consequences.1.slot", "small letters"),
        (doing(do="banner", slot="top", payload=[]), "consequences.1.payload", "object"),
        (
            doing(do="banner", slot="top", payload={"x": "y" * 20_000}),
            "consequences.1.payload",
            "20000",
        ),
        (
            doing(do="banner", slot="top", payload={"x": [float("nan")]}),
            "consequences.1.payload",
            "lacks",
        ),
        (
            doing(do="banner", slot="top", payload={"x": "\ud800"}),
            "consequences.1.payload",
            "lacks",
        ),
        (doing(do="banner", slot="top", payload={"x": "\x00"}), "consequences.1.payload", "NUL"),
        (doing(do="rewrite", find="?", replace="x"), "consequences.1.find", "no word"),
        (doing(do="rewrite", replace="!"), "consequences.1.replace", "whole query"),
        (doing(do="rewrite", find="tv", replace="TV"), "consequences.1.replace", "replace"),
        (content(consequences=[PIN, PIN]), "consequences.2", "product 1"),
        (
            content(consequences=[PIN, {**PIN, "product": "2"}]),
            "consequences.2",
            "position 1, and so does consequence 1",
        ),
        (
            content(consequences=[PIN, {"do": "hide", "products": ["1"]}]),
            "consequences.2",
            "product 1",
        ),
        (
            content(consequences=[{"do": "redirect", "url": "/a"}] * 2),
            "consequences.2",
            "redirects",
        ),
        (content(consequences=[{"do": "banner", "slot": "a"}] * 2), "consequences.2", "slot a"),
        (
            content(consequences=[{"do": "rewrite", "find": "a", "replace": "b"}] * 2),
            "consequences.2",
            "rewrites 'a'",
        ),
        (
            content(consequences=[{"do": "rewrite", "replace": "b"}] * 2),
            "consequences.2",
            "the query",
        ),
    ],
)
def test_what_no_rule_may_have_is_refused_where_it_stands(
    given_content: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(RuleInvalid, match=told) as refused:
        rule_parse("tv", 1, given_content)
    assert refused.value.field == field


@pytest.mark.parametrize("key", ["", "Big Sale", "-x", 3, "x" * 101])
def test_a_key_is_a_slug(key: object) -> None:
    with pytest.raises(RuleInvalid) as refused:
        key_parse(key)
    assert refused.value.field == "key"
