import json
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.catalog.domain.product_input import ProductInput
from apps.catalog.services import product_upsert_many
from apps.common.redis import redis_client
from apps.events.domain.months import month_start
from apps.events.services.ingest import events_ingest
from apps.events.services.partitions import partitions_ensure
from apps.model_registry.models import ArtifactVersion
from apps.recommendations.services.evaluating import stage_set
from apps.recommendations.services.evaluating_served import lists_served
from tests.recommendations.taste_groups import PRODUCTS, purchases_ingest

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def catalogue_of(product_ids: list[str]) -> None:
    product_upsert_many(
        products=[
            ProductInput(product_id=each, title=each, price=Decimal(5), currency="GBP")
            for each in product_ids
        ]
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("recsys_eval", *arguments)
    return capsys.readouterr().out


def test_json_has_the_promised_shape_and_writes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    catalogue_of(PRODUCTS)
    purchases_ingest(NOW)
    redis_client().flushdb()
    document = json.loads(run(capsys, "--json"))
    assert {"definition", "systems"} <= set(document)
    assert {"served", "popularity", "als"} <= set(document["systems"])
    for system in document["systems"].values():
        assert {"new", "all", "coverage", "novelty"} <= set(system)
        for kind in ("new", "all"):
            keys = {"ndcg_at_10", "hit_rate_at_10", "recall_at_10", "mrr", "users"}
            assert keys <= set(system[kind])
            assert system[kind]["users"] > 0
    served, popularity = document["systems"]["served"], document["systems"]["popularity"]
    # Two tastes, equally common: what is popular is right half of the time.
    for kind in ("new", "all"):
        assert served[kind]["ndcg_at_10"] > 1.5 * popularity[kind]["ndcg_at_10"]
        assert document["differences"][f"served-popularity.{kind}"]["p_value"] < 0.01
    assert not ArtifactVersion.objects.exists()
    # The mirror of the weights in force, which their selector keeps by itself.
    assert set(redis_client().keys()) <= {b"ranking:weights"}


def test_what_cannot_be_computed_is_null_under_its_own_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After the cut everybody bought again what they had: nothing is new to anybody."""
    catalogue_of(PRODUCTS)
    bought = [(user, place, 50 - 10 * place) for user in range(40) for place in range(5)]
    items = [
        {
            "type": "purchase", "user_id": f"{user:03}", "attributes": {"n": days},
            "product_id": PRODUCTS[(user // 2 + place) % 10 + 10 * (user % 2)],
            "occurred_at": NOW - timedelta(days=days),
        }
        for user, place, days in [*bought, *((user, 0, 1) for user in range(40))]
    ]  # fmt: skip
    partitions_ensure(first=month_start(NOW - timedelta(days=50)), last=month_start(NOW))
    assert not events_ingest(items=items, received_at=NOW).errors
    cut = (NOW - timedelta(days=5)).astimezone(UTC).isoformat()
    systems = json.loads(run(capsys, "--cut", cut, "--json"))["systems"]
    for system in systems.values():
        assert system["all"]["users"] == 40
        assert set(system["new"]) == {*system["all"], "not_computable"}
        assert (system["new"]["users"], system["new"]["ndcg_at_10"]) == (0, None)
    assert "nobody known took anything" in run(capsys, "--cut", cut)


def test_people_read_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    catalogue_of(PRODUCTS)
    purchases_ingest(NOW)
    cut = (NOW - timedelta(days=20)).astimezone(UTC)
    text = run(capsys, "--cut", cut.isoformat())
    assert f"Learnt before {cut:%Y-%m-%d}" in text
    assert "served" in text
    assert "overlap" in text


def test_lists_and_relevance_follow_the_definition() -> None:
    catalogue_of(PRODUCTS)
    purchases_ingest(NOW)
    stage = stage_set(cut=NOW - timedelta(days=20))
    assert set(stage.fresh) <= set(stage.taken) <= set(stage.before)
    lists = lists_served(stage)
    for user, ranked in lists.new.items():
        assert len(ranked) == len(set(ranked)) == 10
        assert not stage.before[user] & set(ranked)
    assert any(stage.before[user] & set(ranked) for user, ranked in lists.everything.items())


def test_a_product_that_left_the_catalogue_is_never_served() -> None:
    """The model knows it from events; the shelf does not show it."""
    gone = {"a3", "b4"}
    catalogue_of([each for each in PRODUCTS if each not in gone])
    purchases_ingest(NOW)
    stage = stage_set(cut=NOW - timedelta(days=20))
    assert gone <= stage.known
    lists = lists_served(stage)
    shown = {each for ranked in lists.everything.values() for each in ranked}
    assert shown
    assert not gone & shown


@pytest.mark.parametrize("cut", ["2001-01-01", "2100-01-01"])
def test_a_cut_outside_of_the_events_is_refused(cut: str) -> None:
    purchases_ingest(NOW)
    with pytest.raises(CommandError, match="cut must lie between"):
        call_command("recsys_eval", "--cut", cut)


def test_a_cut_that_is_no_moment_is_refused() -> None:
    with pytest.raises(CommandError, match="yesterday is no ISO date"):
        call_command("recsys_eval", "--cut", "yesterday")


def test_without_events_it_says_so() -> None:
    with pytest.raises(CommandError, match="no interactions"):
        call_command("recsys_eval")
