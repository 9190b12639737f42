"""What was called fresh for one request holds for that request, and for its columns only."""

import pytest

from apps.search.selectors.seen import catalogue_seen, columns_are_seen, columns_saw
from tests.features.catalogue import columns_of, product_row


def test_what_was_seen_is_known_only_while_it_lasts() -> None:
    columns = columns_of(product_row(1))
    assert not columns_are_seen(columns)
    with catalogue_seen(columns):
        assert columns_are_seen(columns)
        # The same contents read at another time are other columns.
        assert not columns_are_seen(columns_of(product_row(1)))
    assert not columns_are_seen(columns)


def test_it_ends_also_with_an_error() -> None:
    columns = columns_of(product_row(1))
    with pytest.raises(ValueError, match="broken"), catalogue_seen(columns):
        raise ValueError("broken")
    assert not columns_are_seen(columns)


def test_nothing_seen_is_nothing_known() -> None:
    with catalogue_seen(None):
        assert not columns_are_seen(columns_of(product_row(1)))


def test_what_is_seen_within_an_answer_is_forgotten_with_it() -> None:
    columns = columns_of(product_row(1))
    columns_saw(columns)
    assert not columns_are_seen(columns)
    with catalogue_seen(None):
        assert not columns_are_seen(columns)
        columns_saw(columns)
        assert columns_are_seen(columns)
    assert not columns_are_seen(columns)
