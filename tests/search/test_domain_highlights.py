import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.domain.highlights import highlight, snippet, stems_of
from apps.search.engines.stemming import token_stemmer_of

english_stem = token_stemmer_of("english")


def marked(text: str, *query_words: str) -> str | None:
    return highlight(text, stems_of(query_words, english_stem), english_stem)


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Running shoes", "shoe", "Running <mark>shoes</mark>"),
        ("Crème brûlée set", "creme", "<mark>Crème</mark> brûlée set"),
        ("USB-C hub", "usb-c", "<mark>USB</mark>-<mark>C</mark> hub"),
        ("Wireless mouse", "wireless mice mouse", "<mark>Wireless mouse</mark>"),
        ("The <b>mouse</b> & co", "mouse", "The &lt;b&gt;<mark>mouse</mark>&lt;/b&gt; &amp; co"),
        ("the end", "the", None),
        ("Keyboard", "mouse", None),
        ("DV7-1211 laptop", "1211", "DV7-<mark>1211</mark> laptop"),
    ],
)
def test_highlight(text: str, query: str, expected: str | None) -> None:
    assert marked(text, *query.split()) == expected


@given(st.text(max_size=80), st.text(max_size=20))
def test_a_highlight_is_the_escaped_text_with_marks_only(text: str, query: str) -> None:
    found = marked(text, *query.split())
    if found is not None:
        assert unescape(re.sub(r"</?mark>", "", found)) == text
        assert "<" not in re.sub(r"</?mark>", "", found)


def test_snippet_is_cut_at_words_around_the_first_match() -> None:
    text = f"{'lead ' * 60}the silent mouse is here {'tail ' * 60}"
    found = snippet(text, stems_of(("mouse",), english_stem), english_stem, length=80)
    assert found is not None
    assert "<mark>mouse</mark>" in found
    assert found.startswith("…lead")
    assert found.endswith("tail…")
    assert len(found) < 120


def test_snippet_of_a_short_text_is_the_text() -> None:
    stems = stems_of(("mouse",), english_stem)
    assert snippet("A mouse.", stems, english_stem) == "A <mark>mouse</mark>."
    assert snippet("A keyboard.", stems, english_stem) is None


@pytest.mark.django_db
def test_stems_are_postgresqls(django_assert_num_queries: object) -> None:
    from django.db import connection

    tokens = [
        "running",
        "shoes",
        "headphones",
        "wireless",
        "batteries",
        "charging",
        "happily",
        "national",
        "generic",
        "cables",
        "printers",
        "cartridges",
        "monitors",
        "displays",
        "cameras",
        "lenses",
        "memory",
        "accessories",
        "glasses",
        "dresses",
        "books",
        "novels",
        "series",
        "mice",
        "watches",
        "jackets",
        "leather",
        "skiing",
        "cycling",
        "yoga",
        "mats",
        "organic",
        "4k",
        "1080p",
        "creme",
        "brulee",
        "sofas",
        "chairs",
    ]
    with connection.cursor() as cursor:
        for token in tokens:
            cursor.execute("SELECT plainto_tsquery('endcap', %s)::text", [token])
            assert cursor.fetchone() == (f"'{english_stem(token)}'",)
