"""QA tokens: a signed leave to see one variant until a moment, whatever hashing says.

`<claim>.<signature>`: the claim is base64url of JSON `[experiment, variant, seconds since
1970]`, the signature HMAC-SHA-256 over it, 16 bytes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.serving import QaOverride
from apps.experiments.domain.serving.signing import SignatureWrong, claim_open, claim_seal

_PURPOSE = b"endcap:experiments:qa"


class QaTokenInvalid(ValueError):
    """Forged, torn or expired; the message says which."""


def qa_token_make(*, secret: bytes, override: QaOverride) -> str:
    """The token of an override."""
    until = int(override.expires_at.timestamp())
    claim: list[Json] = [override.experiment, override.variant, until]
    return claim_seal(secret, _PURPOSE, claim)


def qa_token_read(*, secrets: Sequence[bytes], token: str, as_of: datetime) -> QaOverride:
    """The override of a token, signed with any of the secrets.

    Raises:
        QaTokenInvalid: forged, torn or expired.
    """
    try:
        claim = claim_open(secrets, _PURPOSE, token)
    except SignatureWrong as error:
        raise QaTokenInvalid("The QA token is not one of ours.") from error
    match claim:
        case [str(experiment), str(variant), int(seconds)]:
            override = QaOverride(experiment, variant, datetime.fromtimestamp(seconds, UTC))
        case _:
            raise QaTokenInvalid("The QA token cannot be read.")
    if override.expires_at <= as_of:
        raise QaTokenInvalid(f"The QA token ended at {override.expires_at.isoformat()}.")
    return override
