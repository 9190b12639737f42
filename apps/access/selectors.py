"""Reads of access: the in-process snapshot of keys and IP rules that every request asks."""

import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import Error as DatabaseFailure
from django.db.models import Q
from django.utils import timezone

from apps.access.contracts import (
    AccessSnapshot,
    IpArea,
    KeyRecord,
    NetworkRules,
    Principal,
    Scope,
)
from apps.access.domain.groups import scopes_held
from apps.access.domain.keys import KeyParts, key_parse, secret_matches
from apps.access.domain.networks import rules_parse
from apps.access.models import ApiKey, IpRule, User
from apps.access.snapshot_file import snapshot_read, snapshot_write
from apps.common.snapshots import Snapshot

logger = structlog.get_logger(__name__)
ACCESS_VERSION = "access:keys"


def access_snapshot() -> AccessSnapshot:
    """Every live key and IP rule; no SQL and no Redis once loaded."""
    return _snapshot.get()


def principal_for(raw_key: str) -> Principal | None:
    """Who `prefix.secret` lets in; None for unknown, wrong, expired and revoked alike."""
    record = key_record_for(raw_key)
    return record.principal if record else None


def key_record_for(raw_key: str) -> KeyRecord | None:
    """The live key behind `prefix.secret`; None for unknown, wrong, expired, revoked alike."""
    parts = key_parse(raw_key)
    if parts is None:
        return None
    record = access_snapshot().keys.get(parts.prefix)
    if not _secret_fits(parts, record) or record is None:
        return None
    if record.expires_at is not None and record.expires_at <= timezone.now():
        return None
    return record


def _secret_fits(parts: KeyParts, record: KeyRecord | None) -> bool:
    # An unknown prefix is compared too: the time of a refusal tells nothing.
    return secret_matches(parts.secret, record.secret_hash if record else bytes(32))


def principal_of_user(user: AbstractBaseUser | AnonymousUser | None) -> Principal | None:
    """An admin session as a caller: scopes by permission; None unless active staff."""
    if not isinstance(user, User) or not (user.is_active and user.is_staff):
        return None
    return Principal(
        key_id=None,
        prefix="",
        name=user.get_username(),
        scopes=frozenset(Scope) if user.is_superuser else scopes_held(user.get_all_permissions()),
        public=False,
        allowed_origins=(),
        rate_per_minute=settings.RATE_LIMIT_PER_MINUTE,
        user_id=user.pk,
    )


def _load() -> AccessSnapshot:
    try:
        loaded = AccessSnapshot(*_keys_load(), _areas_load())
    except DatabaseFailure as failure:
        # PostgreSQL is down: keep what is held, or start from what this machine held last.
        # Stale marks it for the next poll, whatever the counters say by then.
        _snapshot.mark_stale()
        held = _snapshot.held or snapshot_read()
        if held is None:
            raise
        logger.warning("access_from_last_snapshot", reason=str(failure).strip())
        return held
    snapshot_write(loaded)
    return loaded


def _keys_load() -> tuple[dict[str, KeyRecord], frozenset[str]]:
    live = ApiKey.objects.filter(revoked_at=None).filter(
        Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    )
    keys = {key.prefix: _record(key) for key in live}
    public = (record.principal for record in keys.values() if record.principal.public)
    return keys, frozenset(origin for key in public for origin in key.allowed_origins)


def _record(key: ApiKey) -> KeyRecord:
    principal = Principal(
        key_id=key.pk,
        prefix=key.prefix,
        name=key.name,
        # A scope that a later release dropped gives nothing, and breaks nothing.
        scopes=frozenset(scope for scope in Scope if scope.value in key.scopes),
        public=key.public,
        allowed_origins=tuple(key.allowed_origins),
        rate_per_minute=key.rate_per_minute,
        user_id=None,
        made_by_id=key.created_by_id,
    )
    networks = rules_parse(key.allowed_networks, key.denied_networks)
    return KeyRecord(principal, bytes(key.secret_hash), key.expires_at, networks)


def _areas_load() -> dict[IpArea, NetworkRules]:
    rows = list(IpRule.objects.filter(active=True).values_list("area", "verdict", "network"))
    areas = {}
    for area in IpArea:
        mine = [row for row in rows if row[0] in {area.value, IpArea.EVERYTHING.value}]
        areas[area] = rules_parse(
            (network for _, verdict, network in mine if verdict == IpRule.Verdict.ALLOW),
            (network for _, verdict, network in mine if verdict == IpRule.Verdict.DENY),
        )
    return areas


class _AccessSnapshotHolder(Snapshot[AccessSnapshot]):
    @property
    def held(self) -> AccessSnapshot | None:
        """What is held now, without loading anything."""
        return self._value


_snapshot = _AccessSnapshotHolder("access", _load, versions=(ACCESS_VERSION,))
