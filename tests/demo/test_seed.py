import stat
import time
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from apps.access.selectors import principal_for
from apps.catalog.selectors import category_tree
from apps.demo.models import DemoStage
from apps.demo.services import seed
from apps.demo.services.credentials import (
    PEOPLE,
    credentials_ensure,
    credentials_path,
    credentials_read,
)
from apps.demo.services.stages import DemoOptions, plan_settle, stage_run, still_working
from apps.events.selectors import events_count
from apps.features.selectors import serving_snapshot
from apps.features.selectors_state import latest_runs
from apps.jobs.contracts import JobContext, JobOutcome, JobSpec, job_register, job_unregister
from apps.ranking_weights.selectors import (
    weights_in_work,
    weights_of_version,
    weights_resolve,
)
from apps.search.domain.analytics.periods import period_of
from apps.search.selectors.analytics import search_analytics

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.SHOP_STOREFRONT_KEY_FILE = str(tmp_path / "shop" / "storefront-key")


def test_the_demo_is_made_once_and_repaired(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The index has tests of its own; a demo without one is searched by keywords.
    monkeypatch.setattr("apps.demo.services.seed.INDEX_JOBS", ())
    call_command("demo_seed", products=80, days=1, seed=5)
    first = capsys.readouterr().out
    assert "Catalogue: " in first
    assert "The demo is ready (" in first
    # The page of search analytics has a past to show.
    found = search_analytics(period=period_of(28, timezone.now().date()))
    assert found.now.clicked > 100
    assert len(found.days) > 20
    assert found.top[0].name
    assert found.now.mrr is not None
    # Features are of after that, although none was due so soon.
    logged = DemoStage.objects.get(name="searches").finished_at
    assert logged is not None
    assert all(run.as_of > logged for run in latest_runs().values())
    events, products = events_count(), len(serving_snapshot().columns)
    assert events > 2_000
    assert products >= 80
    assert {"electronics", "books", "home"} <= {one.path for one in category_tree().categories}
    features = frozenset({"search_score", "popularity_score", "freshness_score"})
    resolved = weights_resolve(category_path="books", available=features)
    assert (resolved.source, resolved.subject) == ("category", "books")
    # What the merchandiser has in work can be compared with what is live.
    ((draft, waiting),) = weights_in_work()
    assert waiting.subject == "fashion"
    assert weights_of_version(draft) == waiting

    call_command("demo_seed")
    assert capsys.readouterr().out == "The demo is ready; there was nothing to do.\n"

    DemoStage.objects.filter(name__in=["catalogue", "history"]).update(finished_at=None)
    call_command("demo_seed")
    assert "Shoppers' history" in capsys.readouterr().out
    assert (events_count(), len(serving_snapshot().columns)) == (events, products)

    with pytest.raises(CommandError, match="made with products=80"):
        call_command("demo_seed", products=90)


def test_logins_and_keys_work_and_stay() -> None:
    made = credentials_ensure(origins=(ORIGIN,))
    assert stat.S_IMODE(credentials_path().stat().st_mode) == 0o600
    for name in PEOPLE:
        assert authenticate(username=name, password=made.passwords[name]) is not None
    public, secret = principal_for(made.storefront_key), principal_for(made.secret_key)
    assert public is not None
    assert public.allowed_origins == (ORIGIN,)
    assert secret is not None
    assert not secret.public
    assert credentials_ensure(origins=(ORIGIN,)) == made
    assert credentials_read() == made


def test_a_new_address_gets_a_new_storefront_key(settings: Settings) -> None:
    made = credentials_ensure(origins=(ORIGIN,))
    moved = credentials_ensure(origins=("http://127.0.0.1:8001",))
    assert moved.storefront_key != made.storefront_key
    assert moved.passwords == made.passwords
    assert len(moved.origins) == 2
    assert Path(settings.SHOP_STOREFRONT_KEY_FILE).read_text() == moved.storefront_key


def test_an_unreadable_file_is_made_again() -> None:
    credentials_path().parent.mkdir(parents=True)
    credentials_path().write_text("{")
    assert credentials_read() is None
    assert credentials_ensure(origins=(ORIGIN,)).secret_key


def test_a_stage_that_fails_is_done_again() -> None:
    said: list[str] = []

    def fail() -> str:
        raise RuntimeError("the power is out")

    with pytest.raises(RuntimeError):
        stage_run(name="one", title="One", work=fail, say=said.append)
    assert stage_run(name="one", title="One", work=lambda: "fine", say=said.append)
    assert not stage_run(name="one", title="One", work=fail, say=said.append)
    assert said[-1].startswith("One: fine (")


def test_the_plan_is_settled_by_the_first_run(settings: Settings) -> None:
    from django.utils import timezone

    first = plan_settle(options=DemoOptions(products=50), now=timezone.now())
    assert plan_settle(options=DemoOptions(), now=timezone.now()) == first


def test_long_steps_give_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.demo.services.stages._SIGN_OF_LIFE_S", 0.01)
    said: list[str] = []
    with still_working(said.append, title="Product index") as progress:
        time.sleep(0.1)
        progress(1_500, 5_111, "40 of 1500 products had a new text")
        time.sleep(0.1)
    assert "still working" in said[0]
    assert said[-1].startswith("  Product index: 1,500 of 5,111 (")
    with still_working(said.append, title="Query encoder") as progress:
        progress(0, 0, "Exporting")
        time.sleep(0.1)
    assert said[-1].startswith("  Query encoder: Exporting (")


def test_a_stage_says_how_far_its_job_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.demo.services.stages._SIGN_OF_LIFE_S", 0.01)
    said: list[str] = []

    def work(context: JobContext) -> JobOutcome:
        context.progress(256, 300, "")
        time.sleep(0.2)
        return {"encoded": 300}

    job_register(JobSpec(name="slow_index", title="Slow index", run=work))
    try:
        assert seed._job("slow_index", "Product index", say=said.append) == "encoded 300"
    finally:
        job_unregister("slow_index")
    assert any(line.startswith("  Product index: 256 of 300 (") for line in said)


def test_urls_print_logins_and_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="no demo yet"):
        call_command("demo_urls")
    made = credentials_ensure(origins=(ORIGIN,))
    call_command("demo_urls", base_url="http://127.0.0.1:9000/")
    printed = capsys.readouterr().out
    assert "http://127.0.0.1:9000/admin/" in printed
    assert "http://127.0.0.1:9000/experiments/" in printed
    assert all(password in printed for password in made.passwords.values())
    assert f"X-API-Key: {made.secret_key}" in printed
