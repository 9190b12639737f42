"""Small signed claims that a caller carries for us: JSON and an HMAC, both in base64url."""

import base64
import binascii
import hmac
import json
from collections.abc import Sequence

from apps.experiments.contracts.assignment import Json

_SIGNATURE_BYTES = 16


class SignatureWrong(ValueError):
    """Not signed by us for this purpose, or torn on the way."""


def claim_seal(secret: bytes, purpose: bytes, claim: Json) -> str:
    """`base64url(JSON).base64url(HMAC-SHA-256, 16 bytes)`; the purpose keeps kinds apart."""
    body = _written(json.dumps(claim, separators=(",", ":")).encode())
    return f"{body}.{_written(_signature(secret, purpose, body))}"


def claim_open(secrets: Sequence[bytes], purpose: bytes, token: str) -> Json:
    """What was sealed with any of the secrets.

    Raises:
        SignatureWrong: it was not.
    """
    body, _, signature = token.partition(".")
    given = _read(signature)
    if not any(hmac.compare_digest(given, _signature(each, purpose, body)) for each in secrets):
        raise SignatureWrong("signature")
    claim: Json = json.loads(_read(body))
    return claim


def _signature(secret: bytes, purpose: bytes, body: str) -> bytes:
    message = purpose + b"\0" + body.encode("utf-8", "surrogatepass")
    return hmac.digest(secret, message, "sha256")[:_SIGNATURE_BYTES]


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureWrong("base64url") from error
