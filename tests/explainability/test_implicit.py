"""Judgements from clicks, from the query log and events of simulated shoppers."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from pytest_django.fixtures import Settings
from scipy.stats import spearmanr

from apps.common.domain.uuid7 import uuid7_new
from apps.events.contracts import EventType
from apps.events.models import Event, QueryLog
from apps.events.services.partitions import partitions_ensure_around
from apps.explainability.models import Judgement, JudgementList
from apps.explainability.services.implicit import LIST_NAME, implicit_fit
from apps.jobs.services import job_run_now

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
# What shoppers think of each product, best first.
TASTE = {f"p{at}": 0.9 - 0.11 * at for at in range(8)}


def searched(
    query: str, ranked: list[str], clicked: list[str], at: datetime, **more: object
) -> None:
    name = uuid7_new(at)
    fields = {
        "id": name, "occurred_at": at, "query": query, "normalised": query, "sort": "relevance",
        "page": 1, "per_page": 20, "results_count": len(ranked), "product_ids": ranked,
        "positions": [*range(1, len(ranked) + 1)], "latency_ms": 1.0, "cache_hit": False,
        "degraded": [], "principal": "", **more,
    }  # fmt: skip
    QueryLog.objects.create(**fields)
    Event.objects.bulk_create(
        Event(
            id=uuid7_new(at), type=EventType.CLICK.value, occurred_at=at, received_at=at,
            query_id=str(name), product_id=product,
        )
        for product in clicked
    )  # fmt: skip


@pytest.fixture
def log() -> None:
    partitions_ensure_around(NOW - timedelta(days=40))
    partitions_ensure_around(NOW)


def shop(searches: int, seed: int = 3) -> None:
    """The worst product leads most lists; who sees deeper positions is down to 1 / position."""
    random = Random(seed)
    for at in range(searches):
        ranked = sorted(TASTE, reverse=True)
        for _ in range(3):  # lists differ a little, as shops' do
            place = random.randrange(7)
            ranked[place], ranked[place + 1] = ranked[place + 1], ranked[place]
        clicked = [
            product
            for place, product in enumerate(ranked, start=1)
            if random.random() < TASTE[product] / place**0.8
        ]
        searched("lamp", ranked, clicked, NOW - timedelta(minutes=1 + at))


@pytest.mark.usefixtures("log")
def test_the_order_of_taste_is_recovered(settings: Settings) -> None:
    shop(600)
    searched("lamp", ["p0", "p1"], ["p1"], NOW - timedelta(days=40))  # too long ago
    searched("lamp", ["p0"], ["p0"], NOW - timedelta(hours=1), filters={"brand": ["x"]})
    searched("lamp", ["p0"], ["p0"], NOW - timedelta(hours=1), sort="price")
    report = implicit_fit(as_of=NOW)
    assert (report.queries, report.products, report.impressions) == (1, 8, 4800)
    assert "estimated" in report.how
    row = JudgementList.objects.get(name=LIST_NAME)
    assert row.source == "implicit"
    assert "Position-based click model over 30 days" in row.how
    found = {each.product_id: each for each in Judgement.objects.filter(judgement_list=row)}
    evidence = [found[product].evidence or {} for product in TASTE]
    attractiveness = [each["attractiveness"] for each in evidence]
    plain = [each["clicks"] / each["impressions"] for each in evidence]
    assert spearmanr(attractiveness, [*TASTE.values()]).statistic > 0.9
    assert found["p0"].rating == 3
    assert found["p7"].rating < found["p0"].rating
    assert (
        spearmanr(plain, [*TASTE.values()]).statistic
        < spearmanr(attractiveness, [*TASTE.values()]).statistic
    )
    # Anew: the list is replaced, never doubled.
    settings.RELEVANCE_CLICKS_LEAST_IMPRESSIONS = 10_000
    assert implicit_fit(as_of=NOW).products == 0
    assert Judgement.objects.filter(judgement_list=row).count() == 8


@pytest.mark.usefixtures("log")
def test_too_little_is_no_list(settings: Settings) -> None:
    assert implicit_fit(as_of=NOW).outcome == {}
    for at in range(30):
        searched("desk", ["a"], ["a"], NOW - timedelta(minutes=1 + at))  # nothing to order
        searched("chair", ["a", "b"], [], NOW - timedelta(minutes=1 + at))  # nobody clicked
    assert implicit_fit(as_of=NOW).products == 0
    assert not JudgementList.objects.exists()


@pytest.mark.usefixtures("log")
def test_the_job_tells_what_it_wrote() -> None:
    shop(60)
    outcome = job_run_now(job_name="implicit_judgements", params={"as_of": NOW.isoformat()})
    assert outcome["products"] == 8
