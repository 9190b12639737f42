"""Exports that people open in spreadsheets run nothing, and come back exactly."""

from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.spreadsheet import FORMULAS, formula_guarded, formula_unguarded
from apps.explainability.contracts.judged import Rating
from apps.explainability.domain.judgement_csv import RatingsReader, rows_written

TEXTS = st.text(st.sampled_from("=+-@\t\r'ab ,\""), max_size=6)
STORED = TEXTS.filter(lambda text: text.strip() != "" and text.rstrip() == text).filter(
    lambda text: text[0] != " "
)


@given(TEXTS)
def test_a_guard_comes_off_exactly(text: str) -> None:
    guarded = formula_guarded(text)
    assert not guarded.startswith(FORMULAS)
    assert formula_unguarded(guarded) == text


@given(STORED, STORED, STORED)
def test_a_round_trip_is_exact(query: str, product_id: str, rater: str) -> None:
    rating = Rating(query, product_id, 2, rater)
    lines = [*rows_written([rating], raters=True)]
    assert [*RatingsReader(lines, top=3).ratings()] == [rating]


def test_what_shoppers_type_is_guarded() -> None:
    written = [*rows_written({'=HYPERLINK("x")': {"-1": 2}, "'=1": {"a": 0}, "'n": {"b": 1}})]
    assert written[1:] == ['"\'=HYPERLINK(""x"")",\'-1,2\n', "''=1,a,0\n", "'n,b,1\n"]
