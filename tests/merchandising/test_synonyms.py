import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.merchandising.contracts import SynonymEntry, SynonymKind, SynonymsInvalid, TermGroup
from apps.merchandising.domain.synonyms import (
    MAX_ENTRIES,
    MAX_TERMS,
    entries_json,
    entries_parse,
    lines_format,
    lines_parse,
    phrase_normalise,
    synonym_index_build,
)

# A busy machine is slow, and that is no finding.
few = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

_words = st.sampled_from(["sofa", "couch", "usb-c", "wi-fi", "laptop", "tv", "é", "4k"])
_phrases = st.lists(_words, min_size=1, max_size=3).map(" ".join)


@st.composite
def entry_rows(draw: st.DrawFn) -> dict[str, object]:
    terms = draw(st.lists(_phrases, min_size=2, max_size=4, unique_by=phrase_normalise))
    if draw(st.booleans()):
        return {"kind": "one_way", "from": terms[0], "terms": terms[1:]}
    return {"kind": "two_way", "terms": terms}


entry_lists = st.lists(entry_rows(), max_size=6, unique_by=lambda row: str(sorted(row.items())))


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("  Café   Crème ", "cafe creme"),
        ("USB-C", "usb-c"),
        ("T\u00e9l\u00e9vision, 4K!", "television 4k"),
        ("?!", ""),
        ("Straße", "strasse"),
    ],
)
def test_phrases_are_folded(written: str, normalised: str) -> None:
    assert phrase_normalise(written) == normalised


@few
@given(entry_lists)
def test_json_and_lines_read_back_the_same(rows: list[dict[str, object]]) -> None:
    try:
        entries = entries_parse(rows)
    except SynonymsInvalid as error:  # two rows that say the same
        assert "says the same" in str(error)  # noqa: PT017 - only some draws raise
        return
    assert entries_parse(entries_json(entries)) == entries
    assert lines_parse(lines_format(entries)) == entries


def test_lines_are_two_way_lists_and_one_way_arrows() -> None:
    text = """
    # furniture
    Sofa, couch,  settee

    notebook => laptop, Ultra Book
    """
    assert lines_parse(text) == (
        SynonymEntry(SynonymKind.TWO_WAY, ("sofa", "couch", "settee")),
        SynonymEntry(SynonymKind.ONE_WAY, ("laptop", "ultra book"), "notebook"),
    )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("sofa", 1, "two different terms"),
        ("sofa, SOFA", 1, "two different terms"),
        ("\nsofa => sofa", 2, "differ from its source"),
        ("sofa, couch,", 1, "no word"),
        (" => couch", 1, "no word"),
        ("a, b\nA, B", 2, "the same as line 1"),
        ("a b c d e f g, h", 1, "longer than 6 words"),
        (", ".join(f"t{number}" for number in range(MAX_TERMS + 1)), 1, "at most 50 terms"),
        (
            "\n".join(f"a{number}, b" for number in range(MAX_ENTRIES + 1)),
            MAX_ENTRIES + 1,
            "at most 5000 entries",
        ),
    ],
)
def test_lines_that_cannot_be_used_are_named(text: str, line: int, message: str) -> None:
    with pytest.raises(SynonymsInvalid, match=message) as refused:
        lines_parse(text)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "row",
    [
        "sofa",
        {"kind": "two_way", "terms": ["a", "b"], "weight": 1},
        {"kind": "sideways", "terms": ["a", "b"]},
        {"kind": "two_way", "terms": "a, b"},
        {"kind": "two_way"},
        {"kind": "two_way", "terms": ["a", 3]},
        {"kind": "two_way", "terms": ["a", "b"], "from": "c"},
        {"kind": "one_way", "terms": [], "from": "c"},
        {"kind": "one_way", "terms": ["a"]},
    ],
)
def test_rows_that_cannot_be_used_are_refused(row: object) -> None:
    with pytest.raises(SynonymsInvalid) as refused:
        entries_parse([{"kind": "two_way", "terms": ["x", "y"]}, row])
    assert refused.value.line == 2


def test_the_same_row_twice_and_too_many_are_refused() -> None:
    row = {"kind": "two_way", "terms": ["a", "b"]}
    with pytest.raises(SynonymsInvalid, match="the same as entry 1"):
        entries_parse([row, row])
    with pytest.raises(SynonymsInvalid, match="at most 5000"):
        entries_parse([row] * (MAX_ENTRIES + 1))


def test_two_way_terms_stand_for_each_other() -> None:
    index = synonym_index_build(lines_parse("sofa, couch, settee"), 3)
    assert index.number == 3
    assert index.expand(("red", "couch")) == (
        TermGroup(0, 1, ()),
        TermGroup(1, 2, ("sofa", "settee")),
    )


def test_one_way_goes_one_way() -> None:
    index = synonym_index_build(lines_parse("notebook => laptop"), 1)
    assert index.expand(("notebook",)) == (TermGroup(0, 1, ("laptop",)),)
    assert index.expand(("laptop",)) == (TermGroup(0, 1, ()),)


def test_the_longest_phrase_wins() -> None:
    index = synonym_index_build(lines_parse("mobile phone, smartphone\nphone, telephone"), 1)
    assert index.expand(("mobile", "phone", "case")) == (
        TermGroup(0, 2, ("smartphone",)),
        TermGroup(2, 3, ()),
    )
    assert index.expand(("smartphone",)) == (TermGroup(0, 1, ("mobile phone",)),)
    assert index.expand(("phone", "mobile")) == (
        TermGroup(0, 1, ("telephone",)),
        TermGroup(1, 2, ()),
    )


def test_entries_do_not_chain() -> None:
    index = synonym_index_build(lines_parse("a, b\nb, c"), 1)
    assert index.expand(("a",)) == (TermGroup(0, 1, ("b",)),)
    assert index.expand(("b",)) == (TermGroup(0, 1, ("a", "c")),)


def test_without_synonyms_every_word_stands_alone() -> None:
    index = synonym_index_build((), 0)
    assert index.longest == 0
    assert index.expand(("a", "b")) == (TermGroup(0, 1, ()), TermGroup(1, 2, ()))
    assert index.expand(()) == ()


@few
@given(entry_lists, st.lists(_words, max_size=8))
def test_groups_cover_every_word_once_in_order(
    rows: list[dict[str, object]], words: list[str]
) -> None:
    entries = [entry for row in rows for entry in entries_parse([row])]
    groups = synonym_index_build(entries, 1).expand(tuple(words))
    assert [n for group in groups for n in range(group.start, group.end)] == list(
        range(len(words))
    )
    for group in groups:
        own = " ".join(words[group.start : group.end])
        assert own not in group.alternatives
        assert group.alternatives or group.end == group.start + 1
