"""The language is PostgreSQL's: one command changes dictionaries, lexicon and rows."""

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.access.models import AuditEntry
from apps.catalog.models import Product
from apps.common.errors import InvalidInput
from apps.common.services import version_bump
from apps.search.domain.lexical.stop_words import STOP_WORDS
from apps.search.health import language_check
from apps.search.models import LanguageRewrite
from apps.search.selectors import language as selecting
from apps.search.selectors.language import (
    dictionary_of,
    language_read,
    languages_available,
    search_analysis,
    search_language,
)
from apps.search.selectors.lexicon import lexicon, lexicon_state
from apps.search.services import language as changing
from apps.search.services.build_lexicon import lexicon_build
from apps.search.services.language import LanguageReport, language_set
from tests.search.types import Search

pytestmark = pytest.mark.usefixtures("catalogue")
# What PostgreSQL finds by its own full text, without the lexicon.
_FULL_TEXT = """
    SELECT product_id FROM catalog_product
    WHERE search_vector @@ plainto_tsquery('endcap', %s) ORDER BY product_id
"""


@pytest.fixture(autouse=True)
def _german_goods(catalogue: None) -> Iterator[None]:
    """Two products in German, one with a French accent; the next test knows no language yet."""
    texts = {
        "p-0-0": "Weiße Gartenhäusern",
        "p-0-1": "Gartenhaus aus Holz",
        "p-0-2": "Crème fraîche",
    }
    for product_id, title in texts.items():
        Product.objects.filter(product_id=product_id).update(title=title)
    yield
    selecting._last[0] = selecting.DEFAULT_LANGUAGE


def change(language: str, batch: int = 1000) -> LanguageReport:
    return language_set(language=language, progress=lambda _done, _total, _note: None, batch=batch)


def full_text(query: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_FULL_TEXT, [query])
        return [row[0] for row in cursor.fetchall()]


def ids(answer: dict[str, object]) -> set[str]:
    hits = answer["hits"]
    assert isinstance(hits, list)
    return {hit["product_id"] for hit in hits}


def test_english_unless_said_otherwise() -> None:
    assert (language_read(), search_language()) == ("english", "english")
    assert search_analysis() is search_analysis()
    with CaptureQueriesContext(connection) as statements:
        search_language()
    assert not statements
    assert language_check().ok


def test_german_plurals_and_umlauts_are_found(search: Search) -> None:
    assert ids(search(q="gartenhäusern", spell="false")) == {"p-0-0"}
    assert full_text("gartenhäusern") == ["p-0-0"]
    report = change("german")
    assert (report.language, report.before, report.rewritten) == ("german", "english", 36)
    assert report.lexicon
    for query in ("gartenhaus", "Gartenhäuser", "gartenhauser", "GARTENHÄUSERN"):
        assert ids(search(q=query, spell="false")) == {"p-0-0", "p-0-1"}, query
        assert full_text(query) == ["p-0-0", "p-0-1"], query
    for query in ("weiße gartenhäuser", "weisse gartenhauser"):
        hit = search(q=query, spell="false")["hits"][0]
        assert hit["product_id"] == "p-0-0"
        assert hit["highlights"]["title"] == "<mark>Weiße Gartenhäusern</mark>"


def test_stop_words_are_the_language_s(search: Search) -> None:
    change("german")
    answer = search(q="gartenhaus aus dem holz", spell="false")
    assert answer["matching"]["relaxed"] == []
    assert answer["hits"][0]["product_id"] == "p-0-1"
    assert search(q="aus dem", spell="false")["found"] == 0
    assert search_analysis().stop_words >= {"aus", "dem", "fur"}


@pytest.mark.parametrize("language", ["english", "german", "french"])
def test_accents_are_folded_both_ways(language: str, search: Search) -> None:
    change(language)
    for query in ("creme fraiche", "crème fraîche", "CRÈME FRAÎCHE", "cre\u0300me frai\u0302che"):
        assert ids(search(q=query, spell="false")) == {"p-0-2"}, query


def test_and_back_again(search: Search) -> None:
    change("german")
    assert change("english").rewritten == 36
    assert ids(search(q="gartenhäusern", spell="false")) == {"p-0-0"}
    assert full_text("gartenhäusern") == ["p-0-0"]
    assert "wireless" in search(q="mice wireless", spell="false")["hits"][0]["title"]
    assert change("english") == LanguageReport("english", "english", 0, 0)


def test_a_rewritten_row_is_no_changed_product() -> None:
    before = set(Product.objects.values_list("id", "changed_xid", "updated_at"))
    change("german")
    assert set(Product.objects.values_list("id", "changed_xid", "updated_at")) == before
    Product.objects.filter(product_id="p-0-0").update(title="Zeppelin")
    assert full_text("zeppelin") == ["p-0-0"]
    after = Product.objects.values_list("updated_at", flat=True)
    assert after.get(product_id="p-0-0") >= max(each for _, _, each in before)


def test_a_run_that_was_cut_short_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite, batches = changing._batch_rewrite, []

    def cut(after: int, batch: int) -> list[int]:
        batches.append(after)
        if len(batches) == 3:
            raise OperationalError("the server went away")
        return rewrite(after, batch)

    monkeypatch.setattr(changing, "_batch_rewrite", cut)
    with pytest.raises(OperationalError):
        change("german", batch=10)
    report = language_check()
    assert (report.ok, report.required) == (False, False)
    assert "search_language --set german goes on" in report.detail
    assert LanguageRewrite.objects.get().finished_at is None
    assert change("german", batch=10).rewritten == 16
    assert LanguageRewrite.objects.get().finished_at is not None
    assert language_check().ok
    assert full_text("gartenhaus") == ["p-0-0", "p-0-1"]


def test_a_lexicon_of_another_language_answers_and_says_so(search: Search) -> None:
    lexicon_build(progress=lambda _done, _total, _note: None)
    assert "language" not in search(q="mouse")["degraded"]
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TEXT SEARCH CONFIGURATION endcap ALTER MAPPING FOR word WITH german_stem"
        )
    selecting.language_reload()
    answer = search(q="wireless mice")
    assert "language" in answer["degraded"]
    assert answer["hits"]
    found = lexicon()
    assert found is not None
    assert (found.analysis.language, search_language()) == ("english", "german")
    assert "lexicon in english, set is german" in language_check().detail
    assert lexicon_build(progress=lambda _done, _total, _note: None).number
    assert "language" not in search(q="wireless mouse")["degraded"]


def test_a_lexicon_of_this_process_follows_at_once(search: Search) -> None:
    assert ids(search(q="gartenhaus", spell="false")) == {"p-0-1"}
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TEXT SEARCH CONFIGURATION endcap ALTER MAPPING FOR word WITH german_stem"
        )
    version_bump(selecting.LANGUAGE_VERSION)
    assert ids(search(q="gartenhaus", spell="false")) == {"p-0-0", "p-0-1"}
    assert lexicon_state().number == 0


def test_the_change_is_audited() -> None:
    change("german")
    entry = AuditEntry.objects.get(action="language_set")
    assert (entry.before, entry.after) == ({"language": "english"}, {"language": "german"})


def test_only_languages_that_both_stem() -> None:
    found = languages_available()
    assert {"english", "german", "french", "simple"} <= set(found)
    assert not {"hindi", "tamil", "nepali"} & set(found)
    with pytest.raises(InvalidInput) as refused:
        change("klingon")
    assert refused.value.extra["field"] == "language"
    assert language_read() == "english"


def test_no_stemming_at_all(search: Search) -> None:
    change("simple")
    assert search_analysis().stem_of("mice") == "mice"
    assert ids(search(q="gartenhäusern", spell="false")) == {"p-0-0"}


@pytest.mark.parametrize("language", sorted(STOP_WORDS))
def test_stop_words_are_postgresql_s(language: str) -> None:
    """Folded ones are no longer in its lists, but those without accents are the same."""
    words = sorted(word for word in STOP_WORDS[language] if word.isascii())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[]) AS w WHERE ts_lexize(%s, w) = '{}'",
            [words, dictionary_of(language)],
        )
        counted = cursor.fetchone()
    assert counted is not None
    assert counted[0] >= 0.5 * len(words)


def test_postgresql_gone_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise OperationalError("gone")

    monkeypatch.setattr(selecting, "language_read", gone)
    monkeypatch.setattr(connection, "close", lambda: None)
    assert search_language() == "english"
    monkeypatch.undo()
    assert search_language() == "english"


def run(**options: object) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        call_command("search_language", **options)
    return out.getvalue()


def test_the_command() -> None:
    assert "* english" in run()
    assert "  german" in run()
    assert (
        run(set="german") == "german (before: english); lexicon version 1; 36 products rewritten\n"
    )
    assert "* german" in run()
    LanguageRewrite.objects.update(finished_at=None, reached=2**31 - 1)
    assert "goes on" in run()
    assert "the lexicon stands; 0 products" in run(set="german")
    with pytest.raises(CommandError, match="klingon"):
        run(set="klingon")
