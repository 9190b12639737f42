"""Layers, holdout, metrics, flags, report subscriptions in admin."""

import json
from typing import Any

import pytest
from django.test import Client

from apps.access.models import AuditEntry, User
from apps.experiments.domain.metrics.shipped import SHIPPED
from apps.experiments.models import (
    FlagVersion,
    HoldoutVersion,
    MetricVersion,
    ReportSubscription,
)
from apps.experiments.selectors.flags import flag_view
from apps.experiments.selectors.layers import holdout_live, layers_view
from apps.experiments.selectors.metrics import metric_view
from tests.experiments.admin.pages import form_of
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db
ROOT = "/admin/experiments/"


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_layer_is_made_drawn_and_described(client_mara: Client, mara: User) -> None:
    added = client_mara.post(f"{ROOT}layer/add/", {"name": "ranking", "description": "One list."})
    assert added.status_code == 302
    assert [layer.name for layer in layers_view()] == ["ranking"]
    again = client_mara.post(f"{ROOT}layer/add/", {"name": "ranking"}, follow=True)
    assert b"already exists" in again.content or b"There is a layer" in again.content
    experiment_running("first", layer={"name": "ranking", "low": 0.1, "high": 0.6})
    text = text_of(client_mara, f"{ROOT}layer/")
    assert "10 % to 60 % held by first" in text
    assert "50 % free; the first free range is 0 % to 10 %" in text
    ours = layers_view()[0]
    from apps.experiments.models import Layer

    change = f"{ROOT}layer/{Layer.objects.get(name=ours.name).pk}/change/"
    assert client_mara.post(change, {"description": "Two lists."}).status_code == 302
    assert layers_view()[0].description == "Two lists."
    assert AuditEntry.objects.filter(action="layer.describe").exists()


def test_the_holdout_is_drafted_and_published(client_mara: Client) -> None:
    add = f"{ROOT}holdoutversion/add/"
    assert client_mara.get(add).status_code == 200
    assert client_mara.post(add, {"share": "60"}).status_code == 200
    assert client_mara.post(add, {"share": "5"}).status_code == 302
    draft = HoldoutVersion.objects.get()
    assert (draft.share, draft.status) == (0.05, "draft")
    assert draft.salt.startswith("holdout:")
    change = f"{ROOT}holdoutversion/{draft.pk}/change/"
    assert 'value="5"' in text_of(client_mara, change)
    assert client_mara.post(change, {"share": "4", "redraw": "on"}).status_code == 302
    published = client_mara.post(
        f"{ROOT}holdoutversion/{draft.pk}/step/publish/", {"reason": "a yardstick"}
    )
    assert published.status_code == 302
    assert holdout_live().share == 0.04
    assert "4 %" in text_of(client_mara, change)
    assert "4 %" in text_of(client_mara, f"{ROOT}holdoutversion/")


@pytest.mark.parametrize("key", sorted(SHIPPED))
def test_every_shipped_metric_goes_through_the_form_unchanged(
    client_mara: Client, key: str
) -> None:
    before = metric_view(key)
    made = client_mara.post(
        f"{ROOT}metricversion/{MetricVersion.objects.get(subject=key).pk}/step/copy/"
    )
    assert made.status_code == 302
    change = made.headers["Location"]
    form = form_of(client_mara, change)
    posted = client_mara.post(change, {**form, "description": "Ours."})
    assert posted.status_code == 302, posted.content.decode()
    draft = MetricVersion.objects.get(subject=key, status="draft")
    stored = MetricVersion.objects.get(subject=key, status="published").definition
    # What the form cannot say stands as JSON, which then says it all.
    by_json = bool(form["definition"])
    expected = stored if by_json else {**stored, "description": "Ours."}
    assert draft.definition == expected
    assert before.version == 1


def metric_posted(**changes: Any) -> dict[str, Any]:
    return {
        "subject": "orders_per_visitor",
        "title": "Orders per visitor",
        "kind": "mean",
        "direction": "up",
        "format": "number",
        "missing_is_zero": "on",
        "numerator_source": "events",
        "numerator_event_types": "purchase",
        "numerator_aggregation": "distinct",
        "numerator_value": "order_id",
        "numerator_filters": "attributes.channel eq app\nvalue gte 10",
        "cap_percentile": "99",
        **changes,
    }


def test_a_metric_is_written_without_code(client_mara: Client) -> None:
    add = f"{ROOT}metricversion/add/"
    assert "What is counted" in text_of(client_mara, add)
    answer = client_mara.post(add, metric_posted())
    assert answer.status_code == 302, answer.content.decode()
    row = MetricVersion.objects.get(subject="orders_per_visitor")
    fact = row.definition["numerator"]
    assert fact["aggregation"] == "distinct"
    assert [each["operator"] for each in fact["filters"]] == ["eq", "gte"]
    assert row.definition["cap_percentile"] == 0.99
    again = form_of(client_mara, f"{ROOT}metricversion/{row.pk}/change/")
    assert again["numerator_filters"] == "attributes.channel eq app\nvalue gte 10.0"
    assert again["definition"] == ""
    step = f"{ROOT}metricversion/{row.pk}/step/publish/"
    assert client_mara.post(step, {"reason": "new"}).status_code == 302
    assert metric_view("orders_per_visitor").definition.title == "Orders per visitor"
    assert "Orders per visitor" in text_of(client_mara, f"{ROOT}metricversion/")
    assert "Orders per visitor" in text_of(client_mara, f"{ROOT}metricversion/{row.pk}/change/")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject": "Orders!"}, "a letter first"),
        ({"numerator_event_types": "nonsense"}, "must name one or more"),
        ({"numerator_value": ""}, "needs a column"),
        ({"numerator_filters": "channel app"}, "write a column"),
        ({"numerator_filters": "nonsense eq 1"}, "have no"),
        ({"kind": "ratio"}, "event_types"),
        ({"kind": "funnel"}, "numerator"),
        ({"kind": "proportion"}, "must be count"),
        ({"quantile": "0"}, "quantile"),
        ({"definition": "{}"}, "kind"),
        ({"title": ""}, "required"),
    ],
)
def test_a_metric_that_means_nothing_is_refused(
    client_mara: Client, changes: dict[str, Any], message: str
) -> None:
    answer = client_mara.post(f"{ROOT}metricversion/add/", metric_posted(**changes))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not MetricVersion.objects.filter(subject="orders_per_visitor").exists()


def test_funnels_and_raw_definitions(client_mara: Client) -> None:
    funnel = {"kind": "funnel", "step_0": "view", "step_1": "add_to_cart", "step_2": "purchase"}
    answer = client_mara.post(
        f"{ROOT}metricversion/add/", metric_posted(**funnel, cap_percentile="")
    )
    assert answer.status_code == 302, answer.content.decode()
    row = MetricVersion.objects.get(subject="orders_per_visitor")
    assert len(row.definition["steps"]) == 3
    change = f"{ROOT}metricversion/{row.pk}/change/"
    assert form_of(client_mara, change)["step_1"] == "add_to_cart"
    raw = {**row.definition, "title": "By hand"}
    raw["steps"] = [*raw["steps"][:2], {**raw["steps"][2], "event_types": ["purchase", "refund"]}]
    raw["numerator"] = raw["steps"][2]
    posted = {**form_of(client_mara, change), "definition": json.dumps(raw)}
    assert client_mara.post(change, posted).status_code == 302
    row.refresh_from_db()
    assert row.definition["title"] == "By hand"
    assert "By hand" in form_of(client_mara, change)["definition"]


def test_what_a_metric_gave_in_the_last_weeks(client_mara: Client) -> None:
    row = MetricVersion.objects.get(subject="ctr")
    text = text_of(client_mara, f"{ROOT}metricversion/{row.pk}/preview/?unit=session")
    assert "ctr in the last 28 days" in text
    assert "cannot be computed" in text
    assert client_mara.get(f"{ROOT}metricversion/{row.pk}/preview/?unit=x").status_code == 200


FLAG = {
    "key": "new-checkout", "value_type": "boolean", "value": "true", "off_value": "",
    "description": "One page.", "rules-TOTAL_FORMS": "1", "rules-INITIAL_FORMS": "0",
    "rules-0-operator": "is", "rules-0-coverage": "100", "rules-0-unit": "client_id",
}  # fmt: skip


def test_a_flag_is_drafted_published_and_switched(client_mara: Client) -> None:
    add = f"{ROOT}flag/add/"
    assert "What it serves" in text_of(client_mara, add)
    rule = {
        "rules-0-attribute": "country", "rules-0-operator": "$in", "rules-0-compared": "CH, AT",
        "rules-0-value": "false", "rules-0-coverage": "25",
    }  # fmt: skip
    answer = client_mara.post(add, {**FLAG, **rule})
    assert answer.status_code == 302, answer.content.decode()
    draft = FlagVersion.objects.get()
    assert answer.headers["Location"] == f"{ROOT}flagversion/{draft.pk}/change/"
    assert "country is one of CH, AT" in text_of(client_mara, answer.headers["Location"])
    step = f"{ROOT}flagversion/{draft.pk}/step/publish/"
    assert client_mara.post(step, {"reason": "go"}).status_code == 302
    view = flag_view("new-checkout")
    assert view.definition is not None
    assert view.definition.rules[0].coverage == 0.25
    listed = text_of(client_mara, f"{ROOT}flag/")
    assert "Switch off" in listed
    from apps.experiments.models import Flag

    pk = Flag.objects.get().pk
    off = client_mara.post(f"{ROOT}flag/{pk}/switch/", {"enabled": "0"}, follow=True)
    assert b"new-checkout is off" in off.content
    assert not flag_view("new-checkout").enabled
    assert AuditEntry.objects.filter(action="flag.switch", actor_name="mara").exists()
    change = f"{ROOT}flag/{pk}/change/"
    form = form_of(client_mara, change)
    assert (form["rules-0-attribute"], form["rules-0-compared"]) == ("country", "CH, AT")
    assert client_mara.post(change, {**form, "value": "false"}).status_code == 302
    assert "a draft of mara" in text_of(client_mara, change)
    assert client_mara.get(f"{ROOT}flag/9999/change/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "flags"}, "reserved"),
        ({"value": "perhaps"}, "no value of the type boolean"),
        ({"value": "3"}, "must be true or false"),
        ({"value_type": "integer", "value": "3.5"}, "whole number"),
        ({"rules-0-value": "perhaps"}, "no value of the type"),
        ({"rules-0-attribute": "country", "rules-0-value": "true"}, "needs a value"),
        ({"rules-0-condition": '{"$nonsense": 1}', "rules-0-value": "true"}, "rules"),
    ],
)
def test_a_flag_that_serves_nonsense_is_refused(
    client_mara: Client, changes: dict[str, str], message: str
) -> None:
    answer = client_mara.post(f"{ROOT}flag/add/", {**FLAG, **changes})
    assert answer.status_code == 200
    assert message in answer.content.decode()


def test_flags_of_every_type_and_rules(client_mara: Client) -> None:
    added = client_mara.post(f"{ROOT}flag/add/", {**FLAG, "add_row": "rules"})
    assert b'name="rules-1-value"' in added.content
    condition = json.dumps({"$or": [{"a": 1}, {"b": 2}]})
    text = {"value_type": "string", "value": "blue", "off_value": "grey",
            "rules-0-condition": condition, "rules-0-value": "red"}  # fmt: skip
    answer = client_mara.post(f"{ROOT}flag/add/", {**FLAG, **text})
    assert answer.status_code == 302, answer.content.decode()
    definition = FlagVersion.objects.get().definition
    assert (definition["value"], definition["off_value"]) == ("blue", "grey")
    from apps.experiments.models import Flag

    change = f"{ROOT}flag/{Flag.objects.get().pk}/change/"
    assert json.loads(form_of(client_mara, change)["rules-0-condition"]) == json.loads(condition)


def test_a_webhooks_secret_is_shown_once(client_mara: Client) -> None:
    add = f"{ROOT}reportsubscription/add/"
    assert "Tell when" in text_of(client_mara, add)
    answer = client_mara.post(
        add,
        {"channel": "webhook", "target": "https://93.184.216.34/hook", "occasions": ["srm"]},
    )
    assert answer.status_code == 200, answer.content.decode()
    row = ReportSubscription.objects.get()
    assert row.secret in answer.content.decode()
    change = f"{ROOT}reportsubscription/{row.pk}/change/"
    assert row.secret not in text_of(client_mara, change)
    posted = client_mara.post(change, {"occasions": ["srm", "started"]})
    assert posted.status_code == 302
    row.refresh_from_db()
    assert (sorted(row.occasions), row.active) == (["srm", "started"], False)
    former = row.secret
    renewed = client_mara.post(f"{ROOT}reportsubscription/{row.pk}/renew/")
    row.refresh_from_db()
    assert row.secret != former
    assert row.secret in renewed.content.decode()
    assert text_of(client_mara, f"{ROOT}reportsubscription/")
    assert text_of(client_mara, f"{ROOT}reportdelivery/")
    assert AuditEntry.objects.filter(action="experiments.report_subscribed").exists()


def test_an_e_mail_has_no_secret_and_bad_targets_are_refused(client_mara: Client) -> None:
    add = f"{ROOT}reportsubscription/add/"
    form: dict[str, Any] = {"channel": "email", "target": "no address", "occasions": ["srm"]}
    refused = client_mara.post(add, form, follow=True)
    assert b"no e-mail address" in refused.content
    made = client_mara.post(add, {**form, "target": "ana@shop.example"})
    assert made.status_code == 302
    row = ReportSubscription.objects.get()
    renew = client_mara.post(f"{ROOT}reportsubscription/{row.pk}/renew/", follow=True)
    assert b"Only webhooks are signed" in renew.content


def test_steps_of_a_flags_version_take_the_flags_services(
    client_mara: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.experiments.services.rows import key_lock

    locked: list[str] = []

    def counted(key: str) -> None:
        locked.append(key)
        key_lock(key)

    monkeypatch.setattr("apps.experiments.services.flags.key_lock", counted)
    client_mara.post(f"{ROOT}flag/add/", FLAG)

    def take(pk: int, name: str) -> None:
        locked.clear()
        answer = client_mara.post(f"{ROOT}flagversion/{pk}/step/{name}/", {"reason": "so"})
        assert answer.status_code == 302, answer.content.decode()
        assert locked == ["new-checkout"], name

    first = FlagVersion.objects.get().pk
    take(first, "submit")
    take(first, "withdraw")
    take(first, "publish")
    take(first, "copy")
    second = FlagVersion.objects.get(status="draft").pk
    take(second, "discard")
    take(first, "copy")
    third = FlagVersion.objects.get(status="draft").pk
    take(third, "publish")
    take(first, "rollback")
    assert flag_view("new-checkout").version == 4
    assert AuditEntry.objects.filter(action="version.rollback", actor_name="mara").exists()


def test_a_page_of_a_version_that_waits_no_more_does_nothing(client_mara: Client) -> None:
    from apps.common.errors import Conflict
    from apps.experiments.admin.flag_steps import flag_steps
    from apps.experiments.selectors.flags import flag_proposal
    from apps.publishing.admin_steps import Asked, steps_for

    client_mara.post(f"{ROOT}flag/add/", FLAG)
    shown = flag_proposal("new-checkout")
    assert shown is not None
    person = FlagVersion.objects.get().created_by
    steps = {each.name: each for each in flag_steps(steps_for(shown, person, lambda _: True))}
    steps["publish"].act(shown, person, Asked("go"))
    for name in ("publish", "submit", "discard"):
        with pytest.raises(Conflict, match="does not wait"):
            steps[name].act(shown, person, Asked("again"))
