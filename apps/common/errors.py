"""The one error type that services raise and edges render as `{code, message, extra}`."""

from collections.abc import Mapping
from typing import Any, ClassVar


class ApplicationError(Exception):
    """A refusal that its caller can act on.

    Attributes:
        code: stable, machine readable, `snake_case`.
        message: one sentence for a person.
        extra: what the caller needs to mend it (for bad input: `field`).
        status: the HTTP status an edge answers with.
    """

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.message = message
        self.extra: dict[str, Any] = dict(extra or {})


class InvalidInput(ApplicationError):
    """Bad input: names the field, and nothing of it was stored."""

    default_code = "invalid"

    def __init__(
        self, message: str, *, field: str, code: str | None = None, **extra: object
    ) -> None:
        super().__init__(message, code=code, extra={"field": field, **extra})


class NotAuthenticated(ApplicationError):
    status = 401
    default_code = "not_authenticated"


class Forbidden(ApplicationError):
    status = 403
    default_code = "forbidden"


class NotFound(ApplicationError):
    """Unknown or not for this caller: both answer identically."""

    status = 404
    default_code = "not_found"


class Conflict(ApplicationError):
    status = 409
    default_code = "conflict"


class TooLarge(ApplicationError):
    status = 413
    default_code = "too_large"


class RateLimited(ApplicationError):
    """Carries `retry_after_s` in extra; edges send it as Retry-After."""

    status = 429
    default_code = "rate_limited"


class Unavailable(ApplicationError):
    """Something this answer needs is down and there is no honest fallback."""

    status = 503
    default_code = "unavailable"
