"""API keys: `prefix.secret`, how they are made, read, hashed and compared."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

PUBLIC_MARK = "pk"
SECRET_MARK = "sk"  # noqa: S105 - the mark that says "secret key", no secret itself
SECRET_BYTES = 32
LONGEST_KEY = 200
_KEY = re.compile(r"((?:pk|sk)_[a-z0-9]{12})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class KeyParts:
    """A well-formed key, taken apart.

    Attributes:
        prefix: `pk_…` (public) or `sk_…` (secret), stored and shown as it is.
        secret: 43 characters, base64url of 256 random bits; never stored.
    """

    prefix: str
    secret: str = field(repr=False)

    @property
    def public(self) -> bool:
        """Whether it says that it is a storefront key."""
        return self.prefix.startswith(PUBLIC_MARK)

    def joined(self) -> str:
        """The key as a caller sends it."""
        return f"{self.prefix}.{self.secret}"


def key_new(*, public: bool) -> KeyParts:
    """A fresh key: 60 bits of prefix to find it by, 256 random bits of secret."""
    mark = PUBLIC_MARK if public else SECRET_MARK
    prefix = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:12]
    secret = base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")
    return KeyParts(f"{mark}_{prefix}", secret)


def key_parse(raw: str) -> KeyParts | None:
    """The parts of a well-formed key; None for anything else, however strange."""
    if len(raw) > LONGEST_KEY:
        return None
    found = _KEY.fullmatch(raw)
    return KeyParts(found[1], found[2]) if found else None


def secret_hash(secret: str) -> bytes:
    """SHA-256 of the secret, 32 bytes: all that is stored of it.

    A fast hash is right here. Slow, salted ones (argon2, PBKDF2) protect what people choose,
    which can be guessed from a list; 256 random bits cannot be, at any speed, and every
    request would pay tens of milliseconds for nothing. A salt would only stop tables
    computed in advance, which cannot exist for 2^256 inputs.

    Source: OWASP Password Storage and REST Security cheat sheets; NIST SP 800-63B 5.1.2
    (look-up secrets of at least 112 bits need only an approved one-way function).
    """
    return hashlib.sha256(secret.encode()).digest()


def secret_matches(secret: str, stored: bytes) -> bool:
    """Compare in constant time: how long a refusal takes says nothing about the hash."""
    return hmac.compare_digest(secret_hash(secret), stored)
