import pytest

from apps.common.errors import Conflict, Forbidden
from apps.experiments.models import FlagVersion
from apps.publishing.contracts import VersionStatus
from apps.publishing.services import draft_create, draft_submit, version_approve
from apps.publishing.settling import draft_replace, version_drop
from tests.experiments.factories import people

pytestmark = pytest.mark.django_db
CONTENT = {"definition": {"value": True}}


def test_who_goes_on_with_another_s_draft_is_its_author() -> None:
    maker, checker = people()
    first = draft_create(kind="flag", subject="a", content=CONTENT, actor=maker)
    second = draft_replace(kind="flag", version_id=first.id, content={}, actor=checker)
    assert (second.number, second.created_by, second.content) == (2, "chris", CONTENT)
    former = FlagVersion.objects.get(pk=first.id)
    assert (former.status, former.reason) == ("rejected", "replaced by another's draft")


def test_what_a_key_changes_in_a_draft_stays_its_author_s() -> None:
    maker, _ = people()
    first = draft_create(kind="flag", subject="a", content=CONTENT, actor=maker)
    second = draft_replace(kind="flag", version_id=first.id, content={}, actor=None)
    assert (second.number, second.created_by) == (2, "mara")
    draft_submit(kind="flag", version_id=second.id, actor=None)
    with pytest.raises(Forbidden):
        version_approve(kind="flag", version_id=second.id, actor=maker)


def test_who_submits_what_a_key_drafted_cannot_approve_it() -> None:
    maker, checker = people()
    drafted = draft_create(kind="flag", subject="a", content=CONTENT, actor=None)
    submitted = draft_submit(kind="flag", version_id=drafted.id, actor=maker)
    assert submitted.created_by == "mara"
    with pytest.raises(Forbidden):
        version_approve(kind="flag", version_id=drafted.id, actor=maker)
    assert version_approve(kind="flag", version_id=drafted.id, actor=checker).approved


def test_what_waits_is_dropped_in_either_state_and_once() -> None:
    maker, _ = people()
    for submitted in (False, True):
        draft = draft_create(kind="flag", subject="a", content=CONTENT, actor=maker)
        if submitted:
            draft_submit(kind="flag", version_id=draft.id, actor=maker)
        dropped = version_drop(kind="flag", version_id=draft.id, actor=None, reason="over")
        assert (dropped.status, dropped.reason) == (VersionStatus.REJECTED, "over")
        with pytest.raises(Conflict):
            version_drop(kind="flag", version_id=draft.id, actor=None, reason="over")
