"""Placements over HTTP: the same services, the same rights and the same review as admin."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.contracts import Scope
from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.common.errors import InvalidInput, NotFound
from apps.publishing.api.views import MOST_VERSIONS, VersionsView, answer, query_read, whole
from apps.publishing.contracts import JsonValue
from apps.publishing.services import version_rollback
from apps.ranking_weights.api.bodies import RollbackBody, body_read
from apps.recommendations.api.placement_documents import (
    PlacementBody,
    placement_document,
    placements_document,
    version_document,
    versions_document,
)
from apps.recommendations.contracts import PlacementName
from apps.recommendations.selectors.placements import PLACEMENTS
from apps.recommendations.services.placements import placement_content_checked, placement_put

# Drafts and who made them are no shopper's business: not a scope that a public key may hold.
_READ, _WRITE = Scope.RANKING_READ, Scope.RANKING_WRITE


class PlacementView(VersionsView):
    """Reads want `ranking:read`, writes `ranking:write`, and people their permission."""

    model = "recommendations.placementversion"
    required_scope: ClassVar[Mapping[str, Scope]] = {"GET": _READ, "PUT": _WRITE, "POST": _WRITE}


class Placements(PlacementView):
    """Every placement."""

    def get(self, request: Request) -> Response:
        """As they are live."""
        query_read(request)
        return answer(placements_document())


class PlacementNamed(PlacementView):
    """One placement."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view", "PUT": "add"}

    def get(self, request: Request, name: str) -> Response:
        """What is live, and what waits."""
        query_read(request)
        return answer(placement_document(placement_known(name)))

    def put(self, request: Request, name: str) -> Response:
        """Other content: published (200), or a draft or version in review that waits (202)."""
        known, body = placement_known(name), body_read(request.data, PlacementBody)
        version = placement_put(
            name=known,
            content=content_read(known, body.content),
            actor=actor_of(request),
            reason=body.reason,
            publish=body.publish and self.may(request, "publish"),
            submit=body.publish and self.may(request, "change"),
            based_on=body.based_on,
            acknowledge_warnings=body.acknowledge_warnings,
        )
        return answer(version_document(version), status=200 if version.published_at else 202)


class PlacementVersionsOf(PlacementView):
    """A placement's versions."""

    def get(self, request: Request, name: str) -> Response:
        """Newest first; `limit` of them."""
        limit = whole(query_read(request, "limit").get("limit", str(MOST_VERSIONS)), "limit")
        return answer(versions_document(placement_known(name), limit))


class PlacementRollback(PlacementView):
    """A former version again."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "publish"}

    @idempotent_method
    def post(self, request: Request, name: str) -> Response:
        """`version` and `reason`: its content as a new version, at once."""
        subject = placement_known(name).value
        body = body_read(request.data, RollbackBody)
        version = version_rollback(
            kind=PLACEMENTS,
            subject=subject,
            to_number=body.version,
            actor=actor_of(request),
            reason=body.reason,
        )
        return answer(version_document(version))


def placement_known(name: str) -> PlacementName:
    """The placement of an address.

    Raises:
        NotFound: there is none of this name.
    """
    if name not in set(PlacementName):
        raise NotFound(f"There is no placement '{name}'.", extra={"field": "name"})
    return PlacementName(name)


def content_read(name: PlacementName, content: Mapping[str, object]) -> dict[str, JsonValue]:
    """The body's content in its one form.

    Raises:
        InvalidInput: naming the field, as a dotted path from the body.
    """
    try:
        return placement_content_checked(name, content)
    except InvalidInput as refused:
        raise InvalidInput(refused.message, field=f"content.{refused.extra['field']}") from refused
