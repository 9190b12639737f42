"""Rules over the API: the same services as admin."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.common.errors import InvalidInput
from apps.merchandising.api.base import (
    MerchandisingView,
    answer,
    body_as,
    query_as,
)
from apps.merchandising.api.documents import (
    RuleList,
    conflicts_document,
    rule_document,
    versions_document,
)
from apps.merchandising.contracts_rules import RuleState
from apps.merchandising.selectors_rules import (
    rule_of_version,
    rule_versions,
    rule_view,
    rules_view,
)
from apps.merchandising.services_checks import conflicts_with_published
from apps.merchandising.services_rules import (
    rule_create,
    rule_edit,
    rule_retire,
    rule_rollback,
)

_VIEW, _ADD, _CHANGE = "view_ruleversion", "add_ruleversion", "change_ruleversion"
_PUBLISH = "publish_ruleversion"
_MOST_LISTED = 500


class RulesAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rules."""

    state: RuleState | None = None
    campaign: str = ""
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=_MOST_LISTED)] = 100


class NothingAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A route that reads no parameter."""


class ReasonAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: str = ""


class FormerVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version, and why."""

    version: Annotated[int, msgspec.Meta(ge=1, le=10**6)]
    reason: str = ""


class Rules(MerchandisingView):
    """All of them, and a new one."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": _VIEW, "POST": _ADD}

    def get(self, request: Request) -> Response:
        """Rules by key: `state`, `campaign`, `after`, `limit`."""
        asked = query_as(request, RulesAsked)
        found = rules_view(
            as_of=timezone.now(),
            state=asked.state,
            campaign=asked.campaign,
            after=asked.after,
            limit=asked.limit,
        )
        more = found[-1].key if len(found) == asked.limit else None
        return answer(RuleList([rule_document(each) for each in found], more))

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`key` and the rule's content."""
        content = _object(request)
        key = content.pop("key", None)
        if not isinstance(key, str):
            raise InvalidInput("There must be a text here.", field="key")
        rule_create(key=key, content=content, actor=actor_of(request))
        return _described(key, status=201)


class RuleRoute(MerchandisingView):
    """One of them."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": _VIEW,
        "PUT": _CHANGE,
        "DELETE": _PUBLISH,
    }

    def get(self, request: Request, key: str) -> Response:
        """The rule with what waits."""
        query_as(request, NothingAsked)
        return _described(key)

    def put(self, request: Request, key: str) -> Response:
        """Other content, as a draft."""
        rule_edit(key=key, content=_object(request), actor=actor_of(request))
        return _described(key)

    def delete(self, request: Request, key: str) -> Response:
        """Retire it: `?reason=`; it stays, and can be rolled back."""
        reason = query_as(request, ReasonAsked).reason
        done = rule_retire(key=key, actor=actor_of(request), reason=reason)
        return _described(key, status=200 if done.published_at is not None else 202)


class RuleVersions(MerchandisingView):
    """Its history."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": _VIEW}

    def get(self, request: Request, key: str) -> Response:
        """Versions, newest first, at most a hundred."""
        query_as(request, NothingAsked)
        return answer(versions_document(rule_versions(key)))


class RuleConflicts(MerchandisingView):
    """Whom it contradicts."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": _VIEW}

    def get(self, request: Request, key: str) -> Response:
        """Conflicts of what waits, else of what is published, with other published rules."""
        query_as(request, NothingAsked)
        view = rule_view(key, as_of=timezone.now())
        version = view.proposal or view.shown
        found = conflicts_with_published(rule_of_version(version))
        return answer(conflicts_document(version, found))


class RuleRollback(MerchandisingView):
    """A former version again."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": _PUBLISH}

    @idempotent_method
    def post(self, request: Request, key: str) -> Response:
        """`version` and `reason`."""
        asked = body_as(request, FormerVersion)
        rule_rollback(
            key=key, to_number=asked.version, actor=actor_of(request), reason=asked.reason
        )
        return _described(key)


def _object(request: Request) -> dict[str, object]:
    body: object = request.data
    if not isinstance(body, dict):
        raise InvalidInput("The body is an object.", field="body")
    return dict(body)


def _described(key: str, status: int = 200) -> Response:
    return answer(rule_document(rule_view(key, as_of=timezone.now())), status=status)
