"""`search_eval` on stored lists: runs, and a gate that fails the build."""

import json

import pytest
from django.core.management import CommandError, call_command

from apps.catalog.models import Product
from apps.explainability.models import EvaluationRun
from apps.explainability.services.lists import judgements_import, list_ensure
from tests.search.types import Build

pytestmark = pytest.mark.usefixtures("catalogue")
WORSE = '{"payload": {"ranking": {"weights": {"freshness_score": 1.0}}}}'


@pytest.fixture
def judged(catalogue: None, embedded: Build) -> None:
    embedded()
    products = Product.objects.filter(active=True).order_by("product_id")[:16]
    lines = [f"{each.title},{each.product_id},3\n" for each in products]
    list_id = list_ensure(name="titles", scale=3)
    judgements_import(list_id=list_id, lines=["query,product_id,rating\n", *lines])


@pytest.mark.usefixtures("judged")
def test_a_run_is_stored_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("search_eval", list="titles", label="nightly")
    said = capsys.readouterr().out
    assert "ndcg@10: DCG@10 over the DCG@10 of the best possible order" in said
    assert "NDCG@10" in said
    assert EvaluationRun.objects.get().label == "nightly"
    call_command("search_eval", list="titles", json=True, configuration="keyword")
    told = json.loads(capsys.readouterr().out)
    assert told["configuration"] == {"system": "keyword"}
    assert told["metrics"]["ndcg@10"]["mean"] > 0


@pytest.mark.usefixtures("judged")
def test_the_gate_fails_on_a_significant_fall_alone(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("search_eval", list="titles")
    run = str(EvaluationRun.objects.get().pk)
    call_command("search_eval", gate="titles")
    call_command("search_eval", gate="titles", against=run)
    assert "NDCG@10 has not fallen." in capsys.readouterr().out
    for against in (run, "published"):
        with pytest.raises(SystemExit) as failed:
            call_command("search_eval", gate="titles", against=against, configuration=WORSE)
        assert failed.value.code == 1
    assert "NDCG@10 has fallen." in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("search_eval", gate="titles", against=run, configuration=WORSE, json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["fell"] is True
    assert told["worst"][0]["change"] < 0


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(CommandError, match="no judgement list none"):
        call_command("search_eval", list="none")
    list_ensure(name="empty", scale=3)
    with pytest.raises(CommandError, match="draft_id"):
        call_command("search_eval", list="empty", configuration="rules:x")
    with pytest.raises(CommandError, match="A system is one of"):
        call_command("search_eval", list="empty", configuration="magic")
    with pytest.raises(CommandError):
        call_command("search_eval")
