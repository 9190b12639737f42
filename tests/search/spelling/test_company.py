import pytest

from apps.search.domain.lexical.analysis import Analysis
from apps.search.domain.lexical.building import index_build
from apps.search.domain.lexical.documents import ProductText
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.spelling.company import MOST_TITLES, title_company

_TITLES = (
    ("wireless mouse", "silent mode"),
    ("mouse with wireless link", ""),
    ("wireless keyboard", "a mouse mode"),
    ("silent mode switch", "wireless"),
)


def _lexicon(titles: tuple[tuple[str, str], ...]) -> Lexicon:
    products = [
        ProductText(pk, (title, "", "", "", "", description))
        for pk, (title, description) in enumerate(titles, 1)
    ]
    analysis = Analysis("english", lambda word: word.removesuffix("s"), frozenset(("with",)))
    return Lexicon.of(index_build(products, analysis), analysis)


@pytest.mark.parametrize(
    ("word", "other", "share"),
    [
        ("mouse", "wireless", 2 / 3),
        ("mode", "wireless", 0.0),
        ("keyboards", "wireless", 1 / 3),
        ("wireless", "mouse", 1.0),
        ("unheard", "wireless", 0.0),
        ("wireless", "unheard", 0.0),
        ("with", "wireless", 0.0),
    ],
)
def test_share_of_the_titles_that_hold_both(word: str, other: str, share: float) -> None:
    assert title_company(_lexicon(_TITLES))(word, other) == pytest.approx(share)


def test_many_titles_are_sampled_evenly() -> None:
    titles = tuple(
        ("wireless mouse" if at % 7 else "wireless", "") for at in range(2 * MOST_TITLES + 5)
    )
    assert title_company(_lexicon(titles))("mouse", "wireless") == pytest.approx(6 / 7, abs=0.01)
