"""Who may do what, as one table over admin's pages and one over the API's scopes."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.access.contracts import Scope
from apps.access.domain.groups import GROUP_PATTERNS, app_matters, scopes_held
from apps.access.models import User
from tests.access.conftest import KeyMaker, PersonMaker

GROUPS = ("merchandiser", "analyst", "operator")
VIEW, WRITE, NOTHING, ALL = "view", "view add change", "", "view add change delete"

# App (or app.model) → what merchandiser, analyst and operator may do to its rows.
TABLE: dict[str, tuple[str, str, str]] = {
    "catalog": (WRITE, VIEW, NOTHING),
    "ranking_weights": (WRITE, VIEW, NOTHING),
    "merchandising": (WRITE, VIEW, NOTHING),
    "recommendations": (WRITE, VIEW, VIEW),
    "search": (WRITE, VIEW, NOTHING),
    "explainability": (WRITE, WRITE, NOTHING),
    "experiments": (WRITE, VIEW, NOTHING),
    "experiments.metricversion": (WRITE, WRITE, NOTHING),
    "events": (NOTHING, VIEW, VIEW),
    # What the query log shows, an analyst may have explained.
    "ranking": (NOTHING, VIEW, NOTHING),
    "jobs": (NOTHING, NOTHING, ALL),
    "model_registry": (NOTHING, NOTHING, ALL),
    "embeddings": (NOTHING, NOTHING, VIEW),
    "features": (VIEW, VIEW, VIEW),
    "django_celery_beat": (NOTHING, NOTHING, ALL),
    "access.apikey": (NOTHING, NOTHING, WRITE),
    "access.iprule": (NOTHING, NOTHING, ALL),
    "access.auditentry": (NOTHING, NOTHING, VIEW),
    "access.user": (NOTHING, NOTHING, NOTHING),
    "auth.group": (NOTHING, NOTHING, NOTHING),
}
_READER = {
    "search:read",
    "recommendations:read",
    "experiments:read",
    "ranking:read",
    "features:read",
}
SCOPES: dict[str, set[str]] = {
    "merchandiser": _READER | {"ranking:write", "experiments:write"},
    "analyst": _READER | {"sessions:read"},
    "operator": {"ops", "search:read"},
}


def allowed(model: type[Model], group: str) -> set[str]:
    options = model._meta
    row = TABLE.get(options.label_lower) or TABLE.get(options.app_label)
    return set(row[GROUPS.index(group)].split()) if row else set()


def registered() -> list[type[Model]]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


@pytest.fixture
def root(person: PersonMaker) -> Client:
    client = Client()
    client.force_login(person("root", superuser=True))
    return client


def page(model: type[Model], name: str) -> str:
    options = model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{name}")


@pytest.mark.django_db
@pytest.mark.parametrize("group", GROUPS)
def test_admin_pages_open_to_those_the_table_names(
    group: str, root: Client, person: PersonMaker
) -> None:
    client = Client()
    client.force_login(person(groups=(group,)))
    wrong = []
    for model in registered():
        for name, verb in (("changelist", "view"), ("add", "add")):
            url = page(model, name)
            # What a page refuses to everybody (a log has no "add") is no matter of groups.
            expected = root.get(url).status_code if verb in allowed(model, group) else 403
            if client.get(url).status_code != expected:
                wrong.append((model._meta.label_lower, name, expected))
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("group", GROUPS)
def test_groups_hold_what_the_table_says_of_every_stored_thing(group: str) -> None:
    held = set(
        Group.objects.get(name=group).permissions.values_list(
            "content_type__app_label", "codename"
        )
    )
    wrong = []
    for permission in Permission.objects.select_related("content_type"):
        model = permission.content_type.model_class()
        verb = permission.codename.partition("_")[0]
        if model is None or verb not in ALL.split() or model._meta.auto_created:
            continue
        app = permission.content_type.app_label
        expected = verb in allowed(model, group)
        if ((app, permission.codename) in held) != expected:
            wrong.append((app, permission.codename, expected))
    assert wrong == []


@pytest.mark.django_db
def test_nobody_without_a_group_sees_anything(person: PersonMaker) -> None:
    client = Client()
    client.force_login(person())
    assert {client.get(page(model, "changelist")).status_code for model in registered()} == {403}
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_strangers_are_sent_to_the_login(client: Client) -> None:
    for model in registered():
        answer = client.get(page(model, "changelist"))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


@pytest.mark.django_db
@pytest.mark.urls("tests.access.urls")
@pytest.mark.parametrize("group", GROUPS)
def test_people_call_the_api_as_the_table_says(
    group: str, client: Client, person: PersonMaker
) -> None:
    client.force_login(person(groups=(group,)))
    answered = {
        scope.value
        for scope in Scope
        if client.get(f"/api/test/scope/{scope.name}").status_code == 200
    }
    assert answered == SCOPES[group]


@pytest.mark.django_db
@pytest.mark.urls("tests.access.urls")
@pytest.mark.parametrize("held", Scope)
def test_a_key_reaches_its_own_scope_and_no_other(
    held: Scope, client: Client, key_of: KeyMaker
) -> None:
    raw = key_of(held).secret_once
    for scope in Scope:
        answer = client.get(f"/api/test/scope/{scope.name}", headers={"X-API-Key": raw})
        assert answer.status_code == (200 if scope is held else 403)


@pytest.mark.django_db
@pytest.mark.urls("tests.access.urls")
def test_a_superuser_holds_every_scope(root: Client) -> None:
    for scope in Scope:
        assert root.get(f"/api/test/scope/{scope.name}").status_code == 200


def test_scopes_are_read_from_permissions() -> None:
    assert scopes_held(["access.scope_search_read", "catalog.view_product", "x.scope_ops"]) == {
        Scope.SEARCH_READ
    }


def test_apps_of_no_group_are_left_alone() -> None:
    assert app_matters("catalog")
    assert not app_matters("sessions")
    assert set(GROUP_PATTERNS) == set(GROUPS)


@pytest.mark.django_db
def test_a_group_gives_nothing_that_its_model_does_not_know(person: PersonMaker) -> None:
    ada: Any = person(groups=("merchandiser",))
    fresh = User.objects.get(pk=ada.pk)
    assert not fresh.has_perm("access.change_user")
    assert not fresh.has_perm("auth.change_group")


@pytest.mark.django_db
def test_an_analyst_changes_nothing_but_what_is_measured() -> None:
    held = Group.objects.get(name="analyst").permissions.values_list("codename", flat=True)
    verbs = {
        codename.partition("_")[0]
        for codename in held
        if not codename.endswith(("_metricversion", "_judgementlist", "_evaluationrun"))
    }
    # To have results computed anew decides nothing.
    assert verbs <= {"view", "export", "preview", "scope", "refresh"}
    assert not any(
        codename.startswith("scope_") and codename.endswith("write") for codename in held
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        ("ranking_weights.publish_weightsetversion", {"merchandiser"}),
        ("ranking_weights.review_weightsetversion", {"merchandiser"}),
        ("merchandising.publish_synonymsetversion", {"merchandiser"}),
        ("experiments.review_experiment", {"merchandiser"}),
        ("experiments.start_experiment", {"merchandiser"}),
        ("experiments.decide_experiment", {"merchandiser"}),
        ("experiments.switch_flag", {"merchandiser"}),
        ("experiments.publish_metricversion", {"analyst", "merchandiser"}),
        ("jobs.operate_jobrun", {"operator"}),
        ("model_registry.activate_artifactversion", {"operator"}),
    ],
)
def test_decisions_are_taken_by_one_group(permission: str, holders: set[str]) -> None:
    app, _, codename = permission.partition(".")
    named = Permission.objects.get(content_type__app_label=app, codename=codename)
    assert {group.name for group in Group.objects.filter(permissions=named)} == holders
