from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from apps.access.models import AuditEntry
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.selectors import version_numbers
from apps.experiments.selectors.flags import flag_proposal, flag_view, flags_view
from apps.experiments.services.flags import (
    flag_approve,
    flag_create,
    flag_discard,
    flag_edit,
    flag_publish,
    flag_reject,
    flag_submit,
    flag_switch,
    flag_withdraw,
)
from apps.experiments.services.forced import forced_units_set
from apps.experiments.services.lifecycle import experiment_complete
from tests.experiments.factories import NOW, experiment_make, experiment_running, people

pytestmark = pytest.mark.django_db
KEY = "new-basket"
ON: dict[str, Any] = {"value_type": "boolean", "value": True}


def test_a_flag_is_served_once_it_is_published() -> None:
    maker, _ = people()
    made = flag_create(key=KEY, definition=ON, actor=maker)
    assert (made.enabled, made.definition, made.version) == (True, None, 0)
    live = flag_publish(key=KEY, actor=maker, reason="go")
    assert live.version == 1
    assert live.definition is not None
    assert (live.definition.value, live.definition.off_value) == (True, False)
    assert flag_proposal(KEY) is None
    flag_edit(key=KEY, definition={**ON, "value": False}, actor=maker)
    assert flag_edit(key=KEY, definition={**ON, "description": "x"}, actor=maker).number == 2
    assert flag_view(KEY).version == 1
    flag_discard(key=KEY, actor=maker)
    with pytest.raises(Conflict) as caught:
        flag_publish(key=KEY, actor=maker, reason="go")
    assert caught.value.code == "nothing_waits"


def test_switching_is_at_once_and_audited() -> None:
    maker, _ = people()
    flag_create(key=KEY, definition=ON, actor=maker)
    before = version_numbers()["experiments"]
    assert not flag_switch(key=KEY, enabled=False, actor=maker, reason="it breaks").enabled
    assert version_numbers()["experiments"] == before + 1
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.before, entry.after, entry.reason) == (
        "flag.switch",
        {"enabled": True},
        {"enabled": False},
        "it breaks",
    )
    with pytest.raises(InvalidInput):
        flag_switch(key=KEY, enabled=True, actor=maker, reason="")


def test_a_second_person_where_the_house_wants_one(settings: Settings) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    maker, checker = people()
    flag_create(key=KEY, definition=ON, actor=maker)
    with pytest.raises(Conflict) as caught:
        flag_publish(key=KEY, actor=maker, reason="go")
    assert caught.value.code == "review_required"
    flag_submit(key=KEY, actor=maker)
    with pytest.raises(Conflict):
        flag_edit(key=KEY, definition=ON, actor=maker)
    flag_withdraw(key=KEY, actor=maker)
    flag_submit(key=KEY, actor=maker)
    with pytest.raises(Forbidden):
        flag_approve(key=KEY, actor=maker)
    flag_approve(key=KEY, actor=checker)
    assert flag_publish(key=KEY, actor=maker, reason="go").version == 1
    assert flag_edit(key=KEY, definition=ON, actor=maker).number == 2
    assert flag_edit(key=KEY, definition=ON, actor=checker).number == 3
    flag_submit(key=KEY, actor=checker)
    flag_reject(key=KEY, actor=maker, reason="no")
    assert flag_proposal(KEY) is None


@pytest.mark.parametrize(
    ("key", "definition", "field"),
    [
        ("plan", ON, "key"),
        ("a b", ON, "key"),
        (KEY, {"value": 3}, "value"),
        (KEY, {**ON, "x": 1}, "x"),
    ],
)
def test_a_bad_flag_is_refused_by_field(key: str, definition: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        flag_create(key=key, definition=definition, actor=None)
    assert caught.value.extra["field"] == field
    assert flags_view() == ()


def test_experiments_and_flags_share_their_keys() -> None:
    experiment_make(KEY)
    with pytest.raises(Conflict) as caught:
        flag_create(key=KEY, definition=ON, actor=None)
    assert caught.value.code == "key_taken"
    flag_create(key="other", definition=ON, actor=None)
    with pytest.raises(Conflict):
        experiment_make("other")
    with pytest.raises(NotFound):
        flag_view(KEY)


def test_any_number_of_flags_costs_two_statements(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for place in range(3):
        flag_create(key=f"flag-{place}", definition=ON, actor=None)
    flag_publish(key="flag-1", actor=None, reason="go")
    with django_assert_num_queries(2):
        assert [view.version for view in flags_view()] == [0, 1, 0]


def test_units_of_qa_are_a_list() -> None:
    maker, _ = people()
    experiment_running()
    units = {"c-1": "treatment", "c-2": "control"}
    view = forced_units_set(key="weights-test", units=units, actor=maker, now=NOW)
    assert view.forced_units == units
    before = version_numbers()["experiments"]
    forced_units_set(key="weights-test", units=units, actor=maker)
    assert version_numbers()["experiments"] == before
    view = forced_units_set(key="weights-test", units={"c-1": "control"}, actor=maker)
    assert view.forced_units == {"c-1": "control"}


@pytest.mark.parametrize(
    ("units", "field"),
    [
        ({"c": "nobody"}, "units.c"),
        ({" ": "control"}, "units"),
        ({"c" * 201: "control"}, "units"),
        ({f"c{n}": "control" for n in range(1_001)}, "units"),
        ({"half a pair \ud800": "control"}, "units"),
        ({"c": "control", "c ": "treatment"}, "units"),
    ],
)
def test_bad_units_are_refused(units: dict[str, str], field: str) -> None:
    experiment_make()
    with pytest.raises(InvalidInput) as caught:
        forced_units_set(key="weights-test", units=units, actor=None)
    assert caught.value.extra["field"] == field


def test_what_is_over_forces_nobody() -> None:
    experiment_running()
    experiment_complete(key="weights-test", actor=None, reason="x")
    with pytest.raises(Conflict):
        forced_units_set(key="weights-test", units={}, actor=None)
