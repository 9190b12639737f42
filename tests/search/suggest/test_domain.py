"""The pure parts: typed words, phrases, sharing out, marking, products, completions."""

import html
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.contracts import ParameterInvalid, ParameterUnknown
from apps.search.domain.lexical.lexicon import Lexicon, lexicon_follow
from apps.search.domain.spelling.deletes import spelling_build
from apps.search.domain.spelling.index import SpellingIndex
from apps.search.domain.suggesting import products as finding
from apps.search.domain.suggesting.completions import completions
from apps.search.domain.suggesting.items import Suggestion, SuggestionType
from apps.search.domain.suggesting.marking import marked
from apps.search.domain.suggesting.meaning import Meant, meant_by
from apps.search.domain.suggesting.mixing import MOST_OF, mixed, shares
from apps.search.domain.suggesting.parameters import suggest_parse
from apps.search.domain.suggesting.phrases import Phrase, PhraseIndex, WordForms
from apps.search.domain.suggesting.products import Popularity, Wanted, products_found
from apps.search.domain.suggesting.typed import PartWindow, typed_of
from apps.search.domain.suggesting.vocabulary import beginnings_of, prefixes_meant
from tests.search.lexical.products import ENGLISH, bound_by_pk, lexicon_of, product, texts

TITLES = (
    "Acme wireless mouse black",
    "Acme wireless mouse white",
    "Bolt wireless headphones",
    "Bolt headphones stand",
    "Corvid USB-C hub",
    "Corvid notebook sleeve",
    "Acme notebook cooler",
)


def _plain(word: str) -> str:
    return word


def _meant(lexicon: Lexicon, text: str) -> Meant:
    base = lexicon.base
    words = [base.words.get(row) for row in range(len(base.words))]
    spelling = SpellingIndex(spelling_build(words, base.word_counts), base.words, base.word_counts)
    typed = typed_of(text)
    assert typed is not None
    return meant_by(lexicon, beginnings_of(base), spelling, typed)


def _popular(size: int, scores: list[float] | None = None) -> Popularity:
    known = None if scores is None else np.array(scores, dtype=np.float32)
    order = np.arange(size) if known is None else np.argsort(-known, kind="stable")
    places = np.empty(size, dtype=np.int32)
    places[order] = np.arange(size)
    return Popularity(known, order.astype(np.int32), places)


def _found(lexicon: Lexicon, text: str, scores: list[float] | None = None) -> list[int]:
    meant = _meant(lexicon, text)
    size = sum(len(segment) for segment in lexicon.segments) + 2
    rows = products_found(
        bound_by_pk(lexicon), Wanted(meant.groups or (), meant.parts), _popular(size, scores), 5
    )
    return [int(row) for row in rows]


def test_typed() -> None:
    assert typed_of(" -- ") is None
    typed = typed_of("HP dv7-12")
    assert typed is not None
    assert (typed.words, typed.earlier, typed.last) == (("hp", "dv7", "12"), ("hp", "dv7"), "12")
    assert typed.windows == (PartWindow(0, "hpdv712"), PartWindow(1, "dv712"))
    again = typed_of("dv7 -")
    assert again is not None
    assert again.windows == (PartWindow(0, "dv7"),)


@given(st.text(max_size=30))
def test_typed_never_fails(text: str) -> None:
    typed = typed_of(text)
    assert typed is None or all(typed.words)


@pytest.mark.parametrize(
    ("text", "pks"),
    [
        ("wireless mou", [1, 2]),
        ("mouse wirel", [1, 2]),
        ("the wireless headp", [3]),
        ("wirelss headp", [3]),
        ("haedph", [3, 4]),
        ("headphonse", [3, 4]),
        ("headphones", [3, 4]),
        ("nonsense mouse", []),
        ("mouse nonsense", []),
        ("usb", [5]),
    ],
)
def test_products(text: str, pks: list[int]) -> None:
    assert sorted(_found(lexicon_of(*texts(TITLES)), text)) == pks


def test_popular_products_come_first() -> None:
    lexicon = lexicon_of(*texts(TITLES))
    assert _found(lexicon, "wire", [0, 0, 0.9, 0.5, 0, 0, 0, 0, 0])[:2] == [2, 3]
    assert _found(lexicon, "wire", [0, 0, 0, 0.9, 0, 0, 0, 0, 0])[0] == 3


def test_broad_queries_are_answered_by_popularity(monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = lexicon_of(*texts(TITLES))
    scores = [0, 0.1, 0.2, 0.3, 0, 0, 0, 0, 0]
    exact = _found(lexicon, "wire", scores)
    monkeypatch.setattr(finding, "_BROAD", 0)
    assert _found(lexicon, "wire", scores) == exact
    monkeypatch.setattr(finding, "_CHUNK", 3)
    many = lexicon_of(*texts(["wireless mouse"] * 40))
    assert _found(many, "mouse wire", [0.01 * at for at in range(42)]) == [40, 39, 38, 37, 36]


def test_part_numbers() -> None:
    parts = [product(1, "Laptop", part="DV7-1211EA"), product(2, "Acme lamp", part="DV7-9")]
    lexicon = lexicon_of(*parts)
    assert _found(lexicon, "dv7 12") == [1]
    assert sorted(_found(lexicon, "dv7")) == [1, 2]
    assert _found(lexicon, "acme dv7-") == [2]
    assert _found(lexicon, "nobody dv7-12") == []


def test_changed_products_are_found_too() -> None:
    lexicon = lexicon_of(*texts(TITLES))
    followed = lexicon_follow(lexicon, [product(8, "Zorb teapot")], [1], horizon=2)
    assert _found(followed, "teap") == [8]
    assert _found(followed, "zorb tea") == [8]
    assert _found(followed, "wireless mou") == [2]
    assert _found(followed, "teaq") == []


def test_prefixes_that_were_meant() -> None:
    lexicon = lexicon_of(*texts(TITLES))
    beginnings = beginnings_of(lexicon.base)
    assert prefixes_meant(lexicon, beginnings, "wir") == ("wir",)
    assert prefixes_meant(lexicon, beginnings, "wxr") == ()
    assert prefixes_meant(lexicon, beginnings, "wirr")[0] == "wire"
    assert prefixes_meant(lexicon, beginnings, "hedphones")[0].startswith("headphones")
    assert prefixes_meant(lexicon, beginnings, "xq12") == ()


def test_completions() -> None:
    lexicon = lexicon_of(*texts(TITLES))
    beginnings = beginnings_of(lexicon.base)

    def made(earlier: list[str], prefix: str) -> list[tuple[str, int]]:
        found = completions(lexicon, beginnings, earlier, [prefix], 5)
        return [(each.text, each.products) for each in found]

    assert made([], "wire") == [("wireless", 3), ("wireless mouse", 2)]
    assert made(["wireless"], "m") == [("wireless mouse", 2)]
    assert made(["acme"], "wi") == [("acme wireless", 2), ("acme wireless mouse", 2)]
    assert made(["the"], "noteb") == [("the notebook", 2)]
    assert made(["mouse"], "sleev") == []
    followed = lexicon_follow(lexicon, [product(8, "Zorb teapot")], [], horizon=2)
    assert completions(followed, beginnings, [], ["teap"], 5) == []
    assert completions(followed, beginnings, ["bolt"], ["headph"], 5)[0].products == 2


def test_phrases() -> None:
    index = PhraseIndex(
        [
            Phrase("wireless mouse", 9.0),
            Phrase("mouse pad", 4.0),
            Phrase("gaming mouse", 5.0),
            Phrase("Audio", 8.0, 7, "Electronics"),
        ],
        ENGLISH.stem_of,
    )

    def found(*words: WordForms) -> list[str]:
        return [each.text for each in index.found(words, 3)]

    assert found(WordForms((), ("mou",))) == ["mouse pad", "wireless mouse", "gaming mouse"]
    assert found(WordForms(("mouse",)), WordForms((), ("wi",))) == ["wireless mouse"]
    assert found(WordForms((), ("elec",))) == []
    assert found(WordForms(("electronics",)), WordForms((), ("aud",))) == ["Audio"]
    assert found(WordForms(("nothing",)), WordForms((), ("mou",))) == []
    assert found(WordForms((), ("zz",)), WordForms((), ("zz",))) == []
    assert [each.text for each in index.heaviest(2)] == ["wireless mouse", "Audio"]


_KINDS = st.sampled_from(list(SuggestionType))


@given(st.dictionaries(_KINDS, st.integers(0, 30)), st.integers(0, 25))
def test_shares_add_up(available: dict[SuggestionType, int], limit: int) -> None:
    given_out = shares(available, limit)
    most = {kind: min(count, MOST_OF[kind]) for kind, count in available.items()}
    assert sum(given_out.values()) == min(limit, sum(most.values()))
    assert all(given_out[kind] <= most[kind] for kind in available)


def test_a_text_stands_once_in_its_type() -> None:
    def line(kind: SuggestionType, text: str) -> Suggestion:
        return Suggestion(kind, text, "")

    found = {
        SuggestionType.PRODUCT: [line(SuggestionType.PRODUCT, "A")],
        SuggestionType.QUERY: [
            line(SuggestionType.QUERY, "a"), line(SuggestionType.QUERY, "A"),
        ],
    }  # fmt: skip
    assert [(each.type, each.text) for each in mixed(found, 10)] == [
        (SuggestionType.QUERY, "a"), (SuggestionType.PRODUCT, "A"),
    ]  # fmt: skip


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=4), max_size=2))
def test_marking_only_adds_marks(text: str, prefixes: list[str]) -> None:
    found = marked(text, frozenset(), prefixes, _plain)
    assert html.unescape(re.sub("</?mark>", "", found)) == html.unescape(html.escape(text))


def test_marking() -> None:
    assert (
        marked("Mice & <mouse>", {"mouse"}, (), _plain) == "Mice &amp; &lt;<mark>mouse</mark>&gt;"
    )
    assert marked("Café Crème", set(), ("cre",), _plain) == "Café <mark>Crè</mark>me"
    assert marked("Straße 5", set(), ("stra",), _plain) == "<mark>Straße</mark> 5"


def test_parameters() -> None:
    asked = suggest_parse({"q": ["a"], "limit": ["3"], "types": ["product, query"]})
    assert (asked.query, asked.limit) == ("a", 3)
    assert asked.types == (SuggestionType.QUERY, SuggestionType.PRODUCT)
    with pytest.raises(ParameterUnknown):
        suggest_parse({"x": ["1"]})
    with pytest.raises(ParameterInvalid):
        suggest_parse({"limit": ["1", "2"]})


def test_the_best_of_many_products() -> None:
    """Cutting before sorting changes nothing."""
    lexicon = lexicon_of(*texts([f"mouse number{at}" for at in range(60)]))
    scores = [0.001 * (at * 37 % 61) for at in range(62)]
    best = sorted(range(1, 61), key=lambda pk: -scores[pk])[:5]
    assert _found(lexicon, "mouse", scores) == best


def test_phrases_are_counted() -> None:
    assert len(PhraseIndex([Phrase("wireless mouse", 9.0)], _plain)) == 1


def test_a_form_that_only_changed_products_have_leads_no_further() -> None:
    lexicon = lexicon_of(*texts(("Acme teapot", "Acme teapot red")))
    followed = lexicon_follow(lexicon, [product(9, "Zorb teapots")], [], horizon=2)
    found = completions(followed, beginnings_of(lexicon.base), [], ["teapots"], 5)
    assert [each.text for each in found] == ["teapots"]
