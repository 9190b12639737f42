"""From the query log to a draft with its evidence, and to nothing when there is too little."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.models import User
from apps.common.errors import InvalidInput
from apps.demo.domain.ranked_lists import truth_of
from apps.features import selectors_lists
from apps.features.domain.examined.lists import Lists
from apps.features.selectors_lists import logged_lists
from apps.jobs.contracts import job_spec
from apps.jobs.services import job_run_now
from apps.publishing.contracts import VersionStatus
from apps.publishing.services import draft_submit, version_approve, version_publish
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS, weights_validate
from apps.ranking_weights.domain.learning.hierarchy import weights_apart
from apps.ranking_weights.domain.learning.values import Reason
from apps.ranking_weights.models import LearnedEvidence, WeightSetVersion
from apps.ranking_weights.selectors import published_weight_sets
from apps.ranking_weights.selectors_learning import live_for
from apps.ranking_weights.services import KIND, weights_draft_create, weights_draft_update
from apps.ranking_weights.services_learning import weights_learn
from tests.features.catalogue import categories_create
from tests.ranking_weights.learning.scene import CONFIG, played
from tests.ranking_weights.logged import lists_log

pytestmark = pytest.mark.django_db
PATH = "electronics"


@pytest.fixture
def shop() -> None:
    categories_create()


@pytest.fixture
def searched(shop: None) -> Lists:
    """1,500 searches whose shoppers want what is new much more than the default does."""
    lists = played({PATH: 1_500}, seed=4, swap_share=0.05)
    lists_log(lists)
    return lists


def drafts() -> list[WeightSetVersion]:
    return list(WeightSetVersion.objects.filter(status="draft").order_by("subject"))


def test_the_log_is_read_as_it_was_played(searched: Lists) -> None:
    now = timezone.now()
    found = logged_lists(since=now - timedelta(days=1), until=now)
    newest_first = searched.part(np.arange(len(searched))[::-1])
    assert found.names == newest_first.names
    np.testing.assert_allclose(found.features, newest_first.features, atol=1e-4)
    np.testing.assert_array_equal(found.shown, newest_first.shown)
    np.testing.assert_array_equal(found.gains, newest_first.gains)
    np.testing.assert_array_equal(found.swapped, newest_first.swapped)
    assert set(found.paths) == {PATH}
    assert len(set(found.units.tolist())) == len(set(searched.units.tolist()))


def test_a_better_set_is_drafted_with_its_evidence(searched: Lists) -> None:
    report = weights_learn(as_of=timezone.now())
    assert (report.refused, report.searches, report.drafts) == (None, 1_500, len(drafts()))
    told = {str(one["subject"]): one for one in report.sets}
    draft = next(one for one in drafts() if one.subject == told["global"]["subject"])
    assert weights_validate(draft.weights) == draft.weights == told["global"]["proposed"]
    assert all(weight == round(weight, 4) for weight in draft.weights.values())
    truth = truth_of(PATH, CONFIG)
    assert weights_apart(draft.weights, truth) < weights_apart(DEFAULT_WEIGHTS, truth)
    kept = LearnedEvidence.objects.get(version=draft)
    assert kept.weights == draft.weights
    assert kept.evidence["held_back"]["dcg_at_k"]["difference"]["low"] > 0.0
    assert kept.evidence["propensities"]["source"] in {"lists", "swaps"}
    assert kept.note.startswith("Learnt from ")
    assert published_weight_sets() == {}


def test_a_person_approves_it_like_any_other_draft(searched: Lists, settings: object) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True  # type: ignore[attr-defined]  # pytest-django's wrapper
    mara, chris = (User.objects.create_user(name) for name in ("mara", "chris"))
    weights_learn(as_of=timezone.now())
    draft = drafts()[0]
    assert draft.created_by is None
    draft_submit(kind=KIND, version_id=draft.pk, actor=mara)
    version_approve(kind=KIND, version_id=draft.pk, actor=chris)
    version_publish(
        kind=KIND, version_id=draft.pk, actor=mara, reason="learnt", acknowledge_warnings=True
    )
    assert published_weight_sets()[draft.subject].weights == draft.weights


def test_learning_again_replaces_only_what_nobody_took_up(searched: Lists) -> None:
    mara = User.objects.create_user("mara")
    weights_learn(as_of=timezone.now())
    first = drafts()[0]
    weights_learn(as_of=timezone.now())
    again = next(one for one in drafts() if one.subject == first.subject)
    first.refresh_from_db()
    assert (first.status, first.reason) == (VersionStatus.REJECTED, "newer evidence")
    assert again.number > first.number
    weights_draft_update(version_id=again.pk, weights=again.weights, actor=mara)
    weights_learn(as_of=timezone.now())
    again.refresh_from_db()
    assert again.status == VersionStatus.DRAFT


def test_one_category_alone_and_a_dry_run(searched: Lists) -> None:
    dry = weights_learn(as_of=timezone.now(), dry_run=True)
    assert (dry.drafts, drafts()) == (0, [])
    one = weights_learn(as_of=timezone.now(), category="global")
    assert [each["subject"] for each in one.sets] == ["global"]
    assert {draft.subject for draft in drafts()} <= {"global"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"category": "no/such"}, "category"), ({"days": 0}, "days"), ({"days": 9999}, "days")],
)
def test_what_cannot_be_asked_is_named(shop: None, asked: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        weights_learn(as_of=timezone.now(), **asked)  # type: ignore[arg-type]  # what is wrong is the point
    assert refused.value.extra["field"] == field


def test_too_little_is_a_typed_refusal_and_no_draft(shop: None) -> None:
    report = weights_learn(as_of=timezone.now())
    assert (report.refused, report.searches, report.sets) == (Reason.TOO_FEW_CLICKS, 0, ())
    lists_log(played({PATH: 30}))
    assert weights_learn(as_of=timezone.now()).refused is Reason.TOO_FEW_CLICKS
    assert drafts() == []


def test_lists_of_other_features_and_of_gone_categories(shop: None) -> None:
    lists = played({"gone": 3})
    lists_log(lists)
    other = replace(lists, names=lists.names[:2], features=lists.features[..., :2])
    lists_log(other)
    now = timezone.now()
    found = logged_lists(since=now - timedelta(days=1), until=now)
    # The newest list says which features are learnt from.
    assert (found.names, len(found)) == (lists.names[:2], 3)
    assert found.paths == ("", "", "")


def test_only_the_newest_lists_are_held(searched: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors_lists, "MOST_LISTS", 100)
    now = timezone.now()
    with CaptureQueriesContext(connection) as told:
        found = logged_lists(since=now - timedelta(days=1), until=now)
    newest = searched.part(np.arange(len(searched))[: -100 - 1 : -1])
    np.testing.assert_array_equal(found.gains, newest.gains)
    assert found.gains.any()
    # Nor what came of the other 1,400: their events are not asked for.
    (gains,) = [each["sql"] for each in told if "max(weight)" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(gains)
        assert 0 < len({query_id for query_id, *_ in cursor}) <= 100


def test_unreadable_features_are_passed_over(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.ranking_weights.logged.features_pack", lambda _n, _r: b"\x09")
    lists_log(played({PATH: 2}))
    now = timezone.now()
    found = logged_lists(since=now - timedelta(days=1), until=now)
    assert (len(found), found.names) == (0, ())


def test_what_ranks_now_is_inherited(shop: None) -> None:
    mara = User.objects.create_user("mara")
    fresh = {"freshness_score": 1.0}
    draft = weights_draft_create(subject=PATH, weights=fresh, actor=mara)
    version_publish(kind=KIND, version_id=draft.id, actor=mara, reason="a test",
                    acknowledge_warnings=True)  # fmt: skip
    live = live_for({"electronics/audio", ""})
    assert live.subjects == {PATH}
    assert live.weights["electronics/audio"] == live.weights[PATH] == fresh
    assert live.weights["global"] == DEFAULT_WEIGHTS


def test_the_command_tells_what_it_found(searched: Lists) -> None:
    out = StringIO()
    call_command("learn_weights", "--json", "--dry-run", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["searches"], report["refused"]) == (1_500, None)
    assert {one["subject"] for one in report["sets"]} == {"global", PATH}
    out = StringIO()
    call_command("learn_weights", stdout=out)
    assert "1,500 searches from " in out.getvalue()
    assert f"global: draft {drafts()[0].number}" in out.getvalue()
    with pytest.raises(CommandError, match="--category"):
        call_command("learn_weights", "--category", "no/such")


def test_the_command_says_why_there_is_nothing(shop: None) -> None:
    out = StringIO()
    call_command("learn_weights", stdout=out)
    assert "Nothing was learnt (too_few_clicks)" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_job_is_weekly_and_its_outcome_says_why(shop: None) -> None:
    assert job_spec("learn_weights").cron == "40 4 * * 1"
    outcome = job_run_now(job_name="learn_weights")
    assert outcome == {"searches": 0, "learnt": 0, "drafts": 0, "refused": "too_few_clicks"}


def test_the_drafts_page_shows_what_speaks_for_it(searched: Lists, client: Client) -> None:
    mara = User.objects.create_superuser("mara")
    client.force_login(mara)
    weights_learn(as_of=timezone.now())
    draft = drafts()[0]
    address = f"/admin/ranking_weights/weightsetversion/{draft.pk}/change/"
    page = client.get(address).content.decode()
    assert "DCG at 10, self-normalised" in page
    assert "were edited since" not in page
    weights_draft_update(version_id=draft.pk, weights=dict(DEFAULT_WEIGHTS), actor=mara)
    assert "were edited since" in client.get(address).content.decode()
    plain = weights_draft_create(subject="global", weights=dict(DEFAULT_WEIGHTS), actor=mara)
    other = client.get(f"/admin/ranking_weights/weightsetversion/{plain.id}/change/")
    assert "self-normalised" not in other.content.decode()
    assert "evidence" in str(LearnedEvidence.objects.get(pk=draft.pk))
