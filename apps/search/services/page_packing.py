"""Answers as pages keep them: whole objects, for templates read their attributes."""

from dataclasses import replace
from uuid import UUID

import msgspec

from apps.search.contracts import SearchAnswer
from apps.search.domain.kept import Frame

_NOBODY = UUID(int=0)
_DECODER = msgspec.msgpack.Decoder(SearchAnswer)


class PagePacking:
    """msgpack of the answer without what belongs to one request."""

    kind = "page"

    def pack(self, answer: SearchAnswer) -> bytes:
        shared = replace(
            answer,
            query="",
            query_id=_NOBODY,
            took_ms=0.0,
            experiments=(),
            degraded=(),
            sticky="",
        )
        return msgspec.msgpack.encode(shared)

    def unpack(self, body: bytes, frame: Frame) -> SearchAnswer:
        return replace(
            _DECODER.decode(body),
            query=frame.query,
            query_id=frame.query_id,
            took_ms=frame.took_ms,
            experiments=frame.experiments,
            degraded=frame.degraded,
            sticky=frame.sticky,
        )


PAGES = PagePacking()
