from collections import Counter

from hypothesis import given

from apps.merchandising.contracts_acting import Outdone
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
    Target,
)
from apps.merchandising.domain.rules.precedence import (
    Specificity,
    precedence,
    specificity,
    why_wins,
)
from apps.merchandising.domain.rules.settling import HIDING_WINS, KEEPING_WINS, rules_settle
from apps.merchandising.domain.rules.wording import consequence_words, outdone_words
from tests.merchandising.rules.strategies import rule_lists, some


def rule(key: str, *consequences: Consequence, priority: int = 0) -> MerchandisingRule:
    return MerchandisingRule(
        key, 1, "A rule", priority, "", Reach.EVERYONE, Conditions(), consequences
    )


def products(*them: str) -> Target:
    return Target(them)


def test_the_higher_priority_has_the_position_and_says_why() -> None:
    found = rules_settle(
        [rule("summer", Pin("1", 1), priority=20), rule("spring", Pin("2", 1), priority=10)], ()
    )
    assert found.pins == (("summer", Pin("1", 1)),)
    assert found.outdone == (
        Outdone("spring", "pin 2 to position 1", "summer", "its priority is 20 against 10"),
    )
    assert outdone_words(found.outdone[0]) == (
        "Rule 'summer' wins over 'spring', which would pin 2 to position 1, because its priority "
        "is 20 against 10."
    )


def test_a_product_is_pinned_once_and_a_lost_pin_leaves_its_position() -> None:
    found = rules_settle(
        [rule("a", Pin("1", 2)), rule("b", Pin("1", 1)), rule("c", Pin("3", 1))], ()
    )
    assert found.pins == (("c", Pin("3", 1)), ("a", Pin("1", 2)))
    assert [each.rule for each in found.outdone] == ["b"]


def test_hiding_wins_over_pins_and_boosts_of_any_priority() -> None:
    found = rules_settle(
        [
            rule("a", Pin("1", 1), Reweigh(products("1"), 50), priority=9),
            rule("b", Reweigh(products("1", "2"), 50)),
            rule("c", Hide(products("1"))),
        ],
        (),
    )
    assert found.pins == ()
    assert found.reweighs == (("b", Reweigh(products("1", "2"), 50)),)
    assert found.hides == (("c", Hide(products("1"))),)
    assert {each.why for each in found.outdone} == {HIDING_WINS}
    assert {each.winner for each in found.outdone} == {"c"}


def test_keeping_wins_over_pins_of_other_products() -> None:
    keep = Keep(products("2"))
    by_brand = Keep(Target(filters={"brand": ("Sony",)}))
    found = rules_settle(
        [rule("a", Pin("1", 1), Pin("2", 2)), rule("b", by_brand), rule("c", keep)], ()
    )
    assert found.pins == (("a", Pin("2", 2)),)
    assert found.keeps == (("b", by_brand), ("c", keep))
    assert found.outdone == (Outdone("a", "pin 1 to position 1", "c", KEEPING_WINS),)


def test_there_is_one_redirect_and_one_banner_a_slot() -> None:
    found = rules_settle(
        [
            rule("a", Redirect("/a"), Banner("top", {"n": 1})),
            rule("b", Redirect("/b"), Banner("top", {"n": 2}), Banner("side", {})),
        ],
        (),
    )
    assert found.redirect == ("a", Redirect("/a"))
    assert found.banners == (("a", Banner("top", {"n": 1})), ("b", Banner("side", {})))
    assert [each.what for each in found.outdone] == [
        "redirect to /b",
        "show a banner in slot 'top'",
    ]


def test_each_word_is_rewritten_once() -> None:
    whole, tv, red_tv, other = (
        Rewrite("", "sale"),
        Rewrite("tv", "screen"),
        Rewrite("red tv", "oled"),
        Rewrite("lamp", "light"),
    )
    rules = [rule("a", red_tv), rule("b", tv), rule("c", other), rule("d", whole)]
    found = rules_settle(rules, ("red", "tv", "and", "tv"))
    assert found.rewrites == (("a", red_tv), ("b", tv))
    assert [each.rule for each in found.outdone] == ["d"]
    alone = rules_settle(rules, ("red", "tv"))
    assert alone.rewrites == (("a", red_tv),)
    assert [each.rule for each in alone.outdone] == ["b", "d"]
    assert rules_settle([rule("d", whole)], ("x",)).rewrites == (("d", whole),)
    assert rules_settle([rule("d", whole)], ()).rewrites == ()


@some
@given(rule_lists)
def test_nothing_is_had_twice_and_nothing_is_lost_silently(rules: list[MerchandisingRule]) -> None:
    ordered = sorted(rules, key=precedence)
    found = rules_settle(ordered, ("red", "tv"))
    for taken in (
        [pin.product for _key, pin in found.pins],
        [pin.position for _key, pin in found.pins],
        [banner.slot for _key, banner in found.banners],
    ):
        assert max(Counter(taken).values(), default=0) <= 1
    hidden = {each for _key, hide in found.hides for each in hide.target.products}
    assert hidden.isdisjoint(pin.product for _key, pin in found.pins)
    place = {each.key: at for at, each in enumerate(ordered)}
    settled = {HIDING_WINS, KEEPING_WINS}
    assert all(
        place[each.winner] <= place[each.rule] for each in found.outdone if each.why not in settled
    )
    asked = [
        (each.key, consequence_words(one))
        for each in ordered
        for one in each.consequences
        if not isinstance(one, Rewrite)
    ]
    had = [
        (key, consequence_words(one))
        for pairs in (found.pins, found.reweighs, found.hides, found.keeps, found.banners)
        for key, one in pairs
    ]
    had += [(found.redirect[0], consequence_words(found.redirect[1]))] if found.redirect else []
    gave_way = [
        (each.rule, each.what)
        for each in found.outdone
        if "query" not in each.what and "instead" not in each.what
    ]
    assert Counter(asked) == Counter(had) + Counter(gave_way)


def test_what_is_narrower_has_the_say_among_equals() -> None:
    def of(match: QueryMatch) -> Conditions:
        return Conditions(queries=(QueryCondition(match, "tv"),), categories=("a",))

    ordered = [
        of(QueryMatch.EXACT),
        of(QueryMatch.PHRASE),
        of(QueryMatch.PATTERN),
        of(QueryMatch.CONTAINS),
        Conditions(categories=("a",), devices=("mobile",)),
        Conditions(devices=("mobile",)),
        Conditions(time_zone="Europe/Berlin"),
    ]
    found = [specificity(each) for each in ordered]
    assert found == sorted(Specificity, reverse=True)


def test_why_a_rule_wins_is_said_in_words() -> None:
    exact = MerchandisingRule(
        "b", 1, "B", 0, "", Reach.EVERYONE,
        Conditions(queries=(QueryCondition(QueryMatch.EXACT, "tv"),)), (),
    )  # fmt: skip
    plain, last = rule("a"), rule("z")
    assert why_wins(rule("c", priority=2), plain) == "its priority is 2 against 0"
    assert why_wins(exact, plain) == (
        "it is for the exact query, which is narrower than no condition but time"
    )
    assert "alphabet" in why_wins(plain, last)
    assert sorted([last, plain, exact], key=precedence) == [exact, plain, last]
