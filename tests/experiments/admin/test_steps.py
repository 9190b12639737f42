"""Steps of an experiment in admin: who may take which, the queue, the kill switch, QA."""

from typing import Any

import pytest
from django.test import Client, RequestFactory

from apps.access.models import AuditEntry, User
from apps.access.services import user_ensure
from apps.common.admin_navigation import navigation_build
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import Outcome
from apps.experiments.models import Analysis, Experiment
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.design import experiment_edit, experiment_submit
from apps.experiments.services.lifecycle import experiment_complete, experiment_pause
from tests.experiments.admin.pages import LIST, PASSWORD, page
from tests.experiments.factories import NOW, design_make, experiment_make, experiment_running

pytestmark = pytest.mark.django_db


def step(experiment_id: int, name: str) -> str:
    return page(experiment_id, f"step/{name}")


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def analysis_make(experiment_id: int, **changes: Any) -> Analysis:
    columns = {
        "as_of": NOW, "computed_at": NOW, "action": "ship", "health": "ok", "readable": True,
        "headline": "Ship treatment: it is better on CVR.", "units": 12_345, "document": {},
        **changes,
    }  # fmt: skip
    return Analysis.objects.create(experiment_id=experiment_id, **columns)


def test_from_request_to_running(client_mara: Client, client_chris: Client) -> None:
    view = experiment_make()
    text = text_of(client_mara, page(view.id))
    assert "Request the start" in text
    assert "The hypothesis is written." in text
    assert client_mara.post(step(view.id, "submit")).status_code == 302
    assert experiment_view(view.key).status is Status.IN_REVIEW

    mine = text_of(client_mara, f"{LIST}review/")
    assert "yours: somebody else approves it" in mine
    assert "step/approve/" not in mine
    assert client_mara.get(step(view.id, "approve")).status_code == 302

    queue = text_of(client_chris, f"{LIST}review/")
    assert "first start" in queue
    assert step(view.id, "approve") in queue
    assert "Fresh first" in text_of(client_chris, step(view.id, "approve"))
    assert client_chris.post(step(view.id, "approve")).status_code == 302
    assert experiment_view(view.key).approved

    assert client_mara.post(step(view.id, "start"), {"reason": ""}).status_code == 200
    answer = client_mara.post(step(view.id, "start"), {"reason": "spring"}, follow=True)
    assert b"Start: done. weights-test is running." in answer.content
    assert experiment_view(view.key).status is Status.RUNNING
    audited = AuditEntry.objects.filter(subject_id="weights-test").values_list("action", flat=True)
    assert {"experiment.submitted", "experiment.approved", "experiment.started"} <= {*audited}


def test_a_rejection_says_why_and_goes_back(client_mara: Client, client_chris: Client) -> None:
    view = experiment_make()
    client_mara.post(step(view.id, "submit"))
    assert client_chris.post(step(view.id, "reject"), {"reason": "too small"}).status_code == 302
    text = text_of(client_mara, page(view.id))
    assert "too small" in text
    assert experiment_view(view.key).status is Status.DRAFT
    client_mara.post(step(view.id, "submit"))
    assert client_mara.post(step(view.id, "withdraw")).status_code == 302
    assert experiment_view(view.key).status is Status.DRAFT


def test_the_kill_switch_is_one_click_and_audited(client_mara: Client) -> None:
    view = experiment_running()
    listed = text_of(client_mara, LIST)
    assert f'formaction="{page(view.id, "kill")}"' in listed
    assert client_mara.get(page(view.id, "kill")).status_code == 405
    answer = client_mara.post(page(view.id, "kill"), follow=True)
    assert b"weights-test is killed" in answer.content
    assert experiment_view(view.key).status is Status.PAUSED
    assert AuditEntry.objects.filter(action="experiment.killed", actor_name="mara").exists()
    again = client_mara.post(page(view.id, "kill"), follow=True)
    assert b"it is paused" in again.content
    assert client_mara.post(step(view.id, "resume"), {"reason": "all well"}).status_code == 302
    assert experiment_view(view.key).status is Status.RUNNING


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"coverage": 0.5}, "Shoppers move"),
        ({"hypothesis": "Another one."}, "Nobody moves"),
        ({"targeting": {"device": "mobile"}}, "Shoppers move"),
    ],
)
def test_a_change_says_whether_shoppers_move(
    client_mara: Client, client_chris: Client, mara: User, changes: dict[str, Any], words: str
) -> None:
    view = experiment_running()
    experiment_edit(key=view.key, design=design_make(**changes), actor=mara)
    shown = text_of(client_mara, page(view.id))
    assert words in shown
    assert "A change is proposed" in shown
    experiment_submit(key=view.key, actor=mara)
    assert words in text_of(client_chris, step(view.id, "approve"))
    assert "change of what runs" in text_of(client_chris, f"{LIST}review/")
    client_chris.post(step(view.id, "approve"))
    assert "Apply the change" in text_of(client_mara, page(view.id))
    assert client_mara.post(step(view.id, "start"), {"reason": "agreed"}).status_code == 302
    after = experiment_view(view.key)
    assert len(after.phases) == 2
    moved = after.phases[1].salt_version == 2
    assert moved is (words == "Shoppers move")


def test_pause_complete_archive(client_mara: Client) -> None:
    view = experiment_running()
    for name, status in (
        ("pause", Status.PAUSED), ("complete", Status.COMPLETED), ("archive", Status.ARCHIVED),
    ):  # fmt: skip
        assert client_mara.post(step(view.id, name), {"reason": "done"}).status_code == 302
        assert experiment_view(view.key).status is status
    gone = client_mara.get(step(view.id, "pause"), follow=True)
    assert b"This step does not fit now" in gone.content
    assert client_mara.get(step(view.id, "nonsense")).status_code == 404
    assert client_mara.get(page(999_999)).status_code == 404


def test_a_decision_freezes_its_evidence(client_mara: Client, mara: User) -> None:
    view = experiment_running()
    decide = page(view.id, "decide")
    assert "nothing to decide on" in text_of(client_mara, decide)
    form = {"outcome": "ship", "variant": "treatment", "text": "It won.", "ship": ""}
    refused = client_mara.post(decide, form)
    assert b"There is no analysis yet" in refused.content
    analysis_make(view.id)
    assert "Ship treatment" in text_of(client_mara, decide)
    assert b"Say which variant" in client_mara.post(decide, {**form, "variant": ""}).content
    rolled = {**form, "outcome": "roll_back", "ship": "on"}
    assert b"hands anything over" in client_mara.post(decide, rolled).content
    assert client_mara.post(decide, form).status_code == 302
    after = experiment_view(view.key)
    assert after.decision is not None
    assert (after.decision.outcome, after.decision.variant) == (Outcome.SHIP, "treatment")
    assert "It won." in text_of(client_mara, page(view.id))


def test_qa_units_and_links(client_mara: Client) -> None:
    view = experiment_running()
    forced = page(view.id, "forced")
    answer = client_mara.post(forced, {"units": "client of mara treatment\n\nc2 control"})
    assert answer.status_code == 302
    assert experiment_view(view.key).forced_units == {
        "client of mara": "treatment",
        "c2": "control",
    }
    assert "client of mara treatment" in text_of(client_mara, page(view.id))
    assert b"write a unit, a space" in client_mara.post(forced, {"units": "c2 nothing"}).content
    link = client_mara.post(page(view.id, "qa"), {"variant": "treatment", "hours": "24"})
    assert b"?qa=" in link.content
    assert b"A link lives up to" in client_mara.post(
        page(view.id, "qa"), {"variant": "treatment", "hours": "99999"}
    ).content  # fmt: skip
    experiment_complete(key=view.key, actor=None, reason="over")
    over = client_mara.post(forced, {"units": ""}, follow=True)
    assert b"weights-test is over" in over.content


def test_an_analyst_reads_and_writes_nothing(mara: User, client: Client) -> None:
    user_ensure(username="ana", password=PASSWORD, groups=("analyst",))
    client.force_login(User.objects.get(username="ana"))
    view = experiment_running()
    for address in (LIST, page(view.id), f"{LIST}review/"):
        assert "Kill</button>" not in text_of(client, address)
    for address in (f"{LIST}add/", page(view.id, "edit"), page(view.id, "decide")):
        assert client.get(address).status_code == 403
    for name in ("kill", "forced", "qa"):
        assert client.post(page(view.id, name)).status_code == 403
    assert client.post(step(view.id, "pause"), {"reason": "mine"}).status_code == 302
    assert experiment_view(view.key).status is Status.RUNNING


def test_the_list_asks_a_constant_number_of_statements(
    client_mara: Client, django_assert_max_num_queries: Any
) -> None:
    first = experiment_running("first")
    analysis_make(first.id)
    client_mara.get(LIST)
    with django_assert_max_num_queries(40) as few:
        client_mara.get(LIST)
    for place in range(8):
        analysis_make(experiment_running(f"more-{place}").id, health="alarm")
    with django_assert_max_num_queries(len(few)):
        text = text_of(client_mara, LIST)
    assert text.count("Kill</button>") == 9
    assert "12,345" in text


def test_the_list_filters(client_mara: Client, mara: User) -> None:
    experiment_running("runs")
    experiment_make("waits")
    experiment_pause(key=experiment_running("rests").key, actor=mara, reason="a rest")
    assert "waits" not in text_of(client_mara, f"{LIST}?standing=paused")
    experiment_edit(key="runs", design=design_make(name="Changed"), actor=mara)
    changed = text_of(client_mara, f"{LIST}?standing=change")
    assert "<code>runs</code>" in changed
    assert "<code>rests</code>" not in changed
    assert "<code>runs</code>" in text_of(client_mara, f"{LIST}?q=runs")


def test_the_first_page_says_what_needs_somebody(client_mara: Client) -> None:
    assert "0 running" in text_of(client_mara, "/admin/")
    first = experiment_running("first")
    analysis_make(first.id, health="alarm", action="investigate", readable=False)
    second = experiment_running("second")
    analysis_make(second.id)
    text = text_of(client_mara, "/admin/")
    assert "Experiments with an alarm" in text
    assert "Experiments to decide" in text
    assert page(first.id) in text
    for place in range(4):
        analysis_make(experiment_running(f"bad-{place}").id, health="alarm", action="investigate")
    assert "and 2 more" in text_of(client_mara, "/admin/")


def test_every_page_stands_in_the_sidebar(client_mara: Client) -> None:
    text = text_of(client_mara, "/admin/")
    for title in ("Experiments", "Waiting for approval", "Flags", "Metrics", "Layers and holdout"):
        assert title in text


def test_designs_are_listed_and_compared(client_mara: Client, mara: User) -> None:
    experiment_running()
    versions = "/admin/experiments/experimentversion/"
    assert "weights-test" in text_of(client_mara, versions)
    live = Experiment.objects.get(key="weights-test").live_id
    change = text_of(client_mara, f"{versions}{live}/change/")
    assert "/step/publish/" not in change
    assert page(Experiment.objects.get(key="weights-test").pk) in change
    assert client_mara.get(f"{versions}{live}/diff/").status_code == 200


def test_what_was_decided_is_shipped_later(client_mara: Client, client: Client) -> None:
    view = experiment_running()
    analysis_make(view.id)
    ship = page(view.id, "ship")
    none = client_mara.post(ship, follow=True)
    assert b"Nothing was decided to be shipped" in none.content
    form = {"outcome": "ship", "variant": "treatment", "text": "It won.", "ship": ""}
    assert client_mara.post(page(view.id, "decide"), form).status_code == 302
    assert "Ship it now" in text_of(client_mara, page(view.id))
    assert client_mara.get(ship).status_code == 405
    user_ensure(username="ana", password=PASSWORD, groups=("analyst",))
    client.force_login(User.objects.get(username="ana"))
    assert "Ship it now" not in text_of(client, page(view.id))
    assert client.post(ship).status_code == 403
    done = client_mara.post(ship, {"reason": "the season begins"}, follow=True).content.decode()
    assert "is shipped" in done
    assert "Ship it now" not in done
    decision = experiment_view(view.key).decision
    assert decision is not None
    assert decision.shipped
    assert b"It was shipped already" in client_mara.post(ship, follow=True).content


def test_one_line_of_the_sidebar_is_where_one_is(mara: User, rf: RequestFactory) -> None:
    def lit(path: str) -> list[object]:
        request = rf.get(path)
        request.user = User.objects.get(pk=mara.pk)
        sections: list[Any] = [section["items"] for section in navigation_build(request)]
        return [line["title"] for lines in sections for line in lines if line["active"]]

    assert lit(LIST) == ["Experiments"]
    assert lit(page(3)) == ["Experiments"]
    assert lit(f"{LIST}review/") == ["Waiting for approval"]
    assert lit("/experiments/weights-test/") == ["Experiment results"]
    assert lit("/admin/") == []
