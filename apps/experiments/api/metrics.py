"""/api/v1/metrics: definitions that experiments count by, and their way to being published."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.contracts import Principal, Scope
from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.access.services import Actor
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.experiments.api.base import (
    READ,
    WRITE,
    ExperimentsView,
    body_of,
    former_of,
    person_may,
    query_known,
)
from apps.experiments.api.metric_documents import metric_document, version_document
from apps.experiments.contracts.design import UnitType
from apps.experiments.selectors.metric_previews import metric_preview
from apps.experiments.selectors.metrics import METRIC_KIND, metric_view, metrics_live
from apps.experiments.services.metrics import metric_draft_create, metric_draft_update
from apps.publishing.contracts import VersionStatus, VersionView
from apps.publishing.selectors import subject_versions
from apps.publishing.services import (
    draft_discard,
    draft_submit,
    draft_withdraw,
    version_approve,
    version_publish,
    version_reject,
    version_rollback,
)

_WAITING = frozenset({VersionStatus.DRAFT, VersionStatus.IN_REVIEW})
_MOST_DIGITS = 6


class MetricsView(ExperimentsView):
    """Of a key, writes want `experiments:write`; of a person, the permission that admin asks.

    Analysts define metrics and change nothing else: the scope would give them more.
    """

    required_scope: ClassVar[Mapping[str, Scope]] = {"GET": READ, "POST": READ, "PUT": READ}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let in as everywhere, then hold keys to the scope of writes."""
        super().initial(request, *args, **kwargs)
        writes = request.method not in {"GET", "HEAD"}
        if (
            writes
            and actor_of(request) is None
            and WRITE not in cast("Principal", request.auth).scopes
        ):
            raise Forbidden(
                f"This needs the scope {WRITE.value}.",
                code="scope_missing",
                extra={"required_scope": WRITE.value},
            )


class Metrics(MetricsView):
    """Every published metric, and a new version of one."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_metricversion",
        "POST": "add_metricversion",
    }

    def get(self, request: Request) -> Response:
        """The published versions, by key."""
        query_known(request)
        return Response({"results": [metric_document(each) for each in metrics_live()]})

    @idempotent_method
    def post(self, request: Request) -> Response:
        """A draft: `key` and `definition`."""
        with body_of(request) as fields:
            key, definition = fields.text("key"), fields.required("definition")
        draft = metric_draft_create(key=key, definition=definition, actor=actor_of(request))
        return Response(version_document(draft), status=201)


class Metric(MetricsView):
    """One metric."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_metricversion",
        "PUT": "change_metricversion",
    }

    def get(self, request: Request, key: str) -> Response:
        """The published version, or the one with the number `version`."""
        query_known(request, "version")
        said = request.query_params.get("version", "0")
        if not (said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS):
            raise InvalidInput("A whole number.", field="version")
        return Response(metric_document(metric_view(key, int(said))))

    def put(self, request: Request, key: str) -> Response:
        """Another `definition` of the draft."""
        with body_of(request) as fields:
            definition = fields.required("definition")
        draft = metric_draft_update(
            version_id=_waiting(key).id, definition=definition, actor=actor_of(request)
        )
        return Response(version_document(draft))


class MetricPreview(ExperimentsView):
    """What a definition, published or not, gives on the shop's own last four weeks."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_metricversion"}

    def get(self, request: Request, key: str) -> Response:
        """What waits, else what is published; by `unit` (client unless said)."""
        query_known(request, "unit")
        said = request.query_params.get("unit", UnitType.CLIENT.value)
        if said not in set(UnitType):
            listed = ", ".join(each.value for each in UnitType)
            raise InvalidInput(f"Choose of: {listed}.", field="unit")
        version = _versions(key)[0]
        found = metric_preview(version, unit=UnitType(said))
        return Response({**version_document(version), "unit": said, **asdict(found)})


class MetricRollback(MetricsView):
    """A former definition again."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "publish_metricversion"}

    @idempotent_method
    def post(self, request: Request, key: str) -> Response:
        """`version` and `reason`."""
        number, reason = former_of(request)
        version = version_rollback(
            kind=METRIC_KIND,
            subject=key,
            to_number=number,
            actor=actor_of(request),
            reason=reason,
        )
        return Response(version_document(version))


def _reject(version_id: int, actor: Actor, reason: str) -> VersionView:
    return version_reject(kind=METRIC_KIND, version_id=version_id, actor=actor, reason=reason)


def _publish(version_id: int, actor: Actor, reason: str) -> VersionView:
    return version_publish(
        kind=METRIC_KIND,
        version_id=version_id,
        actor=actor,
        reason=reason,
        acknowledge_warnings=True,
    )


def _discard(version_id: int, actor: Actor, reason: str) -> VersionView:
    return draft_discard(kind=METRIC_KIND, version_id=version_id, actor=actor, reason=reason)


def _submit(version_id: int, actor: Actor, _reason: str) -> VersionView:
    return draft_submit(kind=METRIC_KIND, version_id=version_id, actor=actor)


def _withdraw(version_id: int, actor: Actor, _reason: str) -> VersionView:
    return draft_withdraw(kind=METRIC_KIND, version_id=version_id, actor=actor)


def _approve(version_id: int, actor: Actor, _reason: str) -> VersionView:
    return version_approve(kind=METRIC_KIND, version_id=version_id, actor=actor)


_STEPS: Mapping[str, tuple[Callable[[int, Actor, str], VersionView], str]] = {
    "submit": (_submit, "change_metricversion"),
    "withdraw": (_withdraw, "change_metricversion"),
    "discard": (_discard, "change_metricversion"),
    "approve": (_approve, "review_metricversion"),
    "reject": (_reject, "review_metricversion"),
    "publish": (_publish, "publish_metricversion"),
}


class MetricStep(MetricsView):
    """What is done with the version that waits: submit, approve, publish and so on."""

    @idempotent_method
    def post(self, request: Request, key: str, step: str) -> Response:
        """`reason` where the step wants one."""
        if step not in _STEPS:
            raise NotFound(f"There is no step {step}.")
        act, permission = _STEPS[step]
        person_may(request, permission)
        with body_of(request) as fields:
            reason = fields.text("reason")
        version = act(_waiting(key).id, actor_of(request), reason)
        return Response(version_document(version))


def _versions(key: str) -> tuple[VersionView, ...]:
    """The newest first."""
    versions = subject_versions(kind=METRIC_KIND, subject=key, limit=10)
    if not versions:
        raise NotFound(f"There is no metric {key}.")
    return tuple(versions)


def _waiting(key: str) -> VersionView:
    found = next((each for each in _versions(key) if each.status in _WAITING), None)
    if found is None:
        raise Conflict(f"No version of the metric {key} waits.", code="nothing_waits")
    return found
