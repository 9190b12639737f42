import pytest

from apps.search.contracts_understanding import QueryClass
from apps.search.domain.understanding.classes import Named, is_model, is_size, query_class

NAVIGATIONAL = QueryClass.NAVIGATIONAL
INFORMATIONAL = QueryClass.INFORMATIONAL
TRANSACTIONAL = QueryClass.TRANSACTIONAL


@pytest.mark.parametrize(
    ("query", "named", "expected", "signal"),
    [
        ("how to clean a keyboard", Named(), INFORMATIONAL, "asks 'how'"),
        ("best laptop", Named(category="laptop"), INFORMATIONAL, "compares 'best'"),
        ("samsung vs lg", Named(brand="samsung"), INFORMATIONAL, "compares 'vs'"),
        ("kindle review", Named(), INFORMATIONAL, "compares 'review'"),
        ("dv7-1211ea", Named(), NAVIGATIONAL, "model 'dv7-1211ea'"),
        ("canon ep65x", Named(brand="canon"), NAVIGATIONAL, "model 'ep65x'"),
        ("4549292", Named(), NAVIGATIONAL, "model '4549292'"),
        ("samsung", Named(brand="samsung", brand_alone=True), NAVIGATIONAL, "'samsung' alone"),
        ("buy dv7-1211ea", Named(), TRANSACTIONAL, "buys 'buy'"),
        ("cheap laptop", Named(category="laptop"), TRANSACTIONAL, "buys 'cheap'"),
        ("laptop", Named(price=True), TRANSACTIONAL, "a price"),
        ("usb stick 64gb", Named(), TRANSACTIONAL, "size '64gb'"),
        ("laptops", Named(category="laptops"), TRANSACTIONAL, "category 'laptops'"),
        ("surround sound", Named(), TRANSACTIONAL, "no other signal"),
        ("how", Named(), TRANSACTIONAL, "no other signal"),
        ("", Named(price=True), TRANSACTIONAL, "a price"),
    ],
)
def test_classes(query: str, named: Named, expected: QueryClass, signal: str) -> None:
    found, signals = query_class(tuple(query.split()), named)
    assert found is expected
    assert any(signal in each for each in signals)


def test_nothing_has_no_class() -> None:
    assert query_class((), Named()) == (None, ())


@pytest.mark.parametrize(
    "word", ["256gb", '15.6"', "2tb", "50cm", "1080p", "4k", "1st", "mouse", "12"]
)
def test_no_models(word: str) -> None:
    assert not is_model(word)


def test_sizes() -> None:
    assert is_size('15.6"')
    assert is_size("256gb")
    assert not is_size("ep65")
