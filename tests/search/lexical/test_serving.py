"""The lexicon in a process: published, followed, built here, and kept when things fail."""

import io
import json
from contextlib import redirect_stdout

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.catalog.models import Category, Product
from apps.catalog.selectors_texts import texts_changed, texts_horizon, texts_stream
from apps.features.selectors import serving_snapshot, serving_snapshot_refresh
from apps.features.services import features_refresh
from apps.jobs.services import job_run_now
from apps.model_registry.models import ArtifactVersion
from apps.search.health import lexicon_check
from apps.search.selectors import lexicon as serving
from apps.search.selectors.lexicon import lexicon, lexicon_bound, product_text
from apps.search.services.build_lexicon import lexicon_build

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def build(*, force: bool = False) -> int:
    report = lexicon_build(progress=lambda _done, _total, _note: None, force=force)
    return report.number


def counted(word: str) -> int:
    found = lexicon()
    assert found is not None
    return found.count(word)


def rows_of(word: str) -> set[int]:
    """Rows that the current binding finds a word in, read from its postings."""
    bound, current = lexicon_bound(serving_snapshot().columns)
    assert bound is not None
    assert current
    stem = bound.lexicon.stem_id(bound.lexicon.analysis.stem_of(word))
    found: set[int] = set()
    for segment, rows in zip(bound.lexicon.segments, bound.rows, strict=True):
        start, end = segment.postings(stem)
        found |= set(rows[segment.docs[start:end]].tolist())
    return found - {-1}


def test_built_in_this_process_when_none_is_published() -> None:
    found = lexicon()
    assert found is not None
    assert (found.number, found.products) == (0, 35)
    assert found.spelling is None
    report = lexicon_check()
    assert (report.ok, report.required, report.detail) == (True, False, "")


def test_published_and_mapped() -> None:
    number = build()
    found = lexicon()
    assert found is not None
    assert (found.number, found.products) == (number, 35)
    assert not found.base.segment.docs.flags.writeable
    assert found.spelling is not None
    assert lexicon_check().figures == {"version": float(number), "products": 35.0}
    assert len(rows_of("mouse")) == 17


def test_a_version_stands_until_enough_has_changed(settings: Settings) -> None:
    first = build()
    assert build() == 0
    Product.objects.filter(product_id="p-0-1").update(title="Zeppelin")
    assert build() == 0
    settings.LEXICON_REBUILD_AFTER = 1
    assert build() == first + 1
    assert build(force=True) == first + 2


def test_no_statement_while_nothing_changes() -> None:
    build()
    columns = serving_snapshot().columns
    lexicon_bound(columns)
    with CaptureQueriesContext(connection) as statements:
        bound, current = lexicon_bound(columns)
        again, _ = lexicon_bound(columns)
    assert not statements
    assert current
    assert again is bound


def test_follows_edits_and_deletions() -> None:
    build()
    assert rows_of("zeppelin") == set()
    assert counted("wireless") == 8
    product = Product.objects.get(product_id="p-0-1")
    row = int(serving_snapshot().columns.row_of_pk[product.pk])
    Product.objects.filter(pk=product.pk).update(title="Zeppelin", description="")
    serving_snapshot_refresh()
    assert rows_of("zeppelin") == {row}
    assert row not in rows_of("wireless")
    Product.objects.filter(pk=product.pk).update(active=False)
    serving_snapshot_refresh()
    assert rows_of("zeppelin") == set()
    Product.objects.filter(pk=product.pk).update(active=True)
    serving_snapshot_refresh()
    assert rows_of("zeppelin") == {row}
    product.delete()
    serving_snapshot_refresh()
    assert rows_of("zeppelin") == set()


def test_a_renamed_category_is_followed() -> None:
    build()
    Category.objects.filter(path="electronics/mice").update(name="Rodents")
    serving_snapshot_refresh()
    assert len(rows_of("rodents")) == 17


def test_too_many_changes_build_it_anew(settings: Settings) -> None:
    build()
    settings.LEXICON_FOLLOW_MOST = 3
    Product.objects.filter(brand="Acme").update(title="Zeppelin")
    serving_snapshot_refresh()
    found, _ = lexicon_bound(serving_snapshot().columns)
    assert found is not None
    assert found.lexicon.number == 0
    assert counted("zeppelin") == 12
    settings.LEXICON_IN_PROCESS_MOST = 3
    assert lexicon_check().ok
    Product.objects.filter(brand="Acme").update(title="Balloon")
    serving_snapshot_refresh()
    assert lexicon_bound(serving_snapshot().columns) == (None, False)
    assert lexicon_check().detail == "behind"
    settings.LEXICON_FOLLOW_MOST = 1000
    build(force=True)
    assert counted("balloon") == 12


def test_a_failing_database_keeps_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    build()
    assert counted("wireless") == 9 - 1

    def fail(_horizon: int) -> int:
        raise OperationalError("gone")

    Product.objects.filter(product_id="p-0-1").update(title="Zeppelin")
    serving_snapshot_refresh()
    with monkeypatch.context() as patched:
        patched.setattr(serving, "texts_change_count", fail)
        bound, current = lexicon_bound(serving_snapshot().columns)
        assert bound is not None
        assert not current
    # Not asked again at once, though it would answer.
    assert not lexicon_bound(serving_snapshot().columns)[1]
    monkeypatch.setattr(serving, "_RETRY_S", 0.0)
    serving._state.retry_at = 0.0
    assert lexicon_bound(serving_snapshot().columns)[1]
    assert counted("zeppelin") == 1


def test_a_process_starts_from_disk_without_postgresql(request: pytest.FixtureRequest) -> None:
    features_refresh(as_of=timezone.now(), progress=lambda _done, _total, _note: None)
    build()
    serving_snapshot()
    assert lexicon() is not None
    from apps.common.snapshots import snapshots_forget

    snapshots_forget()
    request.getfixturevalue("postgresql_refused")
    found = lexicon()
    assert found is not None
    assert found.number == 1
    bound, current = lexicon_bound(serving_snapshot().columns)
    assert bound is not None
    assert not current


def test_the_job_and_the_command() -> None:
    outcome = job_run_now(job_name="build_lexicon", params={"force": True})
    assert (outcome["number"], outcome["products"]) == (1, 35)
    said = io.StringIO()
    with redirect_stdout(said):
        call_command("build_lexicon")
        call_command("build_lexicon", "--force")
        call_command("build_lexicon", "--json")
    lines = said.getvalue().splitlines()
    assert lines[0].startswith("the lexicon stands; ")
    assert lines[1].startswith("version 2 published: 35 products, ")
    assert json.loads(lines[2])["number"] == 0
    assert ArtifactVersion.objects.filter(name="lexicon", is_active=True).get().number == 2


def test_texts_of_the_catalogue() -> None:
    Product.objects.filter(product_id="p-0-1").update(
        attributes={"b": "two", "a": ["one", "other"], "n": 5, "t": True},
        product_type="Electronics > Mice",
        gtin="4006381333931",
    )
    texts = {each.product_id: each for each in texts_stream(batch=7)}
    assert len(texts) == 35
    edited = texts["p-0-1"]
    assert edited.attributes == ("one", "other", "two")
    assert edited.categories == ("Mice", "Electronics", "Mice")
    words = product_text(edited)
    assert words.fields[4] == "one\nother\ntwo"
    assert words.part_numbers == ("", "4006381333931", "p-0-1")


def test_texts_since_a_horizon() -> None:
    horizon = texts_horizon()
    Product.objects.filter(product_id="p-0-1").update(title="Zeppelin")
    Product.objects.filter(product_id="p-0-2").update(active=False)
    gone = list(
        Product.objects.filter(product_id__in=["p-0-2", "p-0-3"]).values_list("pk", flat=True)
    )
    Product.objects.filter(product_id="p-0-3").delete()
    changes = texts_changed(horizon)
    # Whatever else runs in this cluster may hold the horizon back: more may be read again.
    edited = {each.product_id: each for each in changes.texts}["p-0-1"]
    assert (edited.title, edited.version >= horizon) == ("Zeppelin", True)
    assert set(changes.gone) >= set(gone)
    assert changes.new_horizon >= horizon
