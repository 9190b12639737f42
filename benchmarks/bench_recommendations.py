"""The route of recommendations under granian, against a bare Django view of the same bytes.

One web worker with four threads serves all, as in `bench_cached`: the bare view stands behind the
same middleware and returns what the home shelf answered. Rounds interleaved, ratios of medians.
Every request is computed: shelves are not kept for others.
"""

import json
import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.bench_cached import ROUNDS, SECONDS, _get, _load, _prepare, _web
from benchmarks.bench_search import ICECAT

USER, SESSION = "bench-user", "bench-session"
VIEWED = 12


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    seen = _history()
    with _key() as key, _web() as port:
        _ratios(port, key, _paths(seen))
    return 0


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
