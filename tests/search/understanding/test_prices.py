import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.domain.filters import range_parse
from apps.search.domain.normalise import normalise
from apps.search.domain.understanding.prices import amount, price_read


@pytest.mark.parametrize(
    ("query", "value", "rest"),
    [
        ("laptop under 500", "..500", "laptop"),
        ("laptop under €500", "..500", "laptop"),
        ("under 50", "..50", ""),
        ("headphones below 99.99 eur", "..99.99", "headphones"),
        ("headphones less than 1,000 dollars wireless", "..1000", "headphones wireless"),
        ("tv cheaper than 1.000 euro", "..1000", "tv"),
        ("mouse <20", "..20", "mouse"),
        ("mouse max 20€", "..20", "mouse"),
        ("mouse up to $20", "..20", "mouse"),
        ("desk over 100 eur", "100..", "desk"),
        ("desk price above 100", "100..", "desk"),
        ("price under 30 lamp", "..30", "lamp"),
        ("lamp for under 30", "..30", "lamp"),
        ("50-100 eur headphones", "50..100", "headphones"),
        ("headphones $50-$100", "50..100", "headphones"),
        ("headphones from 50 to 100", "50..100", "headphones"),
        ("headphones between 100 and 50", "50..100", "headphones"),
        ("shoes 20 to 40 dollars", "20..40", "shoes"),
        ("shoes price 20-40", "20..40", "shoes"),
        ("shoes between £9,50 and £12", "9.50..12", "shoes"),
        ("gifts from $25", "25..", "gifts"),
    ],
)
def test_prices(query: str, value: str, rest: str) -> None:
    found = price_read(normalise(query))
    assert found is not None
    assert (found.value, found.rest) == (value, rest)
    assert range_parse(found.value) is not None


@pytest.mark.parametrize(
    "query",
    [
        "laptop", "iphone 11", "windows 10", "under desk heater", "usb 3.0", "500", "50 eur",
        "desk under 50 cm", "tv under 40 inch", 'tv under 40"', "puzzle from 500 to 1000 pieces",
        "iphone 12 pro max 128", "iphone 12 pro max 128gb", "toys over 3", "24-70 mm lens",
        "lens 24-70", "books from 1990 to 2000", "shoes size from 36 to 40", "game from 2 to 4 players",
        "under 0", "hdmi 2 to 1 switch", "under 18 years", "ages between 3 and 6", "0 to 0 eur",
        "iphone under 5g", "dvd+r 4.7", "from 10", "ip 192.168.0.1 to 192.168.0.9", "under 50%",
        "between 3 to 6",
    ],
)  # fmt: skip
def test_no_prices(query: str) -> None:
    assert price_read(normalise(query)) is None


def test_labels() -> None:
    texts = ("under 5", "from 10 to 20.50", "over 7 eur")
    found = [price_read(each) for each in texts]
    assert [each.label for each in found if each] == [
        "Price up to 5", "Price 10 to 20.50", "Price from 7",
    ]  # fmt: skip
    assert [each.text for each in found if each] == ["under 5", "from 10 to 20.50", "over 7 eur"]


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    normalised = normalise(text)
    found = price_read(normalised)
    if found is not None:
        assert found.text in normalised
        assert range_parse(found.value) is not None


@given(st.integers(1, 99_999_999))
def test_thousands(number: int) -> None:
    for mark in (",", "."):
        assert amount(f"{number:,}".replace(",", mark)) == number
    assert amount(f"{number}.5") == number + 0.5
    assert amount(f"{number},25") == number + 0.25
