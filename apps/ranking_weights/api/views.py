"""Weights over HTTP: the same services, the same rights and the same second person as admin."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.contracts import Scope
from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.catalog.selectors import category_tree_fresh
from apps.common.errors import NotFound
from apps.publishing.api.views import MOST_VERSIONS, VersionsView, answer, query_read, whole
from apps.publishing.services import version_rollback
from apps.ranking_weights.api.bodies import RollbackBody, WeightsBody, body_read, weights_read
from apps.ranking_weights.api.documents import (
    published_document,
    subject_document,
    version_document,
    versions_document,
)
from apps.ranking_weights.contracts import GLOBAL_SUBJECT
from apps.ranking_weights.services import KIND, weights_put

_READ, _WRITE = Scope.RANKING_READ, Scope.RANKING_WRITE


class RankingView(VersionsView):
    """Reads want `ranking:read`, writes `ranking:write`, and a person their permission too."""

    model = "ranking_weights.weightsetversion"
    required_scope: ClassVar[Mapping[str, Scope]] = {"GET": _READ, "PUT": _WRITE, "POST": _WRITE}


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
            publish=body.publish and self.may(request, "publish"),
            submit=body.publish and self.may(request, "change"),
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
