"""Whether online is what is stored, how old values are, and who is told."""

from datetime import timedelta
from io import StringIO

import msgspec
import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.common.redis import redis_client
from apps.features.health import feature_store_check
from apps.features.selectors_online import users_read
from apps.features.selectors_state import store_state
from apps.features.services_check import features_check
from apps.features.services_record import run_record
from apps.jobs.services import job_run_now
from tests.features.reading import counted, refresh, shop_with_a_past, users
from tests.features.shop import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    shop_with_a_past()


def _mix_up(one: str, other: str) -> None:
    """One product has the other's values in Redis."""
    wrong = redis_client().get(f"features:product:{other}")
    assert isinstance(wrong, bytes)
    redis_client().set(f"features:product:{one}", wrong)


def test_a_check_finds_and_repairs_what_differs() -> None:
    refresh()
    _mix_up("a", "b")
    with pytest.raises(SystemExit):
        call_command("features_check", stdout=StringIO())
    report = features_check(repair=True)
    assert report.repaired == 1
    assert (report.different or {})["freshness_score@1.0.0"] == 1
    assert counted("feature_inconsistent_values", feature="freshness_score@1.0.0") == 1
    said = StringIO()
    call_command("features_check", stdout=said)
    assert said.getvalue() == "6 products, 6 of them in Redis; 0 users\n"


def test_a_check_finds_users_and_columns_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    affinity, key = "user_category_affinity@2.0.0", "features:user:mara"
    refresh()
    stored = users_read(["mara"], users()).values
    assert (features_check(repair=False).users, features_check(repair=False).consistent) == (
        1,
        True,
    )
    redis_client().set(key, msgspec.msgpack.encode(
        {affinity: (store_state().runs[affinity].id, {"electronics": 1.0})}))  # fmt: skip
    report = features_check(repair=True)
    # One value that is not stored, and one that is and was not there.
    assert ((report.different or {})[affinity], report.repaired) == (2, 1)
    assert users_read(["mara"], users()).values == stored
    assert features_check(repair=False).consistent
    # A matrix that lacks a feature altogether is behind in every value of it.
    monkeypatch.setattr("apps.features.services_check.matrix_column", lambda *_told: None)
    assert (features_check(repair=False).behind or {})["ctr@1.0.0"] == 6


def test_health_tells_what_is_late_and_what_differs() -> None:
    assert "late: conversion_rate@1.0.0, ctr@1.0.0" in feature_store_check().detail
    run_record(key="gone@1.0.0", as_of=NOW, pieces=[])
    refresh(as_of=timezone.now() - timedelta(days=5))
    assert "late: " in feature_store_check().detail
    # Told by whoever looks: a refresh that has stopped tells nothing.
    assert counted("feature_staleness_seconds", feature="ctr@1.0.0") >= 5 * 86_400
    refresh(as_of=timezone.now())
    report = feature_store_check()
    assert (report.ok, report.required) == (True, False)
    assert report.figures["ctr@1.0.0_age_s"] < 60
    assert "gone@1.0.0_age_s" not in report.figures
    _mix_up("a", "c")
    summary = job_run_now(job_name="features_consistency", params={"repair": False})
    assert summary["different"]
    assert "differ between online and offline" in feature_store_check().detail
    assert job_run_now(job_name="features_consistency")["repaired"] == 1
    assert feature_store_check().ok
