"""The gate before publishing and in CI; drafts of every kind taken for published."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from apps.common.errors import ApplicationError, Conflict, InvalidInput
from apps.explainability.contracts.judged import (
    PUBLISHED,
    Configuration,
)
from apps.explainability.models import Judgement, JudgementList
from apps.explainability.selectors import judged as lists
from apps.explainability.selectors import runs
from apps.explainability.services.evaluations import (
    evaluation_run_now,
)
from apps.explainability.services.gate import draft_judged, gate_run, relevance_check
from apps.explainability.services.lists import (
    judgements_import,
    list_ensure,
)
from apps.merchandising.services import (
    abbreviations_draft_from_lines,
    synonyms_draft_from_lines,
)
from apps.merchandising.services_rules import rule_create
from apps.publishing.contracts import FindingLevel, VersionView
from apps.publishing.services import draft_create, version_publish, version_rollback
from apps.ranking_weights.services import weights_draft_create
from tests.search.types import Build

pytestmark = pytest.mark.django_db
HEAD = "query,product_id,rating\n"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "icecat" / "judgements.csv"


def imported(*lines: str, name: str = "list", scale: int = 3) -> int:
    list_id = list_ensure(name=name, scale=scale)
    judgements_import(list_id=list_id, lines=[HEAD, *lines])
    return list_id


def judged(catalogue_list: str = "list") -> int:
    return imported(
        "wireless mouse,p-0-1,3\n", "wireless mouse,p-3-1,0\n", "running shoes,p-3-2,2\n",
        "sneakers,p-3-1,1\n", "nothing,p-0-0,0\n", name=catalogue_list,
    )  # fmt: skip


POPULAR = {"search_score": 0.0, "popularity_score": 0.0, "cf_score": 0.0, "freshness_score": 1.0}


def many_queries(catalogue_list: str) -> int:
    """Enough queries for a test to see a difference: each product by its own number."""
    from apps.catalog.models import Product

    products = Product.objects.filter(active=True).order_by("product_id")[:24]
    return imported(
        *(f"{each.title},{each.product_id},3\n" for each in products), name=catalogue_list
    )


def gated(*, weights: dict[str, float]) -> VersionView:
    return weights_draft_create(subject="global", weights=weights, actor=None)


def test_the_gate_warns_refuses_and_lets_go_back(
    catalogue: None, embedded: Build, settings: Settings
) -> None:
    embedded()
    worse = gated(weights=POPULAR)
    assert relevance_check(worse) == []  # no list, no check
    list_id = many_queries("gate")
    JudgementList.objects.filter(pk=list_id).update(gate=True)
    (finding,) = relevance_check(worse)
    assert finding.level is FindingLevel.WARNING
    assert "NDCG@10 falls" in finding.message
    good = gated(weights={**POPULAR, "search_score": 1.0, "freshness_score": 0.0})
    assert relevance_check(good)[0].level is FindingLevel.INFO
    version_publish(
        kind="ranking_weights",
        version_id=worse.id,
        actor=None,
        reason="x",
        acknowledge_warnings=True,
    )
    version_publish(
        kind="ranking_weights",
        version_id=good.id,
        actor=None,
        reason="y",
        acknowledge_warnings=True,
    )
    settings.RELEVANCE_GATE_BLOCKS = True
    other = gated(weights={**POPULAR, "freshness_score": 0.9, "popularity_score": 0.1})
    with pytest.raises(ApplicationError) as refused:
        version_publish(
            kind="ranking_weights",
            version_id=other.id,
            actor=None,
            reason="z",
            acknowledge_warnings=True,
        )
    assert refused.value.code == "publish_checks_failed"
    back = version_rollback(
        kind="ranking_weights", subject="global", to_number=worse.number, actor=None, reason="must"
    )
    assert back.content == worse.content


def test_the_check_is_bounded(catalogue: None, embedded: Build, settings: Settings) -> None:
    embedded()
    list_id = many_queries("gate")
    JudgementList.objects.filter(pk=list_id).update(gate=True)
    settings.RELEVANCE_GATE_QUERIES = 5
    draft = gated(weights=POPULAR)
    found = draft_judged(draft)
    assert found is not None
    assert (found.asked, found.of) == (5, 24)
    assert "5 of 24 queries" in relevance_check(draft)[0].message
    settings.RELEVANCE_GATE_SECONDS = 0.0
    none = draft_judged(draft)
    assert none is not None
    assert none.asked == 0
    assert relevance_check(draft)[0].level is FindingLevel.INFO
    JudgementList.objects.update(gate=False)
    empty = imported("nothing,p-0-0,0\n", name="empty")
    JudgementList.objects.filter(pk=empty).update(gate=True)
    assert relevance_check(draft) == []


def test_drafts_of_every_kind_are_taken_for_published(catalogue: None, embedded: Build) -> None:
    embedded()
    list_id = judged()
    before = evaluation_run_now(list_id=list_id, configuration=PUBLISHED)
    synonyms = synonyms_draft_from_lines(text="sneakers, wireless mouse", actor=None)
    short = abbreviations_draft_from_lines(text="sneakers => wireless mouse", actor=None)
    settings_draft = draft_create(
        kind="search_settings",
        subject="default",
        content={
            "fusion": "rrf", "keyword_weight": 0.5, "semantic": False, "synonyms": True,
            "understanding": True, "spelling": True,
        },
        actor=None,
    )  # fmt: skip
    weights = weights_draft_create(subject="electronics", weights=POPULAR, actor=None)
    ranked = {}
    for draft in (synonyms, short, settings_draft, weights):
        configuration = Configuration(draft_kind=draft.kind, draft_id=draft.id)
        view = evaluation_run_now(list_id=list_id, configuration=configuration)
        ranked[draft.kind] = {each.query: each.ranked for each in runs.run_scores(view.id)}
    live = {each.query: each.ranked for each in runs.run_scores(before.id)}
    assert ranked["synonyms"]["sneakers"] != live["sneakers"]
    assert ranked["abbreviations"]["sneakers"] != live["sneakers"]
    assert ranked["synonyms"]["running shoes"] == live["running shoes"]
    assert len(ranked["search_settings"]["sneakers"]) < len(live["sneakers"])
    # Electronics' own set acts where electronics are looked for, and nowhere else.
    assert ranked["ranking_weights"]["wireless mouse"] != live["wireless mouse"]
    assert ranked["ranking_weights"]["running shoes"] == live["running shoes"]


def test_the_gate_of_ci(catalogue: None, embedded: Build) -> None:
    embedded()
    view = lists.judgement_list(many_queries("gate"))
    with pytest.raises(Conflict, match="no stored run"):
        gate_run(view=view, against="published")
    first = evaluation_run_now(list_id=view.id, configuration=PUBLISHED)
    same = gate_run(view=view, against=str(first.id))
    assert (same.verdict.fell, same.before.id) == (False, first.id)
    assert gate_run(view=view, against="published").before.id == same.after.id
    payload = {"ranking": {"weights": POPULAR}}
    fell = gate_run(view=view, against="published", candidate=Configuration(payload=payload))
    assert fell.verdict.fell
    assert fell.before.label == "gate: published"
    with pytest.raises(InvalidInput, match="run's number"):
        gate_run(view=view, against="yesterday")
    other = lists.judgement_list(judged("other"))
    with pytest.raises(Conflict, match="measured on gate"):
        gate_run(view=other, against=str(first.id))


def test_rules_are_judged_before_they_are_published(catalogue: None, embedded: Build) -> None:
    embedded()
    list_id = many_queries("gate")
    JudgementList.objects.filter(pk=list_id).update(gate=True)
    hidden = [*Judgement.objects.values_list("product_id", flat=True)]
    rule = {
        "title": "Hides what is asked for",
        "conditions": {},
        "consequences": [{"do": "hide", "products": hidden}],
    }
    draft = rule_create(key="hides-all", content=rule, actor=None)
    findings = [each for each in relevance_check(draft) if each.code == "relevance"]
    assert findings[0].level is FindingLevel.WARNING
    assert "NDCG@10 falls" in findings[0].message
    version_publish(
        kind="rules", version_id=draft.id, actor=None, reason="x", acknowledge_warnings=True
    )
    back = draft_create(
        kind="rules", subject="hides-all", content={**draft.content, "retired": True}, actor=None
    )
    (risen,) = relevance_check(back)
    assert risen.level is FindingLevel.INFO
    assert "NDCG@10 rises" in risen.message
