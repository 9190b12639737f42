"""Words that are only mentioned."""

import pytest

from apps.search.contracts_understanding import QueryTerm
from apps.search.domain.lexical.matching import lexical_search
from apps.search.domain.lexical.queries import lexical_query
from apps.search.domain.mentioned import only_mentioned
from tests.search.lexical.products import ENGLISH, bound_by_pk, lexicon_of, product

PRODUCTS = (
    product(1, "Acme television", description="Plays Netflix in colour"),
    product(2, "Bolt charger", attributes="for Fruitphone 11"),
    product(3, "Bolt charger fast", part="FR-1211", description="for Fruitphone 12"),
    product(4, "Fruitphone case", description="protects"),
    product(5, "Corvid stand", brand="Netstand"),
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("netflix",), True),
        (("fruitphone", "11"), True),
        (("acme", "netflix"), True),
        (("fruitphone",), False),
        (("television",), False),
        (("netstand", "corvid"), False),
        (("nothing",), False),
    ],
)
def test_only_mentioned(words: tuple[str, ...], expected: bool) -> None:
    bound = bound_by_pk(lexicon_of(*PRODUCTS))
    query = lexical_query([QueryTerm(word) for word in words], (), ENGLISH)
    assert only_mentioned(lexical_search(bound, query, enough=1)) is expected


def test_a_part_number_is_a_name() -> None:
    bound = bound_by_pk(lexicon_of(*PRODUCTS))
    query = lexical_query([QueryTerm("fr-1211")], ("fr1211",), ENGLISH)
    assert not only_mentioned(lexical_search(bound, query, enough=1))


def test_the_last_of_many_is_called_so() -> None:
    many = [product(at, f"Thing {at}", description="netflix") for at in range(1, 100)]
    bound = bound_by_pk(lexicon_of(*many, product(100, "Netflix stick")))
    query = lexical_query([QueryTerm("netflix")], (), ENGLISH)
    assert not only_mentioned(lexical_search(bound, query, enough=1))
