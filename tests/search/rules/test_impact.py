"""What a rule touched, what became of its queries, and the experiment about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import User
from apps.access.services import user_ensure
from apps.common.errors import NotFound
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.metrics import metrics_ensure_shipped
from apps.search.domain.analytics.figures import Figures
from apps.search.domain.analytics.impact import changes_of
from apps.search.domain.overrides import overrides_read
from apps.search.selectors.rule_impact import rule_impact
from apps.search.services.analytics_rollup import search_days_rollup
from apps.search.services.rule_test import rule_test_create
from tests.search.analytics.scene import TODAY, happened, searched
from tests.search.rules.conftest import Publish
from tests.search.rules.doing import pin

pytestmark = pytest.mark.django_db
LIVE = TODAY - timedelta(days=4, hours=12)


def _searches(
    query: str, days_ago: int, many: int, clicked: int = 0, rules: tuple[str, ...] = ()
) -> None:
    at = TODAY - timedelta(days=days_ago) + timedelta(hours=12)
    for number in range(many):
        moment = at + timedelta(minutes=number)
        found = searched(query, moment, client_id=f"c{number}", applied_rules=rules)
        if number < clicked:
            happened("click", found, moment)


def _played() -> None:
    for days_ago in (8, 7, 6):
        _searches("mouse", days_ago, 20, clicked=4)
    _searches("mouse", 5, 7, clicked=7)
    for days_ago in (4, 3, 2, 1):
        _searches("mouse", days_ago, 20, clicked=12, rules=("mice", "other"))
        _searches("shoes", days_ago, 5, clicked=5)
    search_days_rollup(full=True)


def test_searches_that_a_rule_acted_on_are_counted() -> None:
    _played()
    found = rule_impact(key="mice", live_since=LIVE, as_of=timezone.now())
    assert found.touched.searches == 80
    assert found.touched.shoppers == 20
    assert found.touched.clicked == 48
    assert found.touched.queries == (("mouse", 80),)
    assert rule_impact(key="none", live_since=LIVE, as_of=timezone.now()).touched.searches == 0


def test_its_queries_before_and_since_leave_the_day_of_the_change_out() -> None:
    _played()
    found = rule_impact(key="mice", live_since=LIVE, as_of=timezone.now())
    assert (found.days, found.since, found.before) == (
        4,
        (TODAY - timedelta(days=4)).date(),
        (TODAY - timedelta(days=9)).date(),
    )
    clicks = found.changes[0]
    assert (clicks.before, clicks.since) == ((12, 60), (48, 80))
    assert (clicks.rate_before, clicks.rate_since) == ("20.0%", "60.0%")
    assert clicks.difference == "+40.0 points"
    assert clicks.tone == "better"
    assert found.changes[1].tone == ""


def test_a_rule_of_today_has_no_comparison_yet() -> None:
    _played()
    found = rule_impact(key="mice", live_since=timezone.now(), as_of=timezone.now())
    assert (found.days, found.changes) == (0, ())


def test_fewer_results_are_worse_and_no_searches_say_so() -> None:
    before, since = (
        Figures(searches=1000, zero_results=10),
        Figures(searches=1000, zero_results=90),
    )
    zero = changes_of(before, since)[2]
    assert zero.tone == "worse"
    low, high = zero.interval.removesuffix(" points").split(" … ")
    assert 5.0 < float(low) < 8.0 < float(high) < 11.0
    assert changes_of(before, before)[2].tone == ""
    nothing = changes_of(Figures(), since)[0]
    assert not nothing.computed
    assert (nothing.rate_before, nothing.difference, nothing.interval, nothing.tone) == (
        "none", "", "", "",
    )  # fmt: skip


def test_the_index_serves_the_question() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT count(*) FROM events_querylog"
            " WHERE applied_rules @> ARRAY['mice'] AND applied_rules <> '{}'"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "applied_rules" in plan
    assert "Bitmap Index Scan" in plan


@pytest.fixture
def rule(catalogue: None, publish: Publish) -> str:
    metrics_ensure_shipped()
    publish("mice", pin("p-0-4"), q="mouse")
    return "mice"


def test_testing_a_rule_drafts_an_experiment_with_and_without_it(rule: str) -> None:
    user_ensure(username="merle", password="a password of length", groups=("merchandiser",))
    merle = User.objects.get(username="merle")
    found = rule_test_create(key=rule, actor=merle)
    assert found.key == "rule-mice"
    payloads: list[Any] = [each.payload for each in found.design.variants]
    switches = [overrides_read(each).rules for each in payloads]
    assert switches[0] is not None
    assert switches[1] is not None
    assert switches[0].without == {rule}
    assert switches[1].with_ == {rule}
    assert rule_test_create(key=rule, actor=merle).key == "rule-mice-2"
    with pytest.raises(NotFound):
        rule_test_create(key="no-such", actor=merle)


def _merle(client: Client, *groups: str) -> Client:
    user_ensure(username="merle", password="a password of length", groups=groups)
    client.force_login(User.objects.get(username="merle"))
    return client


def test_the_page_shows_figures_and_leads_to_the_experiment(client: Client, rule: str) -> None:
    _merle(client, "merchandiser")
    page = reverse("search-rule-impact", args=(rule,))
    text = client.get(page).content.decode()
    assert "Searches touched" in text
    assert "Test this rule" in text
    response = client.post(reverse("search-rule-test", args=(rule,)))
    assert response.status_code == 302
    row = experiment_view("rule-mice").id
    assert response["Location"] == reverse("admin:experiments_experiment_change", args=(row,))


def test_the_page_of_a_rule_that_is_no_more_or_never_was(client: Client, rule: str) -> None:
    _merle(client, "merchandiser")
    assert client.get(reverse("search-rule-impact", args=("no-such",))).status_code == 404
    refused = client.post(reverse("search-rule-test", args=("no-such",)))
    assert refused.status_code == 404


def test_who_may_make_no_experiments_gets_no_button(client: Client, rule: str) -> None:
    _merle(client)
    assert client.get(reverse("search-rule-impact", args=(rule,))).status_code == 403
    assert client.post(reverse("search-rule-test", args=(rule,))).status_code == 403
