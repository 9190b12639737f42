"""Terms, narrowing, evidence and marks, without a database."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.contracts import FilterSet, ProductDocument
from apps.merchandising.contracts import TermGroup
from apps.ranking.contracts import Candidates, WordMatch
from apps.search.contracts_understanding import (
    ALTERNATIVE_WEIGHTS,
    UNREAD,
    Alternative,
    AlternativeKind,
    Correction,
    Extraction,
    ExtractionUse,
    QueryClass,
    QueryTerm,
    Understanding,
)
from apps.search.domain.spelling.compounds import Regrouped
from apps.search.domain.understanding.evidence import word_matches
from apps.search.domain.understanding.marks import understanding_marks
from apps.search.domain.understanding.narrowing import (
    BOOST,
    all_softened,
    detected_only,
    filters_any,
    filters_of,
    filters_with,
    labels_of,
    lift_of,
)
from apps.search.domain.understanding.terms import terms_of

SYNONYM, ABBREVIATION = AlternativeKind.SYNONYM, AlternativeKind.ABBREVIATION
FILTER, BOOSTS = ExtractionUse.FILTER, ExtractionUse.BOOST
RED = Extraction("attr.color", "red", "red", BOOSTS, "Color: red")
BLUE = Extraction("attr.color", "blue", "blue", BOOSTS, "Color: blue")
MICE = Extraction("category", "electronics/mice", "mouse", FILTER, "Category: Mice")
CHEAP = Extraction("price", "..5", "under 5", FILTER, "Price up to 5")
DOCUMENT = ProductDocument(
    product_id="p", title="Corner sofa-bed USB-C", description="", brand="Acme",
    category_path="home/living-room", price=Decimal(1), sale_price=None, currency="EUR",
    availability="in_stock", image_link="", link="",
    attributes={"color": ("Navy", "Red"), "style": "modern", "seats": 3.0},
    item_group_id="", released_at=None,
)  # fmt: skip


def term(text: str, *others: tuple[str, AlternativeKind]) -> QueryTerm:
    return QueryTerm(text, tuple(Alternative.of(other, kind) for other, kind in others))


def stem(word: str) -> str:
    return word.lower().removesuffix("s")


def test_terms_gather_what_may_stand_for_them() -> None:
    words = ("tv", "head", "phones", "couch")
    groups = (
        TermGroup(0, 1, ("telly",), ("television", "telly")), TermGroup(1, 2, ()),
        TermGroup(2, 3, ()), TermGroup(3, 4, ("sofa",)),
    )  # fmt: skip
    spaced = (
        Regrouped(1, 3, "headphones", AlternativeKind.JOINED),
        Regrouped(2, 4, "phonescouch", AlternativeKind.JOINED),
        Regrouped(3, 4, "cou ch", AlternativeKind.SPLIT),
    )
    assert terms_of(words, groups, spaced) == (
        term("tv", ("telly", SYNONYM), ("television", ABBREVIATION)),
        term("head phones", ("headphones", AlternativeKind.JOINED)),
        term("couch", ("sofa", SYNONYM), ("cou ch", AlternativeKind.SPLIT)),
    )
    assert terms_of(("x",), (TermGroup(0, 1, ("x",)),)) == (QueryTerm("x"),)
    assert terms_of((), ()) == ()
    assert ALTERNATIVE_WEIGHTS[SYNONYM] == 0.8


def test_the_weightiest_that_is_held_is_told() -> None:
    terms = (
        term("couch", ("settee", SYNONYM), ("sofa", SYNONYM)),
        term("corner", ("angle", SYNONYM)),
        term("acm", ("acme", AlternativeKind.CORRECTION)),
        term("usbc", ("usb c", AlternativeKind.SPLIT)),
        term("rouge", ("red", SYNONYM), ("navy", ABBREVIATION)),
        term("now", ("modern", SYNONYM)),
        term("salon", ("living room", SYNONYM)),
        term("nothing", ("at all", SYNONYM), ("!", SYNONYM)),
        QueryTerm("plain"),
    )
    assert word_matches(terms, DOCUMENT, stem) == (
        WordMatch("couch", "sofa", "synonym", 0.8),
        WordMatch("acm", "acme", "correction", 0.8),
        WordMatch("rouge", "navy", "abbreviation", 0.9),
        WordMatch("now", "modern", "synonym", 0.8),
        WordMatch("salon", "living room", "synonym", 0.8),
    )
    assert word_matches((QueryTerm("plain"),), DOCUMENT, stem) == ()


def test_extractions_become_filters_beside_the_shoppers_own() -> None:
    read = filters_of((RED, MICE, CHEAP), FILTER)
    assert read == FilterSet(categories=("electronics/mice",), price_max=5.0)
    own = FilterSet(brands=("Acme",), price_min=7.0)
    assert filters_with(own, read) == FilterSet(
        categories=("electronics/mice",), brands=("Acme",), price_min=7.0
    )
    boosts = filters_of((RED, BLUE), BOOSTS)
    assert boosts.attributes == {"color": ("red", "blue")}
    assert filters_with(FilterSet(), read).price_max == 5.0


def test_filters_soften() -> None:
    assert filters_any((RED, CHEAP))
    assert not filters_any(all_softened((RED, CHEAP, MICE)))
    assert detected_only((MICE, CHEAP), "electronics/mice/wireless") == (MICE, CHEAP)
    assert detected_only((MICE, CHEAP), None) == (MICE.softened(), CHEAP)
    assert detected_only((MICE,), "electronics/micex") == (MICE.softened(),)
    assert labels_of((RED, BLUE, CHEAP)) == {"attr.color": "Color: red or Color: blue"}


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20), st.integers(0, 2**20))
def test_a_lift_keeps_scores_a_share_and_its_parts_sum_up(scores: list[float], seed: int) -> None:
    size = len(scores)
    generator = np.random.default_rng(seed)
    rows = generator.permutation(size * 2)[:size].astype(np.int32)
    masks = {name: generator.random(size * 2) < 0.5 for name in ("brand", "price")}
    nothing, nowhere = np.full(size, np.nan, np.float32), np.zeros(size, np.int32)
    found = Candidates(
        rows, nothing, nowhere, nothing, nowhere, np.array(scores, dtype=np.float32)
    )
    lift = lift_of(found, masks, {"brand": "Brand: X", "price": "Price up to 5"})
    lifted = lift.scores()
    assert ((lifted >= 0) & (lifted <= 1 + 1e-6)).all()
    for candidate in range(size):
        base, boosts = lift.parts(candidate)
        assert base + sum(one.added for one in boosts) == pytest.approx(
            float(lifted[candidate]), abs=1e-6
        )
        met = [name for name in masks if masks[name][rows[candidate]]]
        assert len(boosts) == len(met)
    assert lift.scale == 1.0 + 2 * BOOST


def test_marks_are_what_is_counted() -> None:
    assert understanding_marks(UNREAD) == ()
    read = Understanding(
        "couche", "couch", ("couch",), (term("couch", ("sofa", SYNONYM)),),
        correction=Correction("couche", "couch", ()),
        query_class=QueryClass.TRANSACTIONAL,
        extracted=(RED, CHEAP),
    )  # fmt: skip
    assert understanding_marks(read) == (
        ("class", "transactional"), ("correction",), ("expansion", "synonym"),
        ("extraction", "attribute", "boost"), ("extraction", "price", "filter"),
    )  # fmt: skip
    assert read.alternatives(SYNONYM) == (("couch", "sofa"),)
    assert replace(read, terms=()).alternatives(SYNONYM) == ()
