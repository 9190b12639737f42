"""Weights over HTTP: the same services, the same rights and the same second person as admin."""

from collections.abc import Mapping
from typing import ClassVar, cast

import msgspec
from django.contrib.auth.models import PermissionsMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.catalog.selectors import category_tree_fresh
from apps.common.errors import Forbidden, InvalidInput, NotFound
from apps.publishing.services import version_rollback
from apps.ranking_weights.api.bodies import RollbackBody, WeightsBody, body_read, weights_read
from apps.ranking_weights.api.documents import (
    MOST_VERSIONS,
    published_document,
    subject_document,
    version_document,
    versions_document,
)
from apps.ranking_weights.contracts import GLOBAL_SUBJECT
from apps.ranking_weights.services import KIND, weights_put

_READ, _WRITE = Scope.RANKING_READ, Scope.RANKING_WRITE


class RankingView(APIView):
    """Reads want `ranking:read`, writes `ranking:write`, and a person their permission too."""

    # Described in `schema`, like the hot routes.
    schema = None
    required_scope: ClassVar[Mapping[str, Scope]] = {"GET": _READ, "PUT": _WRITE, "POST": _WRITE}
    permissions: ClassVar[Mapping[str, str]] = {"GET": "view"}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let in by scope, then by the person's permission."""
        super().initial(request, *args, **kwargs)
        verb = self.permissions.get(request.method or "")
        if verb is not None and not may(request, verb):
            permission = _permission(verb)
            raise Forbidden(
                f"This needs the permission {permission}.",
                code="permission_missing",
                extra={"required_permission": permission},
            )


class WeightSets(RankingView):
    """Everything that is published."""

    def get(self, request: Request) -> Response:
        """Global first, then categories by path."""
        query_read(request)
        return answer(published_document())


class WeightsOf(RankingView):
    """One subject: `global`, or a category by its path."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view", "PUT": "add"}

    def get(self, request: Request, category: str) -> Response:
        """What is published, what ranks it, and what waits."""
        query_read(request)
        return answer(subject_document(subject_known(category)))

    def put(self, request: Request, category: str) -> Response:
        """Other weights: published (200), or a draft or version in review that waits (202)."""
        subject = subject_known(category)
        body = body_read(request.data, WeightsBody)
        version = weights_put(
            subject=subject,
            weights=weights_read(body.weights),
            actor=actor_of(request),
            reason=body.reason,
            publish=body.publish and may(request, "publish"),
            submit=body.publish and may(request, "change"),
            based_on=body.based_on,
            acknowledge_warnings=body.acknowledge_warnings,
        )
        status = 200 if version.published_at else 202
        return answer(version_document(version), status=status)


class WeightVersions(RankingView):
    """A subject's versions."""

    def get(self, request: Request, category: str) -> Response:
        """Newest first; `limit` of them."""
        limit = whole(query_read(request, "limit").get("limit", str(MOST_VERSIONS)), "limit")
        return answer(versions_document(subject_known(category), limit))


class WeightRollback(RankingView):
    """A former version again."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "publish"}

    @idempotent_method
    def post(self, request: Request, category: str) -> Response:
        """`version` and `reason`: its content as a new version, at once."""
        subject = subject_known(category)
        body = body_read(request.data, RollbackBody)
        version = version_rollback(
            kind=KIND,
            subject=subject,
            to_number=body.version,
            actor=actor_of(request),
            reason=body.reason,
        )
        return answer(version_document(version))


def subject_known(category: str) -> str:
    """The subject of an address.

    Raises:
        NotFound: no such category.
    """
    if category != GLOBAL_SUBJECT and category_tree_fresh().by_path(category) is None:
        raise NotFound(f"There is no category '{category}'.", extra={"field": "category"})
    return category


def may(request: Request, verb: str) -> bool:
    """Whether a person has the permission; a key's scope is all it has."""
    person = actor_of(request)
    return person is None or cast("PermissionsMixin", person).has_perm(_permission(verb))


def _permission(verb: str) -> str:
    return f"ranking_weights.{verb}_weightsetversion"


def query_read(request: Request, *known: str) -> dict[str, str]:
    """The query parameters.

    Raises:
        InvalidInput: one that the route does not read; it is named.
    """
    for name in request.query_params:
        if name not in known:
            raise InvalidInput(f"There is no parameter {name}.", field=name)
    return {name: str(value) for name, value in request.query_params.items()}


def whole(text: str, field: str) -> int:
    """A whole number from 1 to the most that is answered.

    Raises:
        InvalidInput: it is none.
    """
    fits = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_VERSIONS))
    if not fits or not 1 <= int(text) <= MOST_VERSIONS:
        raise InvalidInput(f"'{field}' is a number from 1 to {MOST_VERSIONS}.", field=field)
    return int(text)


def answer(document: msgspec.Struct, status: int = 200) -> Response:
    """A document as JSON."""
    return Response(msgspec.to_builtins(document), status=status)
