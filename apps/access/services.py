"""Writes of access: audit rows, API keys, IP rules, groups, people."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, Permission
from django.db import transaction
from django.utils import timezone

from apps.access.context import (
    caller_current,
    client_ip_current,
    key_maker_current,
    request_current,
)
from apps.access.contracts import IssuedKey, KeySummary, Scope
from apps.access.domain.audit import json_safe
from apps.access.domain.groups import GROUP_PATTERNS, group_wants
from apps.access.domain.keys import KeyParts, key_new, key_parse, secret_hash
from apps.access.domain.networks import network_parse
from apps.access.domain.origins import origin_parse
from apps.access.key_rows import EDITABLE, grant_check, key_clean, key_locked, key_summary
from apps.access.models import ApiKey, AuditEntry, GroupGrant, User
from apps.access.selectors import ACCESS_VERSION
from apps.access.validators import tidied
from apps.common.errors import InvalidInput
from apps.common.observability.context import trace_current
from apps.common.services import version_bump

Actor = AbstractBaseUser | AnonymousUser | None
LONGEST_OVERLAP = timedelta(days=90)


def audit_record(
    *,
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    """Append who did what to what, in the writer's own transaction.

    Who asked (request, trace, address) comes from the context. Without an `actor` it is the
    API key of the request, else the person whose session it carries, else `system`.
    """
    person = actor if isinstance(actor, User) else _person_asking()
    trace = trace_current()
    AuditEntry.objects.create(
        actor=person,
        actor_name=(person.get_username() if person else caller_current() or "system")[:150],
        action=action,
        subject_type=subject_type,
        subject_id=subject_id[:200],
        before=None if before is None else json_safe(before),
        after=None if after is None else json_safe(after),
        reason=reason,
        request_id=trace.request_id[:36] if trace else "",
        trace_id=trace.trace_id if trace else "",
        ip=client_ip_current(),
    )


def author_id(actor: Actor) -> int | None:
    """The person who answers for what is written: the actor, else who made the request's key.

    None for jobs, commands, and keys whose maker is unknown or gone.
    """
    if actor is not None:
        return actor.pk
    maker = key_maker_current()
    known = maker is not None and User.objects.filter(pk=maker).exists()
    return maker if known else None


def _person_asking() -> User | None:
    request = request_current()
    if request is None or caller_current():
        return None
    user = getattr(request, "user", None)
    return user if isinstance(user, User) else None


@transaction.atomic
def api_key_create(
    *,
    name: str,
    scopes: Collection[Scope | str],
    public: bool = False,
    allowed_origins: Collection[str] = (),
    rate_per_minute: int | None = None,
    expires_at: datetime | None = None,
    actor: Actor = None,
    allowed_networks: Collection[str] = (),
    denied_networks: Collection[str] = (),
) -> IssuedKey:
    """A new key; its secret is in the answer and nowhere else."""
    key = ApiKey(
        name=name,
        scopes=sorted(set(scopes)),
        public=public,
        allowed_origins=tidied(origin_parse, allowed_origins),
        allowed_networks=tidied(network_parse, allowed_networks),
        denied_networks=tidied(network_parse, denied_networks),
        rate_per_minute=_rate(rate_per_minute),
        expires_at=expires_at,
    )
    return _issue(key, key_new(public=public), actor)


@transaction.atomic
def api_key_ensure(
    *,
    raw_key: str,
    name: str,
    scopes: Collection[Scope | str],
    allowed_origins: Collection[str] = (),
    rate_per_minute: int | None = None,
    actor: Actor = None,
) -> bool:
    """Register a key made by `key_new` and kept by its user; True when it was new."""
    parts = key_parse(raw_key)
    if parts is None:
        raise InvalidInput("Not a well-formed key.", field="raw_key")
    if ApiKey.objects.filter(prefix=parts.prefix).exists():
        return False
    key = ApiKey(
        name=name,
        scopes=sorted(set(scopes)),
        public=parts.public,
        allowed_origins=tidied(origin_parse, allowed_origins),
        rate_per_minute=_rate(rate_per_minute),
    )
    _issue(key, parts, actor)
    return True


@transaction.atomic
def api_key_rotate(
    *, key_id: int, overlap: timedelta = timedelta(days=1), actor: Actor = None
) -> IssuedKey:
    """A new key in the place of this one, which goes on working for `overlap` and no longer."""
    old = key_locked(key_id)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput("The overlap is 0 to 90 days.", field="overlap")
    now = timezone.now()
    ends = now + overlap
    lifetime = old.expires_at - old.created_at if old.expires_at else None
    new = ApiKey(
        name=old.name,
        scopes=old.scopes,
        public=old.public,
        allowed_origins=old.allowed_origins,
        allowed_networks=old.allowed_networks,
        denied_networks=old.denied_networks,
        rate_per_minute=old.rate_per_minute,
        expires_at=now + lifetime if lifetime else None,
        rotated_from=old,
    )
    before = old.state()
    old.expires_at = min(old.expires_at, ends) if old.expires_at else ends
    old.save(update_fields=["expires_at"])
    audit_record(
        actor=actor,
        action="api_key.rotate",
        subject_type="access.apikey",
        subject_id=str(old.pk),
        before=before,
        after=old.state(),
    )
    return _issue(new, key_new(public=old.public), actor)


@transaction.atomic
def api_key_update(*, key_id: int, changes: Mapping[str, object], actor: Actor) -> None:
    """Store the changed fields of a live key, and nothing else of it.

    Raises:
        NotFound, Conflict: there is no such key, or it is revoked: for good.
        InvalidInput: a field is none that an edit may change, or its value is bad.
        Forbidden: `actor` may not grant a scope that it adds.
    """
    key = key_locked(key_id)
    before, held = key.state(), tuple(key.scopes)
    for name, found in changes.items():
        if name not in EDITABLE:
            raise InvalidInput(f"{name} cannot be edited.", field=name)
        setattr(key, name, found)
    grant_check(actor, key.scopes, held=held)
    key_clean(key)
    key.save(update_fields=list(changes))
    version_bump(ACCESS_VERSION)
    audit_record(
        actor=actor,
        action="api_key.update",
        subject_type="access.apikey",
        subject_id=str(key.pk),
        before=before,
        after=key.state(),
    )


@transaction.atomic
def api_key_revoke(*, key_id: int, actor: Actor = None, reason: str = "") -> KeySummary:
    """End a key now; every worker refuses it within a second. For good."""
    key = key_locked(key_id)
    before = key.state()
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    version_bump(ACCESS_VERSION)
    audit_record(
        actor=actor,
        action="api_key.revoke",
        subject_type="access.apikey",
        subject_id=str(key.pk),
        before=before,
        after=key.state(),
        reason=reason,
    )
    return key_summary(key)


def ip_rules_publish() -> None:
    """The IP rules were edited: every worker follows. Called in the edit's transaction."""
    version_bump(ACCESS_VERSION)


def _issue(key: ApiKey, parts: KeyParts, actor: Actor) -> IssuedKey:
    # A successor too: whoever rotates a key reads its secret.
    grant_check(actor, key.scopes)
    key.prefix = parts.prefix
    key.secret_hash = secret_hash(parts.secret)
    key.created_by = actor if isinstance(actor, User) else None
    key_clean(key)
    key.save()
    version_bump(ACCESS_VERSION)
    audit_record(
        actor=actor,
        action="api_key.create",
        subject_type="access.apikey",
        subject_id=str(key.pk),
        after=key.state(),
    )
    return IssuedKey(key_summary(key), parts.joined())


def _rate(asked: int | None) -> int:
    default: int = settings.RATE_LIMIT_PER_MINUTE
    return default if asked is None else asked


@transaction.atomic
def groups_ensure(*, app_label: str | None = None) -> None:
    """Give the groups their default permissions, each once (of one app, or of all)."""
    known = Permission.objects.select_related("content_type")
    if app_label is not None:
        known = known.filter(content_type__app_label=app_label)
    codenames = {f"{one.content_type.app_label}.{one.codename}": one for one in known}
    for name in GROUP_PATTERNS:
        group, _created = Group.objects.get_or_create(name=name)
        granted = set(GroupGrant.objects.filter(group=group).values_list("permission", flat=True))
        fresh = [text for text in codenames if text not in granted and group_wants(name, text)]
        GroupGrant.objects.bulk_create(
            [GroupGrant(group=group, permission=text) for text in fresh], ignore_conflicts=True
        )
        group.permissions.add(*(codenames[text] for text in fresh))


@transaction.atomic
def user_ensure(
    *,
    username: str,
    password: str,
    groups: Collection[str] = (),
    superuser: bool = False,
    email: str = "",
) -> bool:
    """A person who may enter admin; True when new. One who is there keeps all they have."""
    if User.objects.filter(username=username).exists():
        return False
    user = User(username=username, email=email, is_staff=True, is_superuser=superuser)
    user.set_password(password)
    user.full_clean()
    user.save()
    user.groups.set(Group.objects.filter(name__in=groups))
    audit_record(
        actor=None,
        action="user.create",
        subject_type="access.user",
        subject_id=str(user.pk),
        after={"username": username, "groups": sorted(groups), "superuser": superuser},
    )
    return True
