"""Rules and requests over few words, so that they meet often."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from apps.merchandising.contracts_acting import RuleContext
from apps.merchandising.contracts_rules import (
    Banner,
    Conditions,
    Consequence,
    Hide,
    Keep,
    MerchandisingRule,
    Pin,
    QueryCondition,
    QueryMatch,
    Reach,
    Redirect,
    Reweigh,
    Rewrite,
    RuleSwitches,
    Target,
    VariantCondition,
)

# A busy machine is slow, and that is no finding.
some = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

words = st.sampled_from(["tv", "red", "sale", "4k"])
products = st.sampled_from(["1", "2", "3"])
paths = st.sampled_from(["a", "a/b", "a/b/c", "d"])
campaigns = st.sampled_from(["", "spring", "summer"])
moments = st.one_of(st.none(), st.integers(-2, 2).map(lambda days: NOON + timedelta(days=days)))


def few(each: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.just(()), st.lists(each, max_size=2, unique=True).map(tuple))


# Made once: made anew with every draw they crowd hypothesis's own cache, which once hung.
some_paths = few(paths)
some_segments = few(st.sampled_from(["vip", "new"]))
some_devices = few(st.sampled_from(["mobile", "desktop"]))


@st.composite
def queries(draw: st.DrawFn) -> QueryCondition:
    match = draw(st.sampled_from(list(QueryMatch)))
    said = draw(st.lists(words, min_size=1, max_size=2))
    if match is QueryMatch.PATTERN:
        said = [*draw(st.sampled_from([[], ["..."], ["*"]])), *said]
        said += draw(st.sampled_from([[], ["..."], ["*"]]))
    return QueryCondition(match, " ".join(said))


@st.composite
def conditions(draw: st.DrawFn) -> Conditions:
    starts_at, ends_at = draw(moments), draw(moments)
    if starts_at and ends_at and ends_at <= starts_at:
        ends_at = None
    return Conditions(
        queries=tuple(draw(st.lists(queries(), max_size=2, unique=True))),
        categories=draw(some_paths),
        segments=draw(some_segments),
        devices=draw(some_devices),
        attributes=draw(st.sampled_from([{}, {}, {"shop": ("de", "at")}])),
        variants=draw(st.sampled_from([(), (), (VariantCondition("x", ("a",)),)])),
        starts_at=starts_at,
        ends_at=ends_at,
        time_zone=draw(st.sampled_from(["UTC", "Europe/Berlin"])),
    )


targets = st.one_of(
    st.lists(products, min_size=1, max_size=2, unique=True).map(lambda them: Target(tuple(them))),
    st.sampled_from([Target(filters={"brand": ("Sony",)}), Target(filters={"price": ("..9",)})]),
)
factors = st.integers(-100, 100).filter(bool)
consequences: st.SearchStrategy[Consequence] = st.one_of(
    st.builds(Pin, products, st.integers(1, 3)),
    st.builds(Reweigh, targets, factors),
    st.builds(Hide, targets),
    st.builds(Keep, targets),
    st.sampled_from([Redirect("/sale"), Redirect("https://example.com/x")]),
    st.builds(Banner, st.sampled_from(["top", "side"]), st.just({"title": "Sale"})),
    st.builds(Rewrite, st.sampled_from(["", "tv", "red tv"]), st.sampled_from(["screen", "x y"])),
)


@st.composite
def rules(draw: st.DrawFn) -> MerchandisingRule:
    return MerchandisingRule(
        key=draw(st.sampled_from([f"rule-{number}" for number in range(9)])),
        number=draw(st.integers(1, 3)),
        title="A rule",
        priority=draw(st.integers(-1, 1)),
        campaign=draw(campaigns),
        reach=draw(st.sampled_from([Reach.EVERYONE, Reach.EVERYONE, Reach.EXPERIMENTS])),
        conditions=draw(conditions()),
        consequences=tuple(draw(st.lists(consequences, min_size=1, max_size=3))),
    )


rule_lists = st.lists(rules(), max_size=8, unique_by=lambda rule: rule.key)
names = st.sampled_from(["rule-0", "rule-1", "campaign:spring", "campaign:summer", "none"])


@st.composite
def contexts(draw: st.DrawFn) -> RuleContext:
    return RuleContext(
        words=tuple(draw(st.lists(words, max_size=4))),
        corrected=tuple(draw(st.lists(words, max_size=3))),
        categories=draw(few(paths)),
        attributes=draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "segment": st.sampled_from(["vip", "old"]),
                    "device": st.sampled_from(["mobile", "watch"]),
                    "shop": st.sampled_from(["de", "fr"]),
                },
            )
        ),
        variants=draw(st.sampled_from([{}, {"x": "a"}, {"x": "b"}])),
        as_of=NOON + timedelta(days=draw(st.integers(-3, 3))),
        switches=RuleSwitches(
            off=draw(st.sampled_from([False, False, False, True])),
            without=draw(st.frozensets(names, max_size=2)),
            with_=draw(st.frozensets(names, max_size=2)),
        ),
    )
