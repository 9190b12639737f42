"""The route of recommendations against bare views that answer the same products.

Gated, in this process: processor time of whole requests (WSGI handler, middleware, edge, JSON)
against a bare DRF view (`shelf_peer.py`) that is told which products to show, with key and rate
limit in Redis, the ORM and a serializer. The route finds, ranks and records on top of that. Turn
by turn, medians of paired ratios; a waiting machine does not count, a slower one slows both. The
catalogue has no trained model: a history is followed by likeness to all products, the dearer way.

Told beside it: requests a second under granian against a bare Django view of the same bytes,
behind the same middleware, as in `bench_cached`. Every request is computed: shelves are not kept
for others.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from benchmarks.bench_cached import ROUNDS, SECONDS, _get, _load, _prepare, _web
from benchmarks.bench_search import ICECAT

USER, SESSION = "bench-user", "bench-session"
VIEWED = 12
TURNS = 300
# A shelf for nobody, and one that follows somebody's history over the whole catalogue.
NOBODY_AT_MOST, FOLLOWED_AT_MOST = 1.5, 2.0
Ask = Callable[[str], bytes]


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    paths = _paths(_history())
    with _key() as key:
        passed = _computed(_asker(key), paths)
        with _web() as port:
            _ratios(port, key, paths)
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


def _history() -> list[str]:
    """One shopper looks at some products and buys two of them; their ids."""
    from django.utils import timezone

    from apps.catalog.models import Product
    from apps.common.domain.uuid7 import uuid7_new
    from apps.events.services.ingest import events_ingest

    active = Product.objects.filter(active=True).order_by("id")
    seen = list(active.values_list("product_id", flat=True)[:VIEWED])
    now = timezone.now()
    kinds = ["purchase"] * 2 + ["view"] * (VIEWED - 2)
    items = [
        {
            "event_id": str(uuid7_new(now)),
            "type": kind,
            "occurred_at": now.isoformat(),
            "user_id": USER,
            "session_id": SESSION,
            "product_id": product,
        }
        for kind, product in zip(kinds, seen, strict=True)
    ]
    print(f"{events_ingest(items=items, received_at=now).stored} events of one shopper")
    return seen


def _paths(seen: list[str]) -> dict[str, str]:
    who = f"&user_id={USER}&session_id={SESSION}"
    home, product = (f"/api/v1/recommendations?placement={name}" for name in ("home", "product"))
    return {
        "bare": "/bench/bare",
        "home, nobody known": home,
        "home, a visit": f"{home}&session_id={SESSION}",
        "home, a shopper": home + who,
        "product, nobody known": f"{product}&product_id={seen[-1]}",
        "product, a shopper": f"{product}&product_id={seen[-1]}{who}",
    }


@contextmanager
def _key() -> Iterator[str]:
    from apps.access.contracts import Scope
    from apps.access.services import api_key_create, api_key_revoke

    scopes = [Scope.RECOMMENDATIONS_READ]
    issued = api_key_create(name="benchmark shelves", scopes=scopes, rate_per_minute=10**8)
    try:
        yield issued.secret_once
    finally:
        api_key_revoke(key_id=issued.key.id, actor=None)


def _asker(key: str) -> Ask:
    """A request as granian hands it to the WSGI application, and its whole answer."""
    from benchmarks.cached_web import application

    fixed = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost", "wsgi.url_scheme": "http", "wsgi.version": (1, 0),
        "HTTP_AUTHORIZATION": f"Bearer {key}", "wsgi.errors": sys.stderr,
    }  # fmt: skip

    def ask(path: str) -> bytes:
        at, _, asked = path.partition("?")
        environ = {**fixed, "PATH_INFO": at, "QUERY_STRING": asked, "wsgi.input": BytesIO()}
        status: list[str] = []
        response: Any = application(environ, lambda code, *_rest: status.append(code))
        body = b"".join(response)
        response.close()
        if not status[0].startswith("200"):
            sys.exit(f"{path}: {status[0]}: {body!r}")
        return body

    return ask


def _computed(ask: Ask, paths: dict[str, str]) -> bool:
    """Processor time of each shelf against that of the bare view with its products."""
    passed = True
    for name, path in paths.items():
        if name == "bare":
            continue
        shown = [("product_id", item["product_id"]) for item in json.loads(ask(path))["items"]]
        peer = "/bench/shelf?" + urlencode(shown)
        spent = [_turn(ask, path, peer) for _ in range(TURNS + TURNS // 10)][TURNS // 10 :]
        ratio = statistics.median(mine / its for mine, its in spent)
        mine, its = (statistics.median(side) * 1e3 for side in zip(*spent, strict=True))
        most = FOLLOWED_AT_MOST if USER in path else NOBODY_AT_MOST
        passed = passed and ratio <= most
        print(
            f"{name:>24}: {mine:.2f} ms of processor time, bare {its:.2f} ms; median ratio "
            f"{ratio:.2f} of {TURNS} (at most {most})"
        )
    return passed


def _turn(ask: Ask, path: str, peer: str) -> tuple[float, float]:
    """Seconds of the thread for both: ours, bare, bare, ours."""
    first, one, two, last = (_spent(ask, each) for each in (path, peer, peer, path))
    return (first + last) / 2, (one + two) / 2


def _spent(ask: Ask, path: str) -> float:
    started = time.thread_time()
    ask(path)
    return time.thread_time() - started


def _ratios(port: int, key: str, paths: dict[str, str]) -> None:
    from benchmarks.cached_urls import BODY

    BODY.write_bytes(_get(port, paths["home, a shopper"], key))
    for name, path in paths.items():
        if name != "bare":
            answer = json.loads(_get(port, path, key))
            print(
                f"{name}: {len(answer['items'])} items by {', '.join(answer['strategies'])}; "
                f"fallback {answer['fallback']}, {answer['took_ms']:.1f} ms inside"
            )
        _load(port, key, path, many=False, seconds=1)  # warm
    rates: dict[str, list[float]] = {name: [] for name in paths}
    for number in range(ROUNDS):
        order = list(paths.items())
        for name, path in order if number % 2 else reversed(order):
            rates[name].append(_load(port, key, path, many=False, seconds=SECONDS))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, found in rates.items():
        pairs = zip(found, rates["bare"], strict=True)
        ratio = statistics.median(mine / max(its, 0.1) for mine, its in pairs)
        print(f"{name:>24}: {statistics.median(found):6.0f} requests/s, {ratio:.2f} of bare")


if __name__ == "__main__":
    sys.exit(main())
