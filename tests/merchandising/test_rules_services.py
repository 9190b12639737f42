import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from apps.access.models import AuditEntry, User
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.snapshots import poller_stop, snapshots_forget
from apps.merchandising.contracts_acting import RuleContext
from apps.merchandising.contracts_rules import RuleState
from apps.merchandising.models import RuleVersion
from apps.merchandising.selectors import _rules, rule_book
from apps.merchandising.selectors_rules import (
    campaigns_known,
    rule_view,
    rules_published,
    rules_view,
)
from apps.merchandising.selectors_rules_about import rule_key_free, rules_about
from apps.merchandising.services_rules import (
    rule_approve,
    rule_create,
    rule_discard,
    rule_edit,
    rule_publish,
    rule_reject,
    rule_retire,
    rule_rollback,
    rule_submit,
    rule_withdraw,
)
from apps.publishing.contracts import VersionStatus
from apps.publishing.services import draft_create, version_findings
from tests.merchandising.rule_content import content, published

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def mara() -> User:
    return User.objects.create_user("mara")


@pytest.fixture
def otto() -> User:
    return User.objects.create_user("otto")


def acting(*words: str, as_of: datetime = NOW) -> list[str]:
    found = rule_book().acting(RuleContext(words, (), {}, {}, as_of))
    return [rule.key for rule in found.rules]


def test_a_publish_changes_the_next_request(
    mara: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert (len(rule_book()), rule_book().number) == (0, 0)
    published("tv", mara)
    assert rule_book().number == 1
    assert acting("tv") == ["tv"]
    rule_edit(key="tv", content=content(query="lamp"), actor=mara)
    assert acting("tv") == ["tv"]
    rule_publish(key="tv", actor=mara, reason="a test", acknowledge_warnings=True)
    with django_assert_num_queries(3):
        book = rule_book()
    with django_assert_num_queries(0):
        assert rule_book() is book
    assert book.number == 2
    assert (acting("tv"), acting("lamp")) == ([], ["tv"])


def test_a_reload_reads_only_what_is_new(
    mara: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("tv", mara)
    before = rule_book().rules()
    published("lamp", mara, query="lamp")
    after = rule_book().rules()
    assert after[1] is before[0]
    rule_retire(key="lamp", actor=mara, reason="over")
    with django_assert_num_queries(2):
        assert rule_book().rules() == before


def test_windows_open_and_close_without_a_publish(mara: User) -> None:
    window = {"starts_at": "2026-11-21T13:00", "ends_at": "2026-11-21T14:00"}
    published("tv", mara, conditions=window)
    book = rule_book()
    found = [acting("x", as_of=NOW + timedelta(hours=hour)) for hour in (0, 1, 2)]
    assert found == [[], ["tv"], []]
    assert rule_book() is book


def test_content_is_stored_in_its_one_form(mara: User) -> None:
    draft = rule_create(
        key="tv",
        content=content(query="  T\u00c9L\u00c9 ", priority=5, campaign="sale"),
        actor=mara,
    )
    assert draft.content == {
        "title": "For   T\u00c9L\u00c9",
        "priority": 5,
        "campaign": "sale",
        "reach": "everyone",
        "conditions": {"queries": [{"match": "exact", "text": "tele"}]},
        "consequences": [{"do": "pin", "product": "1", "position": 1}],
        "retired": False,
    }
    row = RuleVersion.objects.get()
    assert (row.starts_at, row.ends_at) == (None, None)


def test_refusals_name_the_field(mara: User) -> None:
    bad = content(consequences=[{"do": "pin", "product": "1", "position": 0}])
    with pytest.raises(InvalidInput) as refused:
        rule_create(key="tv", content=bad, actor=mara)
    assert refused.value.extra["field"] == "consequences.1.position"
    with pytest.raises(InvalidInput) as refused:
        rule_create(key="Big TV", content=content(), actor=mara)
    assert refused.value.extra["field"] == "key"
    with pytest.raises(InvalidInput) as refused:
        rule_create(key="tv", content=content(retired=True), actor=mara)
    assert refused.value.extra["field"] == "retired"
    # Whoever drafts past the services is refused by the model itself.
    for subject, field in (("tv", "consequences"), ("Big TV", "subject")):
        with pytest.raises(InvalidInput) as refused:
            draft_create(kind="rules", subject=subject, content=bad, actor=mara)
        assert refused.value.extra["field"] == field
    with pytest.raises(ValidationError):
        RuleVersion(subject="tv", number=1, title="", consequences=[]).full_clean()
    assert not RuleVersion.objects.exists()


def test_a_key_names_one_rule(mara: User) -> None:
    rule_create(key="tv", content=content(), actor=mara)
    with pytest.raises(Conflict) as refused:
        rule_create(key="tv", content=content(), actor=mara)
    assert refused.value.code == "key_taken"
    with pytest.raises(NotFound):
        rule_edit(key="lamp", content=content(), actor=mara)


def test_one_draft_a_rule_changes_hands(mara: User, otto: User) -> None:
    rule_create(key="tv", content=content(), actor=mara)
    own = rule_edit(key="tv", content=content(priority=2), actor=mara)
    assert own.number == 1
    other = rule_edit(key="tv", content=content(priority=3), actor=otto)
    assert (other.number, other.created_by) == (2, "otto")
    rule_submit(key="tv", actor=otto)
    with pytest.raises(Conflict) as refused:
        rule_edit(key="tv", content=content(), actor=mara)
    assert refused.value.code == "in_review"


def test_a_second_person_agrees_where_the_house_wants_it(
    mara: User, otto: User, settings: Settings
) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    rule_create(key="tv", content=content(), actor=mara)
    with pytest.raises(Conflict, match="second person"):
        rule_publish(key="tv", actor=mara, reason="now")
    rule_submit(key="tv", actor=mara)
    with pytest.raises(Forbidden):
        rule_approve(key="tv", actor=mara)
    rule_withdraw(key="tv", actor=mara)
    rule_submit(key="tv", actor=mara)
    assert rule_approve(key="tv", actor=otto).approved
    rule_publish(key="tv", actor=mara, reason="now", acknowledge_warnings=True)
    waiting = rule_retire(key="tv", actor=mara, reason="over")
    assert waiting.status is VersionStatus.IN_REVIEW
    assert acting("tv") == ["tv"]
    rule_reject(key="tv", actor=otto, reason="not yet")
    rule_edit(key="tv", content=content(priority=1), actor=mara)
    rule_discard(key="tv", actor=mara)
    assert rule_view("tv", as_of=NOW).proposal is None


def test_a_retired_rule_comes_back_byte_for_byte(mara: User) -> None:
    first = published("tv", mara)
    retired = rule_retire(key="tv", actor=mara, reason="sold out")
    assert retired.status is VersionStatus.PUBLISHED
    assert acting("tv") == []
    assert rule_view("tv", as_of=NOW).state is RuleState.RETIRED
    assert rules_published() == ()
    assert version_findings(kind="rules", version_id=retired.id)[0].code == "base_moved"
    with pytest.raises(Conflict, match="retired already"):
        rule_retire(key="tv", actor=mara, reason="again")
    back = rule_rollback(key="tv", to_number=first.number, actor=mara, reason="new stock")
    assert back.content == first.content
    assert acting("tv") == ["tv"]
    said = AuditEntry.objects.filter(subject_type="rules").order_by("pk")
    assert [each.action for each in said] == [
        "version.draft_create", "version.publish", "version.draft_create", "version.publish",
        "version.rollback",
    ]  # fmt: skip


def test_only_what_is_published_can_be_retired(mara: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        rule_retire(key="tv", actor=mara, reason=" ")
    assert refused.value.extra["field"] == "reason"
    with pytest.raises(NotFound):
        rule_retire(key="tv", actor=mara, reason="over")
    published("tv", mara)
    rule_edit(key="tv", content=content(priority=4), actor=mara)
    with pytest.raises(Conflict) as waits:
        rule_retire(key="tv", actor=mara, reason="over")
    assert waits.value.code == "version_waits"


@pytest.mark.parametrize("step", [rule_submit, rule_withdraw, rule_discard, rule_approve])
def test_steps_need_something_that_waits(mara: User, step: Callable[..., Any]) -> None:
    with pytest.raises(NotFound):
        step(key="tv", actor=mara)
    published("tv", mara)
    with pytest.raises(Conflict) as refused:
        step(key="tv", actor=mara)
    assert refused.value.code == "nothing_waits"


def test_rules_are_listed_by_their_state(
    mara: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def window(**ends: str) -> dict[str, Any]:
        return {"conditions": ends}

    published("live", mara, campaign="autumn")
    published("over", mara, **window(ends_at="2026-11-01"))
    published("soon", mara, campaign="winter", **window(starts_at="2026-12-01"))
    published("gone", mara)
    rule_retire(key="gone", actor=mara, reason="over")
    rule_create(key="new", content=content(), actor=mara)
    rule_create(key="read", content=content(), actor=mara)
    rule_submit(key="read", actor=mara)
    expected = {
        "live": RuleState.LIVE,
        "over": RuleState.EXPIRED,
        "soon": RuleState.SCHEDULED,
        "gone": RuleState.RETIRED,
        "new": RuleState.DRAFT,
        "read": RuleState.IN_REVIEW,
    }
    with django_assert_num_queries(2):
        found = rules_view(as_of=NOW)
    assert {each.key: each.state for each in found} == expected
    for key, state in expected.items():
        assert [each.key for each in rules_view(as_of=NOW, state=state)] == [key]
        assert rule_view(key, as_of=NOW).shown.subject == key
    assert [each.key for each in rules_view(as_of=NOW, campaign="winter")] == ["soon"]
    assert [each.key for each in rules_view(as_of=NOW, after="new", limit=1)] == ["over"]
    assert campaigns_known() == ["autumn", "winter"]
    with pytest.raises(NotFound):
        rule_view("nobody", as_of=NOW)


def test_a_conflict_warns_before_publishing(mara: User) -> None:
    published("spring", mara, priority=10)
    draft = rule_create(
        key="summer",
        content=content(priority=20, consequences=[{"do": "pin", "product": "2", "position": 1}]),
        actor=mara,
    )
    findings = version_findings(kind="rules", version_id=draft.id)
    assert [each.code for each in findings] == ["rule_conflicts", "unknown_products"]
    assert "because its priority is 20 against 10" in findings[0].message
    with pytest.raises(Conflict) as refused:
        rule_publish(key="summer", actor=mara, reason="now")
    assert refused.value.code == "publish_warnings"


def test_many_conflicts_are_counted(mara: User) -> None:
    for number in range(12):
        published(f"r-{number}", mara)
    draft = rule_create(key="z", content=content(), actor=mara)
    told = [
        each.message
        for each in version_findings(kind="rules", version_id=draft.id)
        if each.code == "rule_conflicts"
    ]
    assert len(told) == 11
    assert told[-1] == "There are 2 more conflicts with published rules."


def test_what_the_catalogue_does_not_have_is_told(mara: User) -> None:
    unknown = content(
        conditions={"categories": ["nowhere"]},
        consequences=[
            {"do": "hide", "filters": {"category": ["no/where"]}},
            {"do": "redirect", "url": "/x"},
        ],
    )
    draft = rule_create(key="tv", content=unknown, actor=mara)
    (finding,) = version_findings(kind="rules", version_id=draft.id)
    assert finding.message == "There is no category nowhere, no/where."


def test_without_postgresql_the_last_known_rules_act(
    mara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    published("tv", mara)
    assert acting("tv") == ["tv"]

    def gone(*_args: object, **_kwargs: object) -> None:
        raise DatabaseError("gone")

    with monkeypatch.context() as without:
        without.setattr(RuleVersion.objects, "filter", gone)
        without.setattr("apps.merchandising.selectors.connection.close", lambda: None)
        assert not _rules.reload_safely()
        assert acting("tv") == ["tv"]
    snapshots_forget()
    with monkeypatch.context() as without:
        without.setattr(RuleVersion.objects, "filter", gone)
        without.setattr("apps.merchandising.selectors.connection.close", lambda: None)
        assert acting("tv") == []
        assert _rules.is_stale
    assert acting("tv") == ["tv"]


def test_a_rule_that_cannot_be_read_sinks_no_other(mara: User) -> None:
    published("tv", mara)
    row = RuleVersion(
        subject="odd", number=1, title="", status="published", published_at=timezone.now()
    )
    RuleVersion.objects.bulk_create([row])
    snapshots_forget()
    assert acting("tv") == ["tv"]
    assert rule_book().number == 2


@pytest.mark.django_db(transaction=True)
def test_a_publish_elsewhere_reaches_this_worker(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.ENDCAP_VERSION_POLL_S <= 0.5
    settings.ENDCAP_VERSION_POLLER = True
    mara = User.objects.create_user("mara")
    # As another process would: nothing of this one is marked, only the counter moves.
    monkeypatch.setattr("apps.common.services.snapshots_mark_stale", lambda _name: None)

    def publish() -> None:
        try:
            published("tv", mara)
        finally:
            connection.close()

    try:
        assert acting("tv") == []
        elsewhere = threading.Thread(target=publish)
        elsewhere.start()
        elsewhere.join()
        since = time.monotonic()
        while acting("tv") != ["tv"]:
            assert time.monotonic() - since < 10
            time.sleep(0.005)
        print(f"reached after {time.monotonic() - since:.3f} s")  # noqa: T201 - shown with -s
    finally:
        poller_stop()


def test_rules_about_a_query_are_read_at_once(
    mara: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        published(f"tv-{number}", mara)
    rule_edit(key="tv-3", content=content(title="Another"), actor=mara)
    published("lamp", mara, query="lamp")
    with django_assert_num_queries(2):
        found = rules_about(query="TV", category="", as_of=NOW)
    assert found == tuple(rule_view(f"tv-{number}", as_of=NOW) for number in range(5))
    assert rules_about(query="", category="", as_of=NOW) == ()


def test_a_free_key_is_found_at_once_however_many_are_taken(
    mara: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert rule_key_free("tv") == "tv"
    first = rule_create(key="tv", content=content(), actor=mara)
    others = ["tv-3", "tv-stand", "tvs", "tv-2-2", *(f"tv-{n}" for n in range(4, 1100))]
    RuleVersion.objects.bulk_create(
        RuleVersion(subject=key, number=1, **first.content) for key in others
    )
    with django_assert_num_queries(1):
        assert rule_key_free("tv") == "tv-2"
    rule_create(key="tv-2", content=content(), actor=mara)
    assert rule_key_free("tv") == "tv-1100"
    rule_discard(key="tv", actor=mara)
    assert rule_key_free("tv") == "tv"
