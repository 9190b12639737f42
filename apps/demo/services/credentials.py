"""The demo's logins and keys: random, kept in one file that only its owner may read."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from django.conf import settings

from apps.access.contracts import PUBLIC_SCOPES, Scope
from apps.access.domain.keys import key_new
from apps.access.services import api_key_ensure, groups_ensure, user_ensure

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "merchandiser": ("merchandiser",),
    "analyst": ("analyst",),
    "operator": ("operator",),
    "reviewer": ("merchandiser",),
    "admin": (),
}
SUPERUSER = "admin"
_PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True)
class Credentials:
    """What `demo_urls` prints.

    Attributes:
        passwords: user name → password.
        storefront_key: public; the shop's pages carry it.
        secret_key: for curl and `simulate`.
        origins: from which the storefront key may be used.
    """

    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    storefront_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    origins: tuple[str, ...] = ()


def credentials_path() -> Path:
    return Path(settings.VAR_DIR) / "demo" / "credentials.json"


def credentials_read() -> Credentials | None:
    """What an earlier run wrote; None when there is no such file or it cannot be read."""
    try:
        return msgspec.json.decode(credentials_path().read_bytes(), type=Credentials)
    except (OSError, msgspec.MsgspecError):
        return None


def credentials_ensure(*, origins: tuple[str, ...]) -> Credentials:
    """Users and keys in the database, as the file says; what the file lacks is made.

    The file is written first: whatever is registered can be printed again.
    """
    known = credentials_read() or Credentials()
    wanted = tuple(sorted({*known.origins, *origins}))
    # An origin that the old key does not allow needs a new key; the old one stays valid.
    storefront = known.storefront_key if wanted == known.origins else ""
    credentials = Credentials(
        passwords={
            name: known.passwords.get(name) or secrets.token_urlsafe(_PASSWORD_BYTES)
            for name in PEOPLE
        },
        storefront_key=storefront or key_new(public=True).joined(),
        secret_key=known.secret_key or key_new(public=False).joined(),
        origins=wanted,
    )
    _write(credentials_path(), msgspec.json.encode(credentials))
    _register(credentials)
    _write(Path(settings.SHOP_STOREFRONT_KEY_FILE), credentials.storefront_key.encode())
    return credentials


def _register(credentials: Credentials) -> None:
    groups_ensure()
    for name, groups in PEOPLE.items():
        user_ensure(
            username=name,
            password=credentials.passwords[name],
            groups=groups,
            superuser=name == SUPERUSER,
            email=f"{name}@demo.invalid",
        )
    api_key_ensure(
        raw_key=credentials.storefront_key,
        name="Demo storefront",
        scopes=PUBLIC_SCOPES,
        allowed_origins=credentials.origins,
        rate_per_minute=60_000,
    )
    api_key_ensure(
        raw_key=credentials.secret_key,
        name="Demo server",
        scopes=tuple(Scope),
        rate_per_minute=60_000,
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.fchmod(handle, 0o600)
        os.write(handle, content)
    finally:
        os.close(handle)
