"""`make demo` as a newcomer meets it."""

import re

import psutil
import pytest
import urllib3

from config.embedded.discovery import servers_below
from tests.stack.processes import DemoStack, demo_remove, demo_start, demo_stop, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]
# Not followed: where a login leads is what is asserted.
http = urllib3.PoolManager(retries=urllib3.Retry(0, redirect=False), timeout=20.0)


def _search(stack: DemoStack, key: str, **fields: str) -> list[str]:
    answer = http.request(
        "GET", f"{stack.base_url}/api/v1/search", fields=fields, headers={"X-API-Key": key}
    )
    assert answer.status == 200, answer.data
    return [hit["product_id"] for hit in answer.json()["hits"]]


def _publish_weights(stack: DemoStack, weights: str) -> None:
    stack.manage(
        "shell",
        "-c",
        "from apps.publishing.services import draft_create, version_publish\n"
        f"draft = draft_create(kind='ranking_weights', subject='electronics', content={{'weights': {weights}}}, actor=None)\n"
        "version_publish(kind='ranking_weights', version_id=draft.id, actor=None, reason='test', acknowledge_warnings=True)\n",
    )


def test_it_prints_urls_and_logins_that_work(demo_stack: DemoStack) -> None:
    printed = "".join(demo_stack.output)
    assert demo_stack.base_url in printed
    for name in ("merchandiser", "analyst", "operator"):
        found = re.search(rf"^\s+{name}\s+(\S+)", printed, flags=re.MULTILINE)
        assert found, f"no password of {name} in:\n{printed}"
        _log_in(demo_stack, name, found[1])


def _log_in(stack: DemoStack, name: str, password: str) -> None:
    page = http.request("GET", f"{stack.base_url}/admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.data.decode())
    assert token
    cookie = page.headers["Set-Cookie"].split(";")[0]
    answer = http.request_encode_body(
        "POST",
        f"{stack.base_url}/admin/login/?next=/admin/",
        fields={"username": name, "password": password, "csrfmiddlewaretoken": token[1]},
        headers={"Cookie": cookie, "Referer": stack.base_url},
        encode_multipart=False,
    )
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/")


def test_published_weights_reorder_the_next_second(demo_stack: DemoStack) -> None:
    key = demo_stack.manage("demo_urls", "--print-key").strip()
    query = {"q": "headphones", "filter[category]": "electronics", "per_page": "50"}
    before = _search(demo_stack, key, **query)
    assert len(before) > 3
    zero = "'search_score': 0.0, 'cf_score': 0.0, 'popularity_score': {}, 'freshness_score': {}"
    _publish_weights(demo_stack, "{" + zero.format("0.0", "1.0") + "}")
    by_freshness: list[str] = []

    def reordered() -> bool:
        by_freshness[:] = _search(demo_stack, key, **query)
        return by_freshness != before

    wait_until(reordered, 5, "the new order")
    assert set(by_freshness) == set(before)
    shop = http.request("GET", f"{demo_stack.base_url}/", fields={"q": "headphones"})
    assert shop.status == 200


def test_an_edited_product_is_first_by_its_new_words_in_the_very_next_search(
    demo_stack: DemoStack,
) -> None:
    key = demo_stack.manage("demo_urls", "--print-key").strip()
    edited = demo_stack.manage(
        "shell",
        "--no-imports",
        "-c",
        "from apps.catalog.models import Product\n"
        "from apps.catalog.services import product_update\n"
        "product = Product.objects.order_by('id')[7]\n"
        "product_update(pk=product.pk, changes={'title': 'Zanzibar Quokka Beacon'}, actor=None)\n"
        "print(product.product_id)",
    ).strip()
    # Its vector is still the old one: words alone must bring it to the top.
    assert _search(demo_stack, key, q="quokka beacon")[0] == edited


def test_every_page_and_metric_answers_under_several_workers(demo_stack: DemoStack) -> None:
    key = demo_stack.manage("demo_urls", "--print-key").strip()
    for _ in range(30):
        _search(demo_stack, key, q="lamp")
    text = http.request("GET", f"{demo_stack.base_url}/metrics").data.decode()
    counted = re.findall(
        r'^endcap_requests_total\{.*api/v1/search.*"200".*\} (\S+)$', text, re.MULTILINE
    )
    assert sum(float(number) for number in counted) >= 30
    ready: dict[str, object] = {}

    def healthy() -> bool:
        ready.update(http.request("GET", f"{demo_stack.base_url}/readyz").json())
        return ready["status"] == "ready" and ready["degraded"] == []

    # Beat's first sweep comes a minute after the start; everything else is there at once.
    wait_until(healthy, 150, f"a wholly healthy stack ({ready})")


def test_zz_ctrl_c_stops_everything_and_a_second_start_keeps_the_data(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    var = tmp_path_factory.mktemp("again") / "var"
    first = demo_start(var, products=150, days=2)
    key = first.manage("demo_urls", "--print-key").strip()
    products = _search(first, key, q="", per_page="100")
    children = psutil.Process(first.process.pid).children(recursive=True)
    assert children
    assert demo_stop(first) == 0
    wait_until(lambda: not _alive(children), 20, "the end of all processes")
    servers = servers_below(var)
    assert not servers.postgresql.running()
    assert not servers.valkey.running()
    second = demo_start(var, products=150, days=2)
    try:
        assert second.manage("demo_urls", "--print-key").strip() == key
        assert set(_search(second, key, q="", per_page="100")) == set(products)
        assert re.search(r"up after \d+ s", "".join(second.output))
        assert demo_stop(second) == 0
    finally:
        demo_remove(second)


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
