"""The signature of a webhook: HMAC-SHA256 over the time and the very bytes of the body."""

import hashlib
import hmac


def signature_header(secret: str, *, timestamp: int, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>` under the secret.

    The time is signed too, so that a receiver can refuse an old request that is played again.

    Source: RFC 2104; the header's form is that of Stripe's webhooks.
    """
    return f"t={timestamp},v1={_digest(secret, timestamp, body)}"


def signature_valid(
    secret: str, header: str, body: bytes, *, now: float, tolerance_s: float = 300.0
) -> bool:
    """Whether a header signs this body, not longer ago than the tolerance in seconds."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    try:
        timestamp = int(parts["t"])
        given = parts["v1"]
    except (KeyError, ValueError):
        return False
    if abs(now - timestamp) > tolerance_s:
        return False
    wanted = _digest(secret, timestamp, body)
    return hmac.compare_digest(wanted.encode(), given.encode())


def _digest(secret: str, timestamp: int, body: bytes) -> str:
    signed = str(timestamp).encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
