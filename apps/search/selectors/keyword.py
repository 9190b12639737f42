"""The one keyword statement: all terms, any term when too few, part numbers, and staleness.

It answers every match, not a first page: as arrays of bytes, so that facets can be counted
over all of them in memory. No filter is in it, so that a filter never changes what matches.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from apps.catalog.selectors import staleness_sql
from apps.search.contracts_understanding import QueryTerm, Understanding
from apps.search.domain.keyword_list import KeywordMatches
from apps.search.domain.normalise import pieces
from apps.search.selectors.statements import row_fetch

Parameter = str | int | list[str]
Parameters = dict[str, Parameter]
_IDS = "string_agg(int4send(id), ''::bytea) AS ids"
_AGGREGATES = f"{_IDS}, string_agg(float4send(rank), ''::bytea) AS ranks"
_NONE = "SELECT NULL::bytea AS ids, NULL::bytea AS ranks"
_WORDS = "plainto_tsquery('endcap', %s)"
_PHRASE = "phraseto_tsquery('endcap', %s)"
_FOUND = """
    SELECT id, {rank}(search_vector, {query}, {length}) AS rank
    FROM catalog_product WHERE active AND search_vector @@ {query}
"""
_PARTS = f"SELECT {_IDS} FROM catalog_product WHERE active AND mpn_normalised = ANY(%s)"
# Ranks over 1 + log(length of the text): long texts hold more words by chance.
_BY_LENGTH = 1
_FEWEST_RELAXED_CHARACTERS = 2


@dataclass(frozen=True, slots=True)
class _Expression:
    """A tsquery as SQL with its bound parameters."""

    sql: str
    parameters: tuple[str, ...]


def keyword_matches(
    understanding: Understanding, horizon: int, meanwhile: Callable[[], object] = lambda: None
) -> KeywordMatches:
    """Every active product that the query's words find, and the catalogue's fingerprint.

    Args:
        understanding: without terms only the fingerprint is read.
        horizon: of the columns at hand; what changed after it makes them stale.
        meanwhile: work that needs no database; it is done while PostgreSQL answers.

    Raises:
        OperationalError: PostgreSQL did not answer.
    """
    sql, parameters = keyword_statement(understanding, horizon)
    row = row_fetch(sql, parameters, meanwhile)
    return KeywordMatches(
        strict_pks=_integers(row[0]),
        strict_ranks=_floats(row[1]),
        relaxed_pks=_integers(row[2]),
        relaxed_ranks=_floats(row[3]),
        part_pks=_integers(row[4]),
        fingerprint=(row[5] or b"").decode(),
    )


def keyword_statement(understanding: Understanding, horizon: int) -> tuple[str, Parameters]:
    """The statement and its parameters (also for EXPLAIN and the benchmark)."""
    bound = _Bound()
    strict, relaxed, parts = f"({_NONE})", f"({_NONE})", "(SELECT NULL::bytea AS ids)"
    head = ""
    if understanding.terms:
        every, anything = _every(understanding.terms), _any(understanding.terms)
        rank = "ts_rank_cd" if len(understanding.terms) > 1 else "ts_rank"
        found = _FOUND.format(rank=rank, query=bound.named(every), length=_BY_LENGTH)
        head = f"WITH strict AS MATERIALIZED ({found})"
        strict = f"(SELECT {_AGGREGATES} FROM strict)"
        if len(anything.parameters) > 1:
            below = bound.value(settings.KEYWORD_RELAX_BELOW)
            found = _FOUND.format(rank="ts_rank", query=bound.named(anything), length=_BY_LENGTH)
            relaxed = (
                f"(SELECT {_AGGREGATES} FROM ({found} "
                f"AND (SELECT count(*) FROM strict) < {below}) AS any_term)"
            )
    if understanding.part_numbers:
        parts = f"({_PARTS.replace('%s', bound.value(list(understanding.part_numbers)))})"
    bound.parameters["horizon"] = horizon
    sql = (
        f"{head} SELECT s.ids, s.ranks, r.ids, r.ranks, p.ids, ({staleness_sql()}) "
        f"FROM {strict} AS s, {relaxed} AS r, {parts} AS p"
    )
    return sql, bound.parameters


class _Bound:
    """Collects named parameters, so that an expression may stand twice and be sent once."""

    def __init__(self) -> None:
        self.parameters: Parameters = {}

    def value(self, value: Parameter) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"

    def named(self, expression: _Expression) -> str:
        parts = expression.sql.split("%s")
        names = [self.value(each) for each in expression.parameters]
        return "".join(a + b for a, b in zip(parts, (*names, ""), strict=True))


def _every(terms: tuple[QueryTerm, ...]) -> _Expression:
    """Each term, or one of its alternatives, for all terms."""
    groups = [" || ".join((_WORDS, *(_PHRASE for _ in term.alternatives))) for term in terms]
    parameters = tuple(text for term in terms for text in _texts(term))
    return _Expression("(" + " && ".join(f"({group})" for group in groups) + ")", parameters)


def _texts(term: QueryTerm) -> tuple[str, ...]:
    return (term.text, *(other.text for other in term.alternatives))


def _any(terms: tuple[QueryTerm, ...]) -> _Expression:
    """Any piece of any term, or any alternative."""
    found: dict[tuple[str, str], None] = {}
    for term in terms:
        for word in term.text.split():
            for piece in (word, *pieces(word)):
                if len(piece) >= _FEWEST_RELAXED_CHARACTERS:
                    found[_WORDS, piece] = None
        found.update(dict.fromkeys((_PHRASE, other.text) for other in term.alternatives))
    sql = " || ".join(function for function, _ in found)
    return _Expression(f"({sql})", tuple(text for _, text in found))


def _integers(raw: bytes | None) -> NDArray[np.int32]:
    return np.frombuffer(raw or b"", dtype=">i4").astype(np.int32)


def _floats(raw: bytes | None) -> NDArray[np.float32]:
    return np.frombuffer(raw or b"", dtype=">f4").astype(np.float32)
