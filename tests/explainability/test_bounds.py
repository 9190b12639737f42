"""What is too long, or goes wrong in an unforeseen way, is refused or told, never swallowed."""

import pytest
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.explainability.contracts.judged import EvaluationStatus, JudgementsInvalid
from apps.explainability.domain.judgement_csv import RatingsReader
from apps.explainability.models import EvaluationRun, Judgement
from apps.explainability.selectors import runs
from apps.explainability.services import evaluations
from apps.explainability.services.lists import judgements_import, list_ensure

HEAD = "query,product_id,rating\n"


@pytest.fixture
def list_id(catalogue: None) -> int:
    found = list_ensure(name="list", scale=3)
    judgements_import(list_id=found, lines=[HEAD, "sneakers,p-3-1,1\n"])
    return found


def test_a_rating_of_thousands_of_digits_is_off_the_scale() -> None:
    with pytest.raises(JudgementsInvalid, match="whole number"):
        list(RatingsReader([HEAD, f"a,b,{'1' * 5000}\n"], top=3).ratings())


def test_a_body_over_the_limit_is_refused(client: Client, list_id: int) -> None:
    key = api_key_create(name="judge", scopes=[Scope.RANKING_WRITE]).secret_once
    sent = client.post(
        f"/api/v1/relevance/lists/{list_id}/judgements",
        HEAD + "x,y,1\n" * 400_000,
        content_type="text/csv",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (sent.status_code, sent.json()["extra"]["field"]) == (413, "body")
    assert Judgement.objects.count() == 1


def test_a_limit_of_thousands_of_digits_is_refused(client: Client, list_id: int) -> None:
    key = api_key_create(name="reader", scopes=[Scope.RANKING_READ]).secret_once
    answer = client.get(
        "/api/v1/ranking/weight-versions/global",
        {"limit": "9" * 5000},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, "limit")


def test_rules_are_among_what_was_in_force(catalogue: None) -> None:
    assert "rules" in evaluations.versions_in_force()


def test_a_run_that_breaks_does_not_seem_to_go_on(
    list_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise ValueError("unforeseen")

    row = EvaluationRun.objects.create(
        judgement_list_id=list_id, words="as published", configuration={"system": "baseline"}
    )
    monkeypatch.setattr(evaluations, "versions_in_force", breaks)
    with pytest.raises(ValueError, match="unforeseen"):
        evaluations.evaluation_execute(run_id=row.pk, progress=lambda *_: None)
    assert runs.run_view(row.pk).status is EvaluationStatus.FAILED


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/merchandising/rules?campaign=%00", 400),
        ("/api/v1/merchandising/rules?after=%00", 400),
        ("/api/v1/relevance/runs?list=%00", 404),
    ],
)
def test_a_nul_character_is_the_callers_fault(
    client: Client, list_id: int, address: str, status: int
) -> None:
    key = api_key_create(name="reader", scopes=[Scope.RANKING_READ]).secret_once
    answer = client.get(address, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/admin/search/merchandiser/?q=a&rule=%00", 200),
        ("/admin/merchandising/ruleversion/products/?q=abc%00", 200),
        ("/admin/merchandising/ruleversion/%C2%B2/change/", 404),
    ],
)
def test_pages_bear_odd_letters(
    admin_client: Client, list_id: int, address: str, status: int
) -> None:
    assert admin_client.get(address).status_code == status


def test_json_over_the_limit_is_refused_in_the_one_shape(client: Client, list_id: int) -> None:
    key = api_key_create(name="writer", scopes=[Scope.RANKING_WRITE]).secret_once
    answer = client.post(
        "/api/v1/merchandising/rules",
        b"{" + b" " * 3_000_000 + b"}",
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (answer.status_code, answer.json()["extra"]["field"]) == (413, "body")
