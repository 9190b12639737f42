"""The answer's bytes from two parts: what it says to this request, and what it says to all.

The second part comes out of the cache as the bytes that go out: it is neither decoded nor
encoded.
"""

import msgspec

from apps.search.api.documents import answer_document
from apps.search.contracts import SearchAnswer
from apps.search.domain.kept import Frame
from apps.search.services.serving import Served

# What `Frame` says; everything else of the document is shared.
OWN_NAMES = frozenset({"query", "query_id", "took_ms", "experiments", "degraded", "sticky"})
_encode = msgspec.json.Encoder().encode


class ApiPacking:
    """The members of the answer's JSON object that are not one request's own, without braces."""

    kind = "api"

    def pack(self, answer: SearchAnswer) -> bytes:
        document = answer_document(answer)
        shared = {name: value for name, value in document.items() if name not in OWN_NAMES}
        return _encode(shared)[1:-1]


API = ApiPacking()


def served_bytes(served: Served) -> bytes:
    """The JSON of an answer."""
    body = served.body
    if not body and served.answer is not None:
        body = API.pack(served.answer)
    return b"".join((_encode(_own(served.frame))[:-1], b",", body, b"}"))


def _own(frame: Frame) -> dict[str, object]:
    own: dict[str, object] = {
        "query": frame.query,
        "query_id": frame.query_id,
        "took_ms": frame.took_ms,
        "experiments": frame.experiments,
        "degraded": frame.degraded,
    }
    if frame.sticky:
        own["sticky"] = frame.sticky
    return own
