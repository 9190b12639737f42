"""The guided form: from a template to a draft, and every way it is refused."""

import json

import pytest
from django.test import Client

from apps.access.models import User
from apps.experiments.contracts.design import Horizon, MetricRole
from apps.experiments.models import MetricVersion
from apps.experiments.selectors.experiments import experiment_view, proposal_view
from apps.experiments.services.layers import layer_create
from tests.experiments.admin.pages import ADD, LIST, form_of, page, traffic_make
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db


def filled(client: Client, template: str = "ui", **changes: str) -> dict[str, str]:
    form = form_of(client, f"{ADD}?template={template}")
    return {
        **form,
        "name": "Fresher on top",
        "key": "fresher",
        "hypothesis": "Fresh sells.",
        "variants-1-payload": '{"button": "green"}',
        **changes,
    }


def test_three_templates_and_an_empty_one(client_mara: Client) -> None:
    text = client_mara.get(ADD).content.decode()
    for code in ("weights", "feature", "ui", ""):
        assert f'href="?template={code}"' in text


def test_a_template_becomes_a_draft(client_mara: Client) -> None:
    answer = client_mara.post(f"{ADD}?template=ui", filled(client_mara))
    assert answer.status_code == 302, answer.content.decode()[:3000]
    view = experiment_view("fresher")
    assert answer.headers["Location"] == page(view.id)
    design = view.design
    assert (design.name, design.template, design.surface) == ("Fresher on top", "ui", "any")
    assert [variant.weight for variant in design.variants] == [0.5, 0.5]
    assert design.variants[0].payload is None
    assert design.variants[1].payload == {"button": "green"}
    assert design.primary.key == "conversion_rate"
    assert design.plan.cuped_days == 14
    roles = {use.key: use.role for use in design.metrics}
    assert roles["revenue_per_visitor"] is MetricRole.GUARDRAIL
    assert view.owner == "mara"


def test_everything_that_can_be_said_is_stored(client_mara: Client, mara: User) -> None:
    layer_create(name="search-ranking", actor=mara)
    form = filled(
        client_mara,
        coverage="12.5",
        layer="search-ranking",
        layer_low="0",
        layer_high="40",
        horizon="group_sequential",
        mde="3",
        stratify_by="segment",
        dimensions="device, category",
        starts_at="2027-01-04T08:00",
        ends_at="2027-02-01T08:00",
    )
    form |= {
        "targeting-0-attribute": "device",
        "targeting-0-operator": "$in",
        "targeting-0-value": "mobile, tablet",
        "ramp-0-after_hours": "24",
        "ramp-0-coverage": "50",
        "metric-margin-revenue_per_visitor": "1.5",
    }
    answer = client_mara.post(f"{ADD}?template=ui", form)
    assert answer.status_code == 302, answer.content.decode()
    design = experiment_view("fresher").design
    assert design.coverage == 0.125
    assert design.targeting == {"device": {"$in": ["mobile", "tablet"]}}
    assert design.layer is not None
    assert (design.layer.low, design.layer.high) == (0.0, 0.4)
    assert [(step.coverage, step.after_hours) for step in design.schedule.ramp] == [(0.5, 24.0)]
    assert design.schedule.starts_at is not None
    assert design.plan.horizon is Horizon.GROUP_SEQUENTIAL
    assert design.plan.mde == 0.03
    assert design.dimensions == ("device", "category")
    margins = {use.key: use.margin for use in design.metrics}
    assert margins["revenue_per_visitor"] == 0.015


def test_what_is_stored_comes_back_unchanged(client_mara: Client, mara: User) -> None:
    layer_create(name="search-ranking", actor=mara)
    changes = {"layer": "search-ranking", "layer_low": "0", "layer_high": "33.33"}
    form = filled(client_mara, **changes)
    form["targeting"] = json.dumps({"$or": [{"device": "mobile"}, {"vip": True}]})
    assert client_mara.post(f"{ADD}?template=ui", form).status_code == 302
    view = experiment_view("fresher")
    edit = page(view.id, "edit")
    again = form_of(client_mara, edit)
    assert json.loads(again["targeting"]) == view.design.targeting
    assert client_mara.post(edit, again).status_code == 302
    assert experiment_view("fresher").design == view.design


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variants-1-weight": "40"}, "sum to 0.9"),
        ({"key": "plan"}, "reserved"),
        ({"name": ""}, "This field is required"),
        ({"metric-role-conversion_rate": ""}, "Exactly one metric is primary"),
        ({"targeting": "{"}, "This is no JSON"),
        ({"targeting": "[]"}, "must be a JSON object"),
        ({"targeting-0-attribute": "device"}, "This row needs a value"),
        ({"targeting-0-value": "mobile"}, "Name the attribute"),
        ({"ramp-0-coverage": "50"}, "A step needs both numbers"),
        ({"ramp-0-coverage": "50", "ramp-0-after_hours": "1"}, "Coverage must grow"),
        ({"variants-1-key": "control"}, "stands here twice"),
        ({"variants-1-key": "no spaces"}, "A key is letters"),
        ({"mde": "0"}, "above 0"),
        ({"kind": "bandit", "bandit_floor": "60"}, "0.5 or less"),
        ({"post_stratify_by": "device"}, "must be a declared dimension"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    client_mara: Client, changes: dict[str, str], message: str
) -> None:
    answer = client_mara.post(f"{ADD}?template=ui", filled(client_mara, **changes))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert message in text
    assert 'class="xa-error' in text
    assert 'value="Fresher on top"' in text or "name" in changes


def test_a_layer_without_a_range_is_refused(client_mara: Client, mara: User) -> None:
    layer_create(name="search-ranking", actor=mara)
    form = filled(client_mara, layer="search-ranking")
    assert b"Say which part of the layer" in client_mara.post(f"{ADD}?template=ui", form).content


def test_a_taken_key_is_refused(client_mara: Client) -> None:
    client_mara.post(f"{ADD}?template=ui", filled(client_mara))
    answer = client_mara.post(f"{ADD}?template=ui", filled(client_mara))
    assert b"There is an experiment or a flag called fresher" in answer.content


def test_buttons_add_rows_without_saving(client_mara: Client) -> None:
    form = filled(client_mara, **{"variants-1-weight": "30"})
    for rows in ("variants", "targeting", "ramp"):
        text = client_mara.post(f"{ADD}?template=ui", {**form, "add_row": rows}).content.decode()
        before = int(form[f"{rows}-TOTAL_FORMS"])
        assert f'name="{rows}-{before}-DELETE"' in text
        assert 'class="xa-error' not in text
    third = {"variants-TOTAL_FORMS": "3", "variants-2-key": "c", "variants-2-weight": "20"}
    answer = client_mara.post(f"{ADD}?template=ui", {**form, **third})
    assert answer.status_code == 302
    weights = [variant.weight for variant in experiment_view("fresher").design.variants]
    assert weights == [0.5, 0.3, 0.2]


def test_a_removed_row_is_gone(client_mara: Client) -> None:
    form = filled(client_mara)
    form |= {"variants-TOTAL_FORMS": "3", "variants-2-key": "c", "variants-2-weight": "50"}
    form |= {"variants-1-DELETE": "on"}
    assert client_mara.post(f"{ADD}?template=ui", form).status_code == 302
    assert experiment_view("fresher").design.variant_keys == ("control", "c")


def test_the_layer_suggestion_works_without_a_script(client_mara: Client, mara: User) -> None:
    layer_create(name="search-ranking", actor=mara)
    experiment_running("held", layer={"name": "search-ranking", "low": 0.0, "high": 0.25})
    form = filled(client_mara)
    text = client_mara.get(f"{ADD}?template=ui").content.decode()
    assert 'value="search-ranking|25|100"' in text
    assert "25 % to 100 %" in text
    answer = client_mara.post(
        f"{ADD}?template=ui", {**form, "suggest": "search-ranking|25|100"}
    ).content.decode()
    assert '<option value="search-ranking" selected' in answer
    assert 'name="layer_low" value="25"' in answer


def test_a_bandit_says_what_it_earns(client_mara: Client) -> None:
    form = filled(client_mara, kind="bandit", bandit_every_hours="6", bandit_floor="10")
    assert client_mara.post(f"{ADD}?template=ui", form).status_code == 302
    bandit = experiment_view("fresher").design.bandit
    assert bandit is not None
    assert (bandit.metric, bandit.every_hours, bandit.floor) == ("conversion_rate", 6.0, 0.1)


def test_the_calculator_answers_the_script_and_the_button(client_mara: Client) -> None:
    form = filled(client_mara)
    answer = client_mara.post(f"{LIST}plan/", form)
    assert answer.status_code == 200
    assert "units of the last 28 days" in answer.json()["html"]
    text = client_mara.post(f"{ADD}?template=ui", {**form, "calculate": "1"}).content.decode()
    assert "units of the last 28 days" in text
    missing = client_mara.post(f"{LIST}plan/", {**form, "metric-role-conversion_rate": ""})
    assert missing.json() == {
        "html": '<p class="xa-note">Choose one primary metric first.</p>\n', "ready": False,
    }  # fmt: skip
    without = client_mara.post(f"{LIST}plan/", {**form, "variants-1-weight": ""})
    assert "two or more variants" in without.json()["html"]
    broken = client_mara.post(f"{LIST}plan/", {**form, "mde": "0"})
    assert "not complete" in broken.json()["html"]


def test_a_change_of_what_runs_is_a_proposal(client_mara: Client, mara: User) -> None:
    view = experiment_running("weights-test", metrics=[{"key": "ctr", "role": "primary"}])
    edit = page(view.id, "edit")
    form = form_of(client_mara, edit)
    assert "key" not in form
    assert client_mara.post(edit, {**form, "variants-1-weight": "50"}).status_code == 302
    form["coverage"] = "50"
    assert client_mara.post(edit, form).status_code == 302
    proposal = proposal_view("weights-test")
    assert proposal is not None
    assert proposal.design.coverage == 0.5
    assert experiment_view("weights-test").design.coverage == 1.0
    fixed = client_mara.post(edit, {**form, "unit": "user"})
    assert b"cannot change" in fixed.content


def test_search_fields_become_a_payload_and_come_back(client_mara: Client) -> None:
    form = form_of(client_mara, f"{ADD}?template=feature")
    form |= {"name": "Words only", "key": "words-only", "hypothesis": "Meaning confuses."}
    form |= {"variants-1-search__semantic": "off"}
    assert client_mara.post(f"{ADD}?template=feature", form).status_code == 302
    design = experiment_view("words-only").design
    assert design.surface == "search"
    assert [variant.payload for variant in design.variants] == [
        None,
        {"search": {"semantic": False}},
    ]
    edit = page(experiment_view("words-only").id, "edit")
    again = form_of(client_mara, edit)
    assert again["variants-1-search__semantic"] == "off"
    assert again["variants-1-payload"] == ""
    assert client_mara.post(edit, again).status_code == 302
    assert experiment_view("words-only").design == design
    raw = {**again, "variants-1-payload": '{"search": {"nonsense": 1}}'}
    refused = client_mara.post(edit, raw)
    assert refused.status_code == 200
    assert b"xa-error" in refused.content


def test_the_calculator_reads_the_shops_own_traffic(client_mara: Client) -> None:
    traffic_make()
    answer = client_mara.post(f"{LIST}plan/", filled(client_mara, mde="20")).json()
    assert answer["ready"]
    assert "Runtime needed" in answer["html"]
    assert "What each runtime would find" in answer["html"]
    looked_at = filled(client_mara, mde="20", horizon="group_sequential")
    assert client_mara.post(f"{ADD}?template=ui", looked_at).status_code == 302
    view = experiment_view("fresher")
    assert view.design.plan.planned_units > 0
    own = looked_at | {"key": "own-size", "planned_units": "4321"}
    assert client_mara.post(f"{ADD}?template=ui", own).status_code == 302
    assert experiment_view("own-size").design.plan.planned_units == 4321
    metric = MetricVersion.objects.get(subject="conversion_rate").pk
    shown = client_mara.get(f"/admin/experiments/metricversion/{metric}/preview/")
    assert b"25 %" in shown.content
