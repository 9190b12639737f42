"""The last snapshot on disk: a worker that boots while PostgreSQL is down knows its keys.

It holds hashes and rules, no secret, and is signed, so that writing a file grants nothing.
A key revoked since it was written lives again only in a process that cannot ask PostgreSQL,
and only until it can.
"""

import hmac
import os
import tempfile
from datetime import datetime
from pathlib import Path

import msgspec
import structlog
from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from apps.access.contracts import AccessSnapshot, IpArea, KeyRecord, NetworkRules, Principal
from apps.access.domain.networks import rules_parse

logger = structlog.get_logger(__name__)
_SALT = "endcap.access.snapshot"

_Rules = tuple[list[str], list[str]]


class _StoredKey(msgspec.Struct):
    principal: Principal
    secret_hash: bytes
    expires_at: datetime | None
    networks: _Rules


class _Stored(msgspec.Struct):
    keys: list[_StoredKey]
    origins: list[str]
    areas: dict[IpArea, _Rules]


def snapshot_path() -> Path:
    """One file a database, so that two installations on one machine keep apart."""
    database = "".join(c if c.isalnum() else "_" for c in connection.settings_dict["NAME"])
    return Path(settings.VAR_DIR) / "access" / f"snapshot-{database}.json"


def snapshot_write(snapshot: AccessSnapshot) -> None:
    """Replace the file whole; a disk that refuses costs only the copy."""
    payload = msgspec.json.encode(_stored(snapshot))
    signed = _signature(payload) + b"\n" + payload
    path = snapshot_path()
    try:
        if path.exists() and path.read_bytes() == signed:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
        with os.fdopen(handle, "wb") as file:
            file.write(signed)
        Path(name).replace(path)
    except OSError as error:
        logger.warning("access_snapshot_not_written", reason=str(error))


def snapshot_read() -> AccessSnapshot | None:
    """The last one written; None when there is none, or it is not ours."""
    try:
        signature, _, payload = snapshot_path().read_bytes().partition(b"\n")
    except OSError:
        return None
    if not hmac.compare_digest(signature, _signature(payload)):
        logger.error("access_snapshot_forged", path=str(snapshot_path()))
        return None
    try:
        return _loaded(msgspec.json.decode(payload, type=_Stored))
    except (msgspec.DecodeError, ValueError) as error:
        logger.warning("access_snapshot_unreadable", reason=str(error))
        return None


def _signature(payload: bytes) -> bytes:
    return salted_hmac(_SALT, payload, algorithm="sha256").hexdigest().encode()


def _texts(rules: NetworkRules) -> _Rules:
    return [str(one) for one in rules.allowed], [str(one) for one in rules.denied]


def _stored(snapshot: AccessSnapshot) -> _Stored:
    keys = [
        _StoredKey(key.principal, key.secret_hash, key.expires_at, _texts(key.networks))
        for key in snapshot.keys.values()
    ]
    areas = {area: _texts(rules) for area, rules in snapshot.areas.items()}
    return _Stored(keys, sorted(snapshot.origins), areas)


def _loaded(stored: _Stored) -> AccessSnapshot:
    return AccessSnapshot(
        keys={
            key.principal.prefix: KeyRecord(
                key.principal, key.secret_hash, key.expires_at, rules_parse(*key.networks)
            )
            for key in stored.keys
        },
        origins=frozenset(stored.origins),
        areas={area: rules_parse(*rules) for area, rules in stored.areas.items()},
    )
