"""The body of a hot route: JSON within a limit, or a refusal that says which."""

from typing import Any

import msgspec
from django.http import HttpRequest

from apps.common.errors import InvalidInput, TooLarge


def body_json(request: HttpRequest, *, most_bytes: int) -> Any:
    """The JSON of a body within the limit.

    Raises:
        TooLarge: over it.
        InvalidInput: not JSON.
    """
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdigit() or int(announced) > most_bytes:
        raise _too_large(most_bytes)
    body = request.body
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(
            "The body is not JSON that can be read.", field="body", code="malformed"
        ) from error


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(
        f"A request carries at most {most_bytes} bytes.",
        extra={"field": "body", "limit_bytes": most_bytes},
    )
