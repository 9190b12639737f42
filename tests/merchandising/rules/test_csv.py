import csv
import io
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.merchandising.contracts import SynonymEntry
from apps.merchandising.contracts_rule_views import RuleImportError
from apps.merchandising.contracts_rules import MerchandisingRule, RuleInvalid
from apps.merchandising.domain.rules.content import rule_content, rule_parse
from apps.merchandising.domain.rules.csv_cells import (
    cell_guard,
    cell_plain,
    pairs_cell,
    pairs_of_cell,
    values_cell,
    values_of_cell,
)
from apps.merchandising.domain.rules.csv_reading import (
    MOST_LINES,
    RulesFileInvalid,
    rules_read,
)
from apps.merchandising.domain.rules.csv_writing import COLUMNS, rules_csv
from apps.merchandising.domain.synonyms import entries_parse
from apps.merchandising.domain.synonyms_csv import synonyms_csv, synonyms_csv_read
from tests.merchandising.rules.strategies import rule_lists, some

texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@some
@given(st.lists(texts, max_size=4))
def test_values_of_a_cell_come_back(values: list[str]) -> None:
    assert values_of_cell(values_cell(values)) == values


@some
@given(st.dictionaries(texts, st.lists(texts, min_size=1, max_size=3), max_size=3))
def test_pairs_of_a_cell_come_back(pairs: dict[str, list[str]]) -> None:
    assert pairs_of_cell(pairs_cell(pairs)) == pairs


@some
@given(st.text("'=+-@\t\r 1a|", max_size=6) | st.text(max_size=6))
def test_guarded_cells_are_no_formulas_and_come_back(cell: str) -> None:
    guarded = cell_guard(cell)
    assert cell_plain(guarded) == cell
    assert not guarded.startswith(("=", "+", "@", "\t", "\r"))
    assert not guarded.startswith("-") or guarded.removeprefix("-").isdecimal()


@pytest.mark.parametrize(
    ("cell", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("'=1", "''=1"),
        ("''@", "'''@"),
        ("-50", "-50"),
        ("'tis", "'tis"),
        ("'", "'"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_only_what_could_be_a_formula_is_guarded(cell: str, guarded: str) -> None:
    assert cell_guard(cell) == guarded
    assert cell_plain(guarded) == cell


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "'=", "''-", "'"])
def test_formulas_in_rules_and_synonyms_come_back(sign: str) -> None:
    content: dict[str, Any] = {
        "title": f"{sign}cmd|' /C calc'!A0",
        "conditions": {
            "queries": [{"match": "exact", "text": f"{sign}tv"}],
            "segments": [f"{sign}a", f"{sign}b"],
            "attributes": {"-x": [f"{sign}1"]},
        },
        "consequences": [
            {"do": "pin", "product": f"{sign}p", "position": 3},
            {"do": "hide", "products": [f"{sign}a", f"{sign}-1"]},
            {"do": "rewrite", "find": f"{sign}x", "replace": f"{sign}y"},
        ],
    }
    rule = rule_parse("odd", 0, content)
    written = rules_csv([rule])
    assert [each for _line, each in rules_read(written)] == [rule]
    assert rules_csv([rule]) == rules_csv(each for _line, each in rules_read(written))
    entries = entries_parse([{"kind": "one_way", "from": f"{sign}a", "terms": [f"{sign}b", "c"]}])
    out = synonyms_csv(entries)
    assert entries_parse(synonyms_csv_read(out)) == entries
    for row in [*csv.reader(io.StringIO(written)), *csv.reader(io.StringIO(out))]:
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


def readable(rules: list[MerchandisingRule]) -> list[MerchandisingRule]:
    """Those whose consequences do not contradict each other."""
    found = []
    for rule in rules:
        try:
            found.append(rule_parse(rule.key, 0, rule_content(rule)))
        except RuleInvalid:
            continue
    return found


@some
@given(rule_lists)
def test_rules_come_back_as_they_went_out(rules: list[MerchandisingRule]) -> None:
    kept = readable(rules)
    assume(kept)
    written = rules_csv(kept)
    read = [rule for _line, rule in rules_read(written)]
    assert [rule_content(rule) for rule in read] == [rule_content(rule) for rule in kept]
    assert rules_csv(read) == written


def test_odd_texts_come_back() -> None:
    content: dict[str, Any] = {
        "title": 'A "title", with | and = and\u00e9',
        "conditions": {
            "segments": ["a | b", "c\\d"],
            "attributes": {"x": ["=1", "a=b|c"]},
            "variants": [{"experiment": "e-1", "variants": ["v|1", "v2"]}],
        },
        "consequences": [
            {"do": "banner", "slot": "top", "payload": {"text": "line\nbreak, \u20ac"}},
            {"do": "boost", "filters": {"attr.color": ["red|blue", "x=y"]}, "factor": 5},
            {"do": "pin", "product": "a|b", "position": 3},
        ],
    }
    rule = rule_parse("odd", 0, content)
    ((line, read),) = rules_read(rules_csv([rule]))
    assert (line, read) == (2, rule)


def test_files_of_spreadsheets_are_read() -> None:
    written = (
        "\ufeffkey;title;queries;do;products;position\r\n"
        "tv;TV;exact: TV | contains: red tv;pin;7;1\r\n"
        ";;;;;\r\n"
        "tv;;;pin;8;2\r\n"
    )
    ((line, rule),) = rules_read(written)
    assert (line, len(rule.conditions.queries), len(rule.consequences)) == (2, 2, 2)


HEADER = "key,title,priority,queries,attributes,starts_at,do,products,position,factor,payload,slot"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a,A,high,,,,pin,1,1"], [(2, "priority", "'high' is no whole number.")]),
        (["a,A,,tv,,,pin,1,1"], [(2, "queries", "'tv' is not of the form exact: words.")]),
        (["a,A,,like: tv,,,pin,1,1"], [(2, "queries", "This is one of exact")]),
        (["a,A,,,shop,,pin,1,1"], [(2, "attributes", "'shop' is not of the form name=value.")]),
        (["a,A,,,,soon,pin,1,1"], [(2, "starts_at", "This is no date")]),
        (["a,A,5000,,,,pin,1,1"], [(2, "priority", "There must be a whole number")]),
        (["a,A,,,,,pin,1,1", "a,,,,,,boost,1,,900"], [(3, "factor", "There must be a whole")]),
        (["a,A,,,,,pin,1,1", "a,,,,,,pin,2,1"], [(3, "do", "This fills position 1")]),
        (["a,A,,,,,pin,,1"], [(2, "products", "There must be a text here.")]),
        (["a,A,,,,,pin,1 | 2,1"], [(2, "products", "There is no field products.")]),
        (["a,A,,,,,,1,1"], [(2, "do", "This is one of pin")]),
        (["a,A,,,,,banner,,,,{,top"], [(2, "payload", "This is no JSON.")]),
        (["a,A,,,,,pin,1,1", ",,,,,,pin,2,2"], [(3, "key", "Every line names its rule.")]),
        (
            ["a,A,,,,,pin,1,1", "b,B,,,,,pin,1,1", "a,A,,,,,pin,1,2"],
            [(4, "key", "The rule 'a' stands on line 2 already.")],
        ),
        (
            ["a,A,,,,,pin,1,1", "a,B,,,,,pin,2,2"],
            [(3, "title", "This stands on the rule's first line only.")],
        ),
        (["Big,A,,,,,pin,1,1"], [(2, "key", "This has small letters")]),
        (
            ["a,,,,,,pin,1,1", "b,B,x,,,,pin,1,1"],
            [(2, "title", "There must be a text"), (3, "priority", "'x' is no")],
        ),
        (["a,A,,,,,pin,1,1,,,,,"], [(2, "", "There are 14 cells for 12 columns.")]),
        (['a,"A'], [(2, "", "This is no CSV")]),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(
    lines: list[str], expected: list[tuple[int, str, str]]
) -> None:
    with pytest.raises(RulesFileInvalid) as refused:
        rules_read("\n".join([HEADER, *lines]))
    found = refused.value.errors
    assert [(each.line, each.column) for each in found] == [each[:2] for each in expected]
    assert all(
        each.message.startswith(told) for each, (_l, _c, told) in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize(
    ("header", "column", "told"),
    [
        ("key,title,do,colour", "colour", "no column"),
        ("key,title,do,key", "key", "twice"),
        ("key,do", "title", "missing"),
        ("", "key", "missing"),
    ],
)
def test_the_header_is_checked(header: str, column: str, told: str) -> None:
    with pytest.raises(RulesFileInvalid) as refused:
        rules_read(header)
    (error,) = refused.value.errors
    assert (error.line, error.column) == (1, column)
    assert told in error.message


def test_a_rule_without_consequences_is_told_at_its_line() -> None:
    many = "\n".join(["key,title,do", *["a,A,pin"] * 250])
    with pytest.raises(RulesFileInvalid) as refused:
        rules_read(many)
    assert refused.value.errors == (RuleImportError(2, "do", "There may be at most 200."),)


def test_files_are_bounded_and_so_are_their_errors() -> None:
    bad = "\n".join(["key,title,do", *[f"r-{n},A,fly" for n in range(300)]])
    with pytest.raises(RulesFileInvalid) as refused:
        rules_read(bad)
    assert len(refused.value.errors) == 100
    endless = "key,title,do\n" + "\n" * MOST_LINES + "a,A,pin\n"
    with pytest.raises(RulesFileInvalid, match="1 error"):
        rules_read(endless)


def test_every_column_is_one_of_a_rule() -> None:
    assert len(set(COLUMNS)) == len(COLUMNS)


def entries() -> tuple[SynonymEntry, ...]:
    return entries_parse([
        {"kind": "two_way", "terms": ["sofa", "couch"]},
        {"kind": "one_way", "from": "notebook", "terms": ["laptop", "ultra book"]},
    ])  # fmt: skip


def test_synonyms_come_back() -> None:
    written = synonyms_csv(entries())
    assert written == (
        "kind,from,terms\ntwo_way,,sofa | couch\none_way,notebook,laptop | ultra book\n"
    )
    assert entries_parse(synonyms_csv_read(written)) == entries()


@pytest.mark.parametrize(
    ("lines", "line", "told"),
    [
        (["two_way,,sofa"], 2, "A two-way entry needs two different terms."),
        (["two_way,,a | b", "", "two_way,,a | b"], 4, "Says the same as line 2."),
        (["three_way,,a | b"], 2, "Its kind is two_way or one_way."),
    ],
)
def test_what_is_wrong_in_synonyms_is_told_with_its_line(
    lines: list[str], line: int, told: str
) -> None:
    with pytest.raises(RulesFileInvalid) as refused:
        synonyms_csv_read("\n".join(["kind,from,terms", *lines]))
    assert refused.value.errors == (RuleImportError(line, "", told),)
