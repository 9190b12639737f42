"""Reading the explain and debug routes' own parameters; search's are read by search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.search.contracts import (
    DEEPEST_HIT,
    ParameterInvalid,
    ParameterUnknown,
    SearchRequest,
)
from apps.search.domain.parameters import request_parse

MOST_QUERIES = 20
_MOST_ID_CHARACTERS = 200
Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ExplainAsked:
    """One question.

    Attributes:
        product_id: whose verdict is asked for.
        request: the hypothetical search; None: a past answer is meant.
        query_id: of that.
        rank: to which the product should rise; None: onto the asked page.
    """

    product_id: str
    request: SearchRequest | None
    query_id: UUID | None
    rank: int | None


def explain_parse(parameters: Lists) -> ExplainAsked:
    """What the explain route is asked.

    Raises:
        ParameterInvalid, ParameterUnknown: naming the parameter.
    """
    own = {name: _single(parameters, name) for name in ("product_id", "query_id", "rank")}
    rest = {name: values for name, values in parameters.items() if name not in own}
    product_id = own["product_id"]
    if product_id is None:
        raise ParameterInvalid("product_id", "Say which product: product_id is missing.")
    product_id_check(product_id)
    if own["query_id"] is not None:
        for name in (*rest, *(["rank"] if own["rank"] is not None else [])):
            raise ParameterUnknown(
                name, f"A past answer (query_id) is explained as it was: it takes no {name!r}."
            )
        return ExplainAsked(product_id, None, _uuid(own["query_id"]), None)
    if "q" not in rest:
        raise ParameterInvalid("q", "Say which search: q (empty browses), or query_id.")
    return ExplainAsked(product_id, request_parse(rest), None, _rank(own["rank"]))


def debug_parse(parameters: Lists) -> tuple[SearchRequest, ...]:
    """The searches that the debug route is asked about, each query once.

    Raises:
        ParameterInvalid, ParameterUnknown: naming the parameter.
    """
    queries = tuple(dict.fromkeys(parameters.get("q", ())))
    if not queries:
        raise ParameterInvalid("q", "Say which searches: q, repeated for several.")
    if len(queries) > MOST_QUERIES:
        raise ParameterInvalid("q", f"q is taken at most {MOST_QUERIES} times.")
    rest = {name: values for name, values in parameters.items() if name != "q"}
    return tuple(request_parse({**rest, "q": [query]}) for query in queries)


def product_id_check(text: str) -> None:
    """Refuse what no product can be called.

    Raises:
        ParameterInvalid: empty, too long, or with a NUL.
    """
    if not text or len(text) > _MOST_ID_CHARACTERS or "\x00" in text:
        raise ParameterInvalid(
            "product_id", f"product_id takes 1 to {_MOST_ID_CHARACTERS} characters."
        )


def _single(parameters: Lists, name: str) -> str | None:
    values = parameters.get(name, ())
    if len(values) > 1:
        raise ParameterInvalid(name, f"{name} is given more than once.")
    return values[0] if values else None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ParameterInvalid("query_id", "query_id is the UUID that an answer said.") from None


def _rank(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= len(str(DEEPEST_HIT)):
        number = int(text)
        if 1 <= number <= DEEPEST_HIT:
            return number
    raise ParameterInvalid("rank", f"rank must be a whole number from 1 to {DEEPEST_HIT}.")
