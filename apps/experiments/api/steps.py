"""The steps of an experiment's life: one route each, and the status that they lead to."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.common.errors import InvalidInput, NotFound
from apps.experiments.api.base import (
    ExperimentsView,
    answer,
    body_of,
    person_may,
    query_known,
    reason_of,
)
from apps.experiments.api.documents import decision_document, experiment_document
from apps.experiments.api.experiments import described
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.domain.design.fields import object_of
from apps.experiments.selectors.experiments import experiment_view, proposal_view
from apps.experiments.services.decision import experiment_decide
from apps.experiments.services.forced import forced_units_set
from apps.experiments.services.lifecycle import experiment_status_set
from apps.experiments.services.phases import phase_start

# Which permission a person needs to lead an experiment to a status.
_STATUS_PERMISSIONS: Mapping[Status, str] = {
    Status.DRAFT: "change_experiment",
    Status.IN_REVIEW: "change_experiment",
    Status.RUNNING: "start_experiment",
    Status.PAUSED: "start_experiment",
    Status.COMPLETED: "start_experiment",
    Status.ARCHIVED: "start_experiment",
}


class StatusRoute(ExperimentsView):
    """The status, as a wish: the step that leads there is taken."""

    def put(self, request: Request, key: str) -> Response:
        """`status` and `reason`."""
        with body_of(request) as fields:
            fields.required("status")
            said, reason = fields.text("status"), fields.text("reason")
        try:
            wanted = Status(said)
        except ValueError:
            listed = ", ".join(each.value for each in Status)
            raise InvalidInput(f"Choose one of: {listed}.", field="status") from None
        person_may(request, _STATUS_PERMISSIONS[wanted])
        experiment_status_set(
            key=key, status=wanted, actor=actor_of(request), reason=reason or "through the API"
        )
        return described(key)


class Step(ExperimentsView):
    """One step: what is done, and which permission a person needs for it."""

    codename: str = ""
    act: Callable[..., ExperimentView] | None = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let in by scope, then by the step's permission."""
        super().initial(request, *args, **kwargs)
        person_may(request, self.codename)

    @idempotent_method
    def post(self, request: Request, key: str) -> Response:
        """Take the step; the body may say a `reason`."""
        if self.act is None:
            raise AssertionError("a step is routed with what it does")
        self.act(key=key, actor=actor_of(request), reason=reason_of(request))
        return described(key)


class Phases(ExperimentsView):
    """The next planned step of the ramp, before its time."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "start_experiment"}

    @idempotent_method
    def post(self, request: Request, key: str) -> Response:
        """`coverage`, one that the approved ramp plans, and `reason`."""
        with body_of(request) as fields:
            coverage = fields.number("coverage", least=0, most=1)
            reason = fields.text("reason")
        phase_start(key=key, coverage=coverage, actor=actor_of(request), reason=reason)
        return described(key)


class ForcedUnits(ExperimentsView):
    """Units of QA."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_experiment",
        "PUT": "change_experiment",
    }

    def get(self, request: Request, key: str) -> Response:
        """Unit → variant."""
        query_known(request)
        return Response({"units": dict(experiment_view(key).forced_units)})

    def put(self, request: Request, key: str) -> Response:
        """The whole list anew: `units`, unit → variant."""
        with body_of(request) as fields:
            fields.required("units")
            units = object_of(fields.anything("units"), "units")
            for unit, variant in units.items():
                if not isinstance(variant, str):
                    raise fields.refuse(f"units.{unit}", "This must be the key of a variant.")
        wanted = {unit: str(variant) for unit, variant in units.items()}
        view = forced_units_set(key=key, units=wanted, actor=actor_of(request))
        return Response({"units": dict(view.forced_units)})


class DecisionRoute(ExperimentsView):
    """The decision record."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_experiment",
        "POST": "decide_experiment",
    }

    def get(self, request: Request, key: str) -> Response:
        """What was decided, and on which analysis."""
        query_known(request)
        decision = experiment_view(key).decision
        if decision is None:
            raise NotFound(f"{key} is not decided.", code="undecided")
        return answer(decision_document(decision))

    @idempotent_method
    def post(self, request: Request, key: str) -> Response:
        """`outcome`, `variant` when it ships, `text`, and `ship` to hand it to its surface."""
        with body_of(request) as fields:
            fields.required("outcome")
            outcome, variant = fields.text("outcome"), fields.text("variant")
            text, ship = fields.text("text"), fields.boolean("ship", default=False)
        experiment_decide(
            key=key,
            outcome=outcome,
            variant=variant,
            text=text,
            ship=ship,
            actor=actor_of(request),
        )
        return answer(experiment_document(experiment_view(key), proposal_view(key)), status=201)
