"""What a query finds: as the plainest reading of every product would."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.search.contracts_understanding import Alternative, AlternativeKind, QueryTerm
from apps.search.domain.lexical.analysis import run_compounds
from apps.search.domain.lexical.arrays import Field
from apps.search.domain.lexical.documents import ProductText
from apps.search.domain.lexical.evidence import evidence
from apps.search.domain.lexical.lexicon import Lexicon, lexicon_follow
from apps.search.domain.lexical.matching import lexical_search
from apps.search.domain.lexical.queries import lexical_query
from apps.search.domain.lexical.querying import LexicalMatches, LexicalQuery
from apps.search.domain.normalise import normalise, part_number_windows, words
from tests.search.lexical.products import ENGLISH, bound_by_pk, lexicon_of, product, texts

PRODUCTS = (
    product(1, "Acme USB-C hub", part="DV7-1211EA", brand="Acme"),
    product(2, "Acme USB C hub black"),
    product(3, "C hub for USB", attributes="usb\nc"),
    product(4, "Noise cancelling headphones", description="usb charging"),
    product(5, "Cancelling stamp", description="makes no noise"),
    product(6, 'Notebook 15.6" 500 GB', brand="Belmont"),
    product(7, "Notebook sleeve 15.6 inch", description="fits a notebook"),
)


def asked(text: str, **alternatives: str) -> LexicalQuery:
    found = words(normalise(text))
    terms = [
        QueryTerm(
            word,
            tuple(
                Alternative.of(other, AlternativeKind.SYNONYM)
                for key, other in alternatives.items()
                if key == word
            ),
        )
        for word in found
    ]
    return lexical_query(terms, part_number_windows(found), ENGLISH)


def found(lexicon: Lexicon, query: LexicalQuery, enough: int = 0) -> LexicalMatches:
    return lexical_search(bound_by_pk(lexicon), query, enough=enough)


def pks(text: str, enough: int = 0, **alternatives: str) -> list[int]:
    return sorted(found(LEXICON, asked(text, **alternatives), enough).rows.tolist())


LEXICON = lexicon_of(*PRODUCTS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hub", [1, 2, 3]),
        ("usb-c", [1, 2]),
        ("usbc", [1]),
        ("usb c", [1, 2, 3]),
        ("acme hubs", [1, 2]),
        ("noise-cancelling", [4, 5]),
        ('15.6"', [6, 7]),
        ("15.6 inch", [6, 7]),
        ("500gb", [6]),
        ("500 gb", [6]),
        ("the hub", [1, 2, 3]),
        ("the of", []),
        ("zeppelin", []),
        ("hub zeppelin", []),
        ("dv7-1211ea", [1]),
        ("dv7 1211 ea", [1]),
        ("dv71211ea", [1]),
        ("acme dv7.1211ea", [1]),
    ],
)
def test_every_term(query: str, expected: list[int]) -> None:
    assert pks(query) == expected


def test_relaxed_when_too_few_hold_every_term() -> None:
    assert pks("hub zeppelin", enough=1) == [1, 2, 3]
    assert pks("acme hub", enough=2) == [1, 2]
    assert pks("acme hub", enough=3) == [1, 2, 3]
    matches = found(LEXICON, asked("acme hub"), 3)
    strict = dict(zip(matches.rows.tolist(), matches.strict.tolist(), strict=True))
    assert strict == {1: True, 2: True, 3: False}
    assert matches.shares == pytest.approx(matches.shares)
    assert sum(matches.shares) == pytest.approx(1.0)


def test_pieces_of_a_compound_join_when_relaxed_without_counting_as_it() -> None:
    matches = found(LEXICON, asked("usb-c"), 10)
    strict = dict(zip(matches.rows.tolist(), matches.strict.tolist(), strict=True))
    assert strict == {1: True, 2: True, 3: False, 4: False}
    assert set(matches.groups.tolist()) == {0, 1}


def test_part_numbers_are_found_whatever_the_words_do() -> None:
    matches = found(LEXICON, asked("dv7 1211 ea"))
    assert matches.rows.tolist() == [1]
    assert matches.parts.tolist() == [True]
    alone = lexical_query([], ("dv71211ea",), ENGLISH)
    matches = found(LEXICON, alone)
    assert (matches.rows.tolist(), matches.scores.tolist()) == ([1], [0.0])
    assert matches.strict.tolist() == [False]


def test_synonyms_are_phrases_and_count_less() -> None:
    assert pks("connector", connector="usb c") == [1, 2]
    assert pks("connector", connector="usb-c") == [1, 2]
    assert pks("connector", connector="the") == []
    assert pks("the", the="headphones") == [4]
    assert pks("hub", 0, hub="stamp") == [1, 2, 3, 5]


def test_a_synonym_counts_less_than_the_word_itself() -> None:
    lexicon = lexicon_of(*texts(["sofa red", "couch red"]))
    matches = found(lexicon, asked("sofa", sofa="couch"))
    scores = dict(zip(matches.rows.tolist(), matches.scores.tolist(), strict=True))
    assert scores[2] == pytest.approx(0.8 * scores[1], rel=1e-4)
    unknown = found(lexicon, asked("settee", settee="couch"))
    assert unknown.scores.tolist() == pytest.approx([scores[1]], rel=1e-4)


def test_words_together_stand_for_one_term() -> None:
    one = lexical_query([QueryTerm("usb-c hub")], (), ENGLISH)
    assert sorted(found(LEXICON, one).rows.tolist()) == [1, 2]
    none = lexical_query([QueryTerm("zeppelin stamp hub")], (), ENGLISH)
    assert len(found(LEXICON, none)) == 0
    # Of the pieces any is found when there is nothing else.
    assert sorted(found(LEXICON, none, 1).rows.tolist()) == [1, 2, 3, 5]
    apart = lexical_query([QueryTerm("stamp notebook hub")], (), ENGLISH)
    assert len(found(LEXICON, apart)) == 0


def test_nothing_asked_finds_nothing() -> None:
    assert len(found(LEXICON, lexical_query([], (), ENGLISH), 10)) == 0
    assert len(found(lexicon_of(), asked("hub"), 10)) == 0


def test_a_title_that_is_the_query_comes_first() -> None:
    matches = found(LEXICON, asked("notebook"))
    best = matches.rows[np.argmax(matches.scores)]
    assert best in {6, 7}
    assert (matches.scores < 1).all()
    assert (matches.scores > 0).all()


def test_evidence_tells_the_groups_apart() -> None:
    query = asked("acme usb-c hub")
    matches = found(LEXICON, query, 10)
    at = np.argsort(matches.rows)
    seen = evidence(LEXICON, matches, at)
    assert seen.scores.shape == (len(matches), 3)
    total = seen.scores.sum(axis=1) / matches.most
    strict = matches.strict[at]
    assert total[strict] == pytest.approx(matches.scores[at][strict], rel=1e-5)
    first = matches.rows[at].tolist().index(1)
    assert seen.fields[first, 0] == 1 << Field.TITLE | 1 << Field.BRAND
    titles = [
        [LEXICON.stem_text(int(each)) for each in seen.titles[start:end]]
        for start, end in zip(seen.title_offsets[:-1], seen.title_offsets[1:], strict=True)
    ]
    assert titles[first] == ["acm", "usb", "c", "hub"]


WORDS = ["red", "blue", "usb-c", "usb", "c", "hub", "x1"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)


def holds(text: str, query: str) -> bool:
    """Whether a product of one title satisfies every word of the query, read plainly."""
    compounds = [each for run in text.split() for each in run_compounds(run)]
    flat = [word for each in compounds for word in each.words]
    joined = {each.joined for each in compounds}
    for run in query.split():
        for each in run_compounds(run):
            size = len(each.words)
            windows = {tuple(flat[at : at + size]) for at in range(len(flat))}
            if each.words not in windows and each.joined not in joined - {""}:
                return False
    return True


@given(st.lists(TEXT, max_size=8), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
@settings(max_examples=200)
def test_as_reading_every_product_would(titles: list[str], query: list[str]) -> None:
    lexicon = lexicon_of(*texts(titles))
    matches = found(lexicon, asked(" ".join(query)))
    expected = [pk for pk, text in enumerate(titles, 1) if holds(text, " ".join(query))]
    assert sorted(matches.rows.tolist()) == expected


@given(
    st.lists(TEXT, min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1, 9), st.none() | TEXT), max_size=6),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.integers(0, 4),
)
@settings(max_examples=200)
def test_following_finds_what_a_new_base_would(
    titles: list[str], edits: list[tuple[int, str | None]], query: list[str], enough: int
) -> None:
    state = dict(enumerate(titles, 1))
    lexicon = lexicon_of(*texts(titles))
    for number, (pk, text) in enumerate(edits, 1):
        changed: list[ProductText] = [] if text is None else [product(pk, text)]
        lexicon = lexicon_follow(lexicon, changed, [pk] if text is None else [], horizon=number)
        state.pop(pk, None)
        if text is not None:
            state[pk] = text
    asked_for = asked(" ".join(query))
    built = lexicon_of(*(product(pk, text) for pk, text in sorted(state.items())))
    followed, fresh = found(lexicon, asked_for, enough), found(built, asked_for, enough)
    assert sorted(followed.rows.tolist()) == sorted(fresh.rows.tolist())
    assert lexicon.products == built.products
    assert len(set(followed.rows.tolist())) == len(followed)


def test_a_broad_query_adds_up_the_same_on_the_dense_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = lexicon_of(*texts(["red hub", "blue hub", "red", "usb"] * 40), chunk_size=50)
    query = asked("red hub zeppelin")
    dense = found(many, query, 1000)
    monkeypatch.setattr("apps.search.domain.lexical.matching._DENSE", 1e-9)
    sparse = found(many, query, 1000)
    assert np.array_equal(np.sort(dense.rows), np.sort(sparse.rows))
    order, other = np.argsort(dense.rows), np.argsort(sparse.rows)
    assert dense.scores[order] == pytest.approx(sparse.scores[other])
    assert np.array_equal(dense.groups[order], sparse.groups[other])
