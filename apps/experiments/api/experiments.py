"""Experiments: created, read, changed."""

from collections.abc import Mapping
from typing import ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.common.errors import InvalidInput
from apps.experiments.api.base import (
    ExperimentsView,
    answer,
    query_known,
)
from apps.experiments.api.documents import (
    ExperimentList,
    activity_document,
    checklist_document,
    experiment_document,
    summary_document,
)
from apps.experiments.contracts.assignment import Json, Status
from apps.experiments.domain.design.reading import design_written
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.experiments import (
    experiment_count,
    experiment_view,
    experiment_views,
    proposal_view,
)
from apps.experiments.selectors.requirements import requirements
from apps.experiments.services.design import experiment_create, experiment_edit

MOST_LISTED = 1_000


class Experiments(ExperimentsView):
    """All of them, and a new one."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_experiment",
        "POST": "add_experiment",
    }

    def get(self, request: Request) -> Response:
        """A page, newest first; `status` (several, by comma), `limit`, `offset`."""
        statuses = _statuses(request)
        limit = _whole(request, "limit", 100, most=MOST_LISTED)
        offset = _whole(request, "offset", 0, most=10**9)
        query_known(request, "status", "limit", "offset")
        views = experiment_views(statuses=statuses, limit=limit, offset=offset)
        return answer(
            ExperimentList(
                count=experiment_count(statuses=statuses),
                limit=limit,
                offset=offset,
                results=[summary_document(view) for view in views],
            )
        )

    @idempotent_method
    def post(self, request: Request) -> Response:
        """Create: the key and the fields of the design."""
        document = _object(request)
        if "key" not in document:
            raise InvalidInput("This field is required.", field="key")
        key = document.pop("key")
        if not isinstance(key, str):
            raise InvalidInput("This must be a text.", field="key")
        view = experiment_create(key=key, design=document, actor=actor_of(request))
        return answer(experiment_document(view, proposal_view(key)), status=201)


class Experiment(ExperimentsView):
    """One of them; another design of it is a draft, or a proposed change of what runs."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_experiment",
        "PUT": "change_experiment",
        "PATCH": "change_experiment",
    }

    def get(self, request: Request, key: str) -> Response:
        """The experiment with its design, proposal, phases and decision."""
        query_known(request)
        return described(key)

    def put(self, request: Request, key: str) -> Response:
        """The whole design anew."""
        experiment_edit(key=key, design=_object(request), actor=actor_of(request))
        return described(key)

    def patch(self, request: Request, key: str) -> Response:
        """Some fields of the design anew, each as a whole."""
        proposal = proposal_view(key)
        current = proposal.design if proposal is not None else experiment_view(key).design
        design = {**design_written(current), **_object(request)}
        experiment_edit(key=key, design=design, actor=actor_of(request))
        return described(key)


class Requirements(ExperimentsView):
    """The checklist of an action."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_experiment"}

    def get(self, request: Request, key: str) -> Response:
        """What `action` (start, unless said) wants, met or not."""
        query_known(request, "action")
        action = request.query_params.get("action", "start")
        return answer(checklist_document(action, requirements(key=key, action=action)))


class Activity(ExperimentsView):
    """What happened."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_experiment"}

    def get(self, request: Request, key: str) -> Response:
        """The activity log with differences, oldest first."""
        query_known(request)
        experiment_view(key)
        return answer(activity_document(activity(key)))


def described(key: str) -> Response:
    """The experiment whole, as it stands."""
    return answer(experiment_document(experiment_view(key), proposal_view(key)))


def _object(request: Request) -> dict[str, Json]:
    found = cast("Json", request.data)
    if not isinstance(found, dict):
        raise InvalidInput("Send a JSON object.", field="body")
    return dict(found)


def _statuses(request: Request) -> tuple[Status, ...] | None:
    said = request.query_params.get("status", "")
    try:
        return tuple(Status(each) for each in said.split(",")) if said else None
    except ValueError:
        listed = ", ".join(each.value for each in Status)
        raise InvalidInput(f"Choose of: {listed}.", field="status") from None


def _whole(request: Request, name: str, default: int, *, most: int) -> int:
    said = request.query_params.get(name, str(default))
    if not (said.isascii() and said.isdigit() and len(said) <= len(str(most))):
        raise InvalidInput(f"A whole number from 0 to {most}.", field=name)
    found = int(said)
    if found > most:
        raise InvalidInput(f"A whole number from 0 to {most}.", field=name)
    return found
