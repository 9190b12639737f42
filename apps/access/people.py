"""The person behind an API request, and what they may do; for the DRF views of every app."""

from typing import cast

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from rest_framework.request import Request

from apps.access.services import Actor
from apps.common.errors import Forbidden


def actor_of(request: Request) -> Actor:
    """The person behind the request; None for a key, whose name the audit keeps."""
    user: object = request.user
    return user if isinstance(user, AbstractBaseUser) else None


def person_permitted(request: Request, permission: str) -> None:
    """Refuse a person without a permission (`app.codename`); a key's scope is all it has.

    Raises:
        Forbidden: `permission_missing`.
    """
    person = actor_of(request)
    if person is not None and not cast("PermissionsMixin", person).has_perm(permission):
        raise Forbidden(
            f"This needs the permission {permission}.",
            code="permission_missing",
            extra={"required_permission": permission},
        )
