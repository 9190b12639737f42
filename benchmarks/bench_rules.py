"""Searches with 5,000 live rules against none, in pairs: computed answers and kept ones.

Whole requests through the WSGI application, on the icecat catalogue: key, scope, rate limit,
Redis, PostgreSQL, query log. Most rules are for other queries, as in a shop: a word that is
searched for with two of products' titles; some of these rewrite. Of every query that is asked
here one rule pins, boosts a brand and buries another, and a fifth of the rules ask for a
category, a device or a segment, of which every request gives the device.

Every pair is one query, once under each book, which of them first by turns; the ratio of each
pair, their median, and its 95 % upper bound by bootstrap. Gated: both bounds, at most 1.1. Also
printed: what asking the book alone takes, and on how many searches rules act.
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.bench_search import ICECAT, _prepare, _queries
from benchmarks.bench_search_experiments import _asker

RULES = 5000
PAIRS = 1500
RESAMPLES = 2000
AT_MOST = 1.1
_DEVICES = ("phone", "tablet", "desktop")
_SEGMENTS = tuple(f"segment-{number}" for number in range(40))


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    queries = _queries()
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    from django.conf import settings
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections, transaction

    # Another thread's connection, or a new one, would not see what this transaction holds.
    settings.ENDCAP_VERSION_POLLER = False
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with transaction.atomic():
        bounds = _measured(queries, pairs)
        transaction.set_rollback(True)
    passed = max(bounds) <= AT_MOST
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


def _measured(queries: list[str], pairs: int) -> list[float]:
    from apps.merchandising.domain.rules.book import CompiledRuleBook
    from apps.merchandising.selectors import _rules, rule_book
    from apps.search.selectors import versions
    from apps.search.services import begun

    ask = _asker()
    rule_book()
    none, full = CompiledRuleBook((), 1), CompiledRuleBook(_rules_made(queries), 2)
    _evaluation(full, queries)
    _acting(ask, _rules, full, queries)
    begun._last_name(0, None, "")  # noqa: SLF001 - as after a publish

    # What a process remembers of what is in force: of each book its own, as if alone.
    known = {id(book): (begun._last_named, versions._last.named) for book in (none, full)}  # noqa: SLF001 - likewise

    def timed(book: Any, query: str, client: str) -> float:
        _rules._value = book  # noqa: SLF001 - what is served is what is compared
        begun._last_named, versions._last.named = known[id(book)]  # noqa: SLF001 - likewise
        started = time.perf_counter()
        ask(query, client)
        spent = time.perf_counter() - started
        known[id(book)] = (begun._last_named, versions._last.named)  # noqa: SLF001 - likewise
        return spent

    def compared(name: str) -> float:
        for query in queries:
            timed(none, query, "warm")
            timed(full, query, "warm")
        spent: dict[int, list[float]] = {id(none): [], id(full): []}
        for number in range(pairs):
            query = queries[number % len(queries)]
            for book in (full, none) if number % 2 else (none, full):
                spent[id(book)].append(timed(book, query, "warm"))
        base, more = np.array(spent[id(none)]), np.array(spent[id(full)])
        for told, times in (("no rule", base), (f"{RULES:,} rules", more)):
            p50, p95 = np.quantile(times, [0.5, 0.95]) * 1000.0
            print(f"{name}, {told}: p50 {p50:.3f} ms, p95 {p95:.3f} ms")
        return _bound(name, more / base)

    bounds = [compared("kept answers")]
    with patch.object(begun, "request_is_shared", return_value=False):
        bounds.append(compared("computed answers"))
    _rules.forget()
    return bounds


def _bound(name: str, ratios: np.ndarray) -> float:
    generator = np.random.default_rng(1)
    resampled = generator.choice(ratios, (RESAMPLES, len(ratios)))
    bound = float(np.quantile(np.median(resampled, axis=1), 0.95))
    print(
        f"{name}: median ratio {np.median(ratios):.4f} of {len(ratios)} pairs, 95 % upper bound "
        f"{bound:.4f} (at most {AT_MOST})"
    )
    return bound


def _evaluation(book: Any, queries: list[str]) -> None:
    """What asking the book takes, apart from all it leads to."""
    from apps.merchandising.contracts_acting import RuleContext
    from apps.merchandising.domain.rules.words import words_normalise

    as_of = datetime.now().astimezone()
    contexts = [
        RuleContext(words_normalise(query), (), {"device": "phone"}, {}, as_of)
        for query in queries
    ]
    spent = []
    for _ in range(20):
        for context in contexts:
            started = time.perf_counter()
            book.acting(context)
            spent.append((time.perf_counter() - started) * 1e6)
    p50, p95 = np.quantile(spent, [0.5, 0.95])
    print(f"asking {len(book):,} rules: p50 {p50:.1f} us, p95 {p95:.1f} us")


def _acting(ask: Callable[[str, str], bytes], held: Any, book: Any, queries: list[str]) -> None:
    import json

    held._value = book  # noqa: SLF001 - what is served is what is looked at
    acted = [len(json.loads(ask(query, "look"))["applied_rules"]) for query in queries]
    share = np.mean([count > 0 for count in acted])
    print(f"rules act on {share:.0%} of the searches, {np.mean(acted):.1f} of them on each")


def _rules_made(queries: list[str]) -> list[Any]:
    from apps.catalog.models import Product
    from apps.features.selectors import serving_snapshot
    from apps.merchandising.domain.rules.content import rule_parse

    drawn = random.Random(5)
    columns, tree = serving_snapshot().columns, serving_snapshot().tree
    products = [columns.product_ids.get(drawn.randrange(len(columns))) for _ in range(500)]
    asked = sorted({word for query in queries for word in query.split() if word.isalpha()})
    titles = Product.objects.filter(product_id__in=products).values_list("title", flat=True)
    held = sorted({word for title in titles for word in title.lower().split() if word.isalpha()})
    made = [_own(query, products, columns.brands, drawn) for query in queries]
    while len(made) < RULES:
        text = " ".join([drawn.choice(asked), *drawn.sample(held, 2)])
        made.append(_others(len(made), text, products, tree, drawn))
    return [rule_parse(f"rule-{place}", 1, content) for place, content in enumerate(made)]


def _own(query: str, products: list[str], brands: tuple[str, ...], drawn: random.Random) -> Any:
    """The rule of a query that is asked here."""
    up, down = drawn.sample([each for each in brands if each.strip()], 2)
    return {
        "title": query,
        "conditions": {"queries": [{"match": "exact", "text": query}]},
        "consequences": [
            {"do": "pin", "product": drawn.choice(products), "position": 3},
            {"do": "boost", "filters": {"brand": [up]}, "factor": 50},
            {"do": "bury", "filters": {"brand": [down]}, "factor": -50},
        ],
    }


def _others(place: int, text: str, products: list[str], tree: Any, drawn: random.Random) -> Any:
    """A rule for somebody else, or for a part of the shop."""
    conditions: dict[str, Any]
    if place % 10 == 0:
        node = drawn.choice(tree.categories)
        conditions = {"categories": [node.path], "devices": [drawn.choice(_DEVICES)]}
    elif place % 10 == 1:
        conditions = {"segments": [drawn.choice(_SEGMENTS)], "devices": [drawn.choice(_DEVICES)]}
    else:
        match = drawn.choice(("exact", "phrase", "contains"))
        conditions = {"queries": [{"match": match, "text": text}]}
    return {
        "title": text,
        "priority": drawn.randrange(-100, 100),
        "conditions": conditions,
        "consequences": [
            {"do": "boost", "products": [drawn.choice(products)], "factor": 20},
            {"do": "hide", "products": [f"nobody-{place}"]},
            *([{"do": "rewrite", "find": text, "replace": "other"}] if place % 10 == 2 else []),
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
