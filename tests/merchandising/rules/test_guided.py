from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from apps.merchandising.contracts_rules import MerchandisingRule, RuleInvalid
from apps.merchandising.domain.rules.content import rule_content, rule_parse
from apps.merchandising.domain.rules.guided import (
    CellInvalid,
    cell_of_field,
    consequence_cells,
    consequence_content,
    payload_lines,
    payload_read,
)
from tests.merchandising.rules.strategies import rules, some

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(texts, inner, max_size=2)
    ),
    max_leaves=4,
)


@some
@example({'"': None, '"a': '"b'})
@example({"a\x85b": "c\u2028d", "e": "\x1cf\x0b", "\x1c": "g\r"})
@given(st.dictionaries(texts, values, max_size=4))
def test_a_payload_comes_back_from_its_lines(payload: dict[str, Any]) -> None:
    assert payload_read(payload_lines(payload)) == payload


def test_a_payload_is_easy_to_read() -> None:
    payload: dict[str, Any] = {
        "title": "Black Friday",
        "count": 3,
        "url": "https://x.example/a",
        "n": "3",
    }
    assert payload_lines(payload) == (
        'title: Black Friday\ncount: 3\nurl: "https://x.example/a"\nn: "3"'
    )
    typed = "\ntitle: Black Friday\n  url: https://x.example/a\n"
    assert payload_read(typed) == {"title": "Black Friday", "url": "https://x.example/a"}


@pytest.mark.parametrize("line", ["title", '"title', '"title" x', "a: 1\na: 2"])
def test_lines_that_are_none_are_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"name: value|twice"):
        payload_read(line)


@some
@given(rules())
def test_consequences_come_back_from_their_cells(rule: MerchandisingRule) -> None:
    try:
        content: Any = rule_content(rule_parse(rule.key, 1, rule_content(rule)))
    except RuleInvalid:
        assume(False)
        raise
    back = [consequence_content(consequence_cells(each)) for each in content["consequences"]]
    assert rule_content(rule_parse(rule.key, 1, {**content, "consequences": back})) == content


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"do": "pin", "products": "1 | 2"}, "products"),
        ({"do": "hide", "others": "red"}, "others"),
        ({"do": "banner", "slot": "top", "payload": "x"}, "payload"),
    ],
)
def test_cells_that_cannot_be_read_are_named(cells: dict[str, Any], field: str) -> None:
    with pytest.raises(CellInvalid) as refused:
        consequence_content(cells)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        ("", "do"),
        ("product", "products"),
        ("products.2", "products"),
        ("factor", "factor"),
        ("filters", "brand"),
        ("filters.brand", "brand"),
        ("filters.brand.2", "brand"),
        ("filters.price", "price_from"),
        ("filters.attr.color", "others"),
    ],
)
def test_a_field_has_its_cell(path: str, cell: str) -> None:
    assert cell_of_field(path.split(".") if path else []) == cell
