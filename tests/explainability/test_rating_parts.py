"""The rating page reads a bounded part of a list, however long the list is."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.models import User
from apps.common.errors import NotFound
from apps.explainability.models import Judgement
from apps.explainability.selectors import judged as lists
from apps.explainability.services.lists import judgements_import, list_ensure

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PART_QUERIES", 3)
    monkeypatch.setattr(lists, "PART_PRODUCTS", 2)


def listed(queries: int) -> int:
    list_id = list_ensure(name=f"list {queries}", scale=3)
    rows = [f"q{at},{product},1\n" for at in range(queries) for product in ("a", "b")]
    head = "query,product_id,rating\n"
    judgements_import(list_id=list_id, lines=[head, *rows], rater="ada")
    judgements_import(list_id=list_id, lines=[head, *rows], rater="eve")
    return list_id


def test_parts_hold_everything_once_in_an_order_of_ones_own() -> None:
    list_id = listed(8)
    assert lists.rating_parts(list_id) == 3

    def order(rater: str) -> list[tuple[str, str]]:
        queues = [lists.rating_queue(list_id, rater, part=part) for part in (1, 2, 3, 4)]
        assert [len(queue.items) for queue in queues] == [6, 6, 4, 0]
        for part, queue in enumerate(queues, start=1):
            for item in queue.items:
                assert lists.rating_part_of(list_id, rater, item.query) == part
        return [(item.query, item.product_id) for queue in queues for item in queue.items]

    assert order("bob") == order("bob")
    assert sorted(order("bob")) == [(f"q{at}", each) for at in range(8) for each in "ab"]
    assert len({tuple(order(f"r{at}")) for at in range(5)}) > 1
    assert lists.rating_part_of(list_id, "bob", "nothing") == 1
    with pytest.raises(NotFound):
        lists.list_heading(0)


def test_of_one_query_a_bounded_number_of_products_is_shown_and_all_may_be_rated() -> None:
    list_id = listed(1)
    Judgement.objects.create(
        judgement_list_id=list_id, query="q0", product_id="c", rating=1,
        rated_at=Judgement.objects.values_list("rated_at", flat=True)[0],
    )  # fmt: skip
    shown = [item.product_id for item in lists.rating_queue(list_id, "bob", "q0").items]
    assert sorted(shown) == ["a", "b"]
    assert lists.thing_known(list_id, "q0", "c")
    assert not lists.thing_known(list_id, "q0", "d")
    assert not lists.thing_known(list_id, "q0", "a\x00")


def test_the_page_costs_the_same_for_long_lists_and_goes_on(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    short, long = (reverse("relevance-rate", args=(listed(each),)) for each in (4, 12))
    costs = []
    for address in (short, long, short, long):
        with CaptureQueriesContext(connection) as asked:
            said = client.get(address).content.decode()
        costs.append(len(asked))
    assert costs[2] == costs[3]
    assert "0 of 6 rated by you, in part 1 of 4" in said
    here = long
    for _ in range(6):
        page = client.get(here)
        item = page.context["item"]
        given = {"item_query": item.query, "product_id": item.product_id, "rating": "2"}
        here = f"{long}{client.post(long, given).headers['Location'].removeprefix(long)}"
    assert here == f"{long}?part=2"
    assert "in part 2 of 4" in client.get(here).content.decode()
    undone = client.post(f"{long}undo/").headers["Location"]
    assert undone.startswith(f"{long}?item=")
    assert "5 of 6 rated by you, in part 1 of 4" in client.get(undone).content.decode()
