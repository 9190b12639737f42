"""Rows of API keys as the services handle them: locked, checked, summed up."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError

from apps.access.contracts import KeySummary, Scope
from apps.access.domain.groups import scopes_grantable
from apps.access.models import ApiKey, User
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound

# What an edit may change. The rest is what the key is, or how it ends.
EDITABLE = frozenset(
    {
        "name", "scopes", "allowed_origins", "allowed_networks", "denied_networks",
        "rate_per_minute", "expires_at",
    }
)  # fmt: skip


def scopes_grantable_by(actor: AbstractBaseUser | AnonymousUser | None) -> frozenset[Scope]:
    """What `actor` may put into a key; commands, which have no actor, everything."""
    if actor is None:
        return frozenset(Scope)
    if not isinstance(actor, User) or not actor.is_active:
        return frozenset()
    if actor.is_superuser:
        return frozenset(Scope)
    return scopes_grantable(actor.groups.values_list("name", flat=True))


def grant_check(
    actor: AbstractBaseUser | AnonymousUser | None,
    scopes: Iterable[str],
    held: Iterable[str] = (),
) -> None:
    """Refuse a key with scopes that `actor` may not grant; those it has already stay.

    Raises:
        Forbidden: with the scopes.
    """
    known = {scope.value for scope in Scope}  # others are the model's to refuse
    surplus = (set(scopes) & known) - set(held) - scopes_grantable_by(actor)
    if surplus:
        raise Forbidden(
            f"You may not grant {', '.join(sorted(surplus))}.", code="scope_not_grantable"
        )


def key_locked(key_id: int) -> ApiKey:
    """The row as it is now, held until the transaction ends.

    Raises:
        NotFound, Conflict: there is none, or it is revoked.
    """
    key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such key.")
    if key.revoked_at is not None:
        raise Conflict("The key is revoked.", code="key_revoked")
    return key


def key_clean(key: ApiKey) -> None:
    """Refuse what the model's own validation refuses, by field."""
    try:
        key.full_clean()
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise InvalidInput("; ".join(error.messages), field=field) from error


def key_summary(key: ApiKey) -> KeySummary:
    """The key without its secret."""
    return KeySummary(
        id=key.pk,
        name=key.name,
        prefix=key.prefix,
        scopes=tuple(Scope(scope) for scope in sorted(key.scopes)),
        public=key.public,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )
