"""Under which name an answer is kept: everything that it depends on, nothing of who asks."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields

import msgspec

from apps.catalog.contracts import FilterSet
from apps.search.contracts import SearchRequest
from apps.search.domain.normalise import normalise

PREFIX = "search:"
# Fields of a request that belong to its asker, its log or its experiments. Whatever else a
# request says, also what is added to it later, is part of the name.
OWN_FIELDS = frozenset(
    {
        "query",
        "filters",
        "filters_asked",
        "attributes",
        "asker",
        "degraded",
        "logged",
        "experimented",
        "qa",
        "sticky",
        "stored",
        "query_id",
        "weights_override",
        "follows",
    }
)
_SHARED = tuple(each.name for each in fields(SearchRequest) if each.name not in OWN_FIELDS)
_DIGEST_BYTES = 16
_encode = msgspec.msgpack.Encoder().encode


def request_is_shared(request: SearchRequest) -> bool:
    """Whether others who ask the same may get the same answer.

    Not one that QA or a preview forced, and not an earlier answer given once more.
    """
    return not request.qa and request.weights_override is None and request.query_id is None


def answer_key(
    *,
    request: SearchRequest,
    kind: str,
    in_force: str,
    acting: str,
    seed: int,
    asked: bytes = b"",
) -> str:
    """The Redis key of an answer.

    Args:
        request: normalised here: spellings of one query and orders of one filter are one.
        kind: of what is kept (an API's body, a page's answer).
        in_force: name of every version that answers depend on.
        acting: name of the experiments' variants that act on the request.
        seed: of an interleaved draft, which is one shopper's own; 0 for none.
        asked: `request_packed(request)`, where it is known already.
    """
    packed = _encode((kind, in_force, acting, str(seed))) + (asked or request_packed(request))
    return PREFIX + hashlib.blake2b(packed, digest_size=_DIGEST_BYTES).hexdigest()


def request_packed(request: SearchRequest) -> bytes:
    """What a request asks for, whoever asks: its part of the key."""
    return _encode(
        (
            normalise(request.query),
            _filters(request.filters),
            sorted((field, sorted({*values})) for field, values in request.filters_asked.items()),
            [getattr(request, name) for name in _SHARED],
        )
    )


def digest_of(parts: object) -> str:
    """A short name for anything that msgspec can encode."""
    packed = msgspec.msgpack.encode(parts, order="deterministic")
    return hashlib.blake2b(packed, digest_size=_DIGEST_BYTES).hexdigest()


def _filters(filters: FilterSet) -> list[object]:
    return [
        sorted(filters.categories),
        sorted(filters.brands),
        filters.price_min,
        filters.price_max,
        sorted(filters.availabilities),
        _attributes(filters.attributes),
    ]


def _attributes(attributes: Mapping[str, object]) -> list[tuple[str, str]]:
    return sorted(
        (key, repr(sorted(wanted) if isinstance(wanted, tuple) else wanted))
        for key, wanted in attributes.items()
    )
