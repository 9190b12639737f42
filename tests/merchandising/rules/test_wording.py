from datetime import UTC, datetime

import pytest

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
    VariantCondition,
)
from apps.merchandising.domain.rules.wording import (
    conditions_words,
    consequence_words,
    rule_lines,
    rule_words,
)

SONY = Target(filters={"brand": ("Sony",)})


def test_a_rule_is_told_in_one_sentence() -> None:
    rule = MerchandisingRule(
        "tv", 1, "TV", 0, "", Reach.EVERYONE,
        Conditions(queries=(QueryCondition(QueryMatch.EXACT, "tv"),)),
        (Pin("123", 1), Reweigh(SONY, 50)),
    )  # fmt: skip
    assert rule_words(rule) == (
        "When the query is exactly 'tv': pin 123 to position 1; boost brand Sony by +50 (doubles)."
    )


def test_a_trial_says_whom_it_reaches() -> None:
    rule = MerchandisingRule(
        "x", 1, "X", 0, "", Reach.EXPERIMENTS, Conditions(), (Redirect("/sale"),)
    )
    assert rule_words(rule) == ("Always: redirect to /sale. Only where an experiment asks for it.")


def test_every_condition_has_its_words() -> None:
    conditions = Conditions(
        queries=(
            QueryCondition(QueryMatch.PHRASE, "red tv"),
            QueryCondition(QueryMatch.CONTAINS, "tv red"),
            QueryCondition(QueryMatch.PATTERN, "best * ..."),
        ),
        categories=("a/b", "c"),
        segments=("vip",),
        devices=("mobile",),
        attributes={"shop": ("de",)},
        variants=(VariantCondition("x", ("a", "b")),),
        starts_at=datetime(2026, 11, 26, 23, tzinfo=UTC),
        ends_at=datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC),
        time_zone="Europe/Berlin",
    )
    assert conditions_words(conditions) == (
        "When the query has the phrase 'red tv' or contains the words 'tv red' or is like "
        "'best * ...' and the category is or is below a/b or c and the segment is vip and the "
        "device is mobile and shop is de and experiment 'x' gives variant a or b, "
        "from 2026-11-27 00:00 until 2026-11-30 23:59:59 (Europe/Berlin)"
    )


@pytest.mark.parametrize(
    ("each", "said"),
    [
        (Reweigh(Target(("1",)), 100), "boost 1 by +100 (triples)"),
        (Reweigh(Target(("1", "2")), -50), "bury 1 and 2 by -50 (halves)"),
        (Reweigh(SONY, -100), "bury brand Sony by -100 (behind everything else)"),
        (Reweigh(SONY, 10), "boost brand Sony by +10 (times 1.2)"),
        (Hide(Target(tuple("1234567"))), "hide 1, 2, 3, 4, 5 and 2 more"),
        (
            Keep(Target(filters={"attr.color": ("red", "blue"), "price": ("..50",)})),
            "show only color red or blue with price ..50",
        ),
        (Banner("top", {"title": "Sale"}), "show a banner in slot 'top' (Sale)"),
        (Banner("top", {"id": 3}), "show a banner in slot 'top'"),
        (Rewrite("", "sale"), "search for 'sale' instead"),
        (Rewrite("cheap", ""), "remove 'cheap' from the query"),
        (Rewrite("tv", "television"), "replace 'tv' by 'television' in the query"),
    ],
)
def test_every_consequence_has_its_words(each: Consequence, said: str) -> None:
    assert consequence_words(each) == said


def test_everything_that_a_rule_says_stands_on_a_line() -> None:
    rule = MerchandisingRule(
        "x", 1, "X", 3, "", Reach.EXPERIMENTS, Conditions(), (Redirect("/a"), Hide(SONY))
    )
    assert rule_lines(rule) == (
        ("Title", "X"),
        ("Acts", "Always"),
        ("Does", "redirect to /a"),
        ("Does", "hide brand Sony"),
        ("Priority", "3"),
        ("Campaign", "none"),
        ("Reaches", "only where an experiment asks for it"),
    )
