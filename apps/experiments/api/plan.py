"""POST …/plan: sample size, power, smallest effect and runtime from the shop's own traffic."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.contracts import Scope
from apps.access.idempotency import idempotent_method
from apps.experiments.api.base import READ, ExperimentsView, body_of
from apps.experiments.contracts.design import UnitType
from apps.experiments.domain.analysis.documents import document_written
from apps.experiments.domain.design.fields import Fields
from apps.experiments.domain.design.plans import plan_read
from apps.experiments.services.analysis import plan_calculate

MOST_VARIANTS = 200
MOST_DAYS = 3650.0


class Plan(ExperimentsView):
    """It stores nothing: reading is enough to ask."""

    required_scope: ClassVar[Mapping[str, Scope]] = {"POST": READ}
    permissions: ClassVar[Mapping[str, str]] = {"POST": "view_experiment"}

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`metric`; and `unit`, `weights` or `variants`, `coverage`, `days`, `plan`."""
        with body_of(request) as fields:
            answer = plan_calculate(
                metric=fields.key("metric"),
                unit=fields.choice("unit", UnitType, UnitType.CLIENT),
                weights=_weights(fields),
                coverage=fields.number("coverage", 1.0, above=0, most=1),
                days=fields.number("days", above=0, most=MOST_DAYS)
                if fields.has("days")
                else None,
                plan=plan_read(fields.inner("plan")),
            )
        return Response(document_written(answer))


def _weights(fields: Fields) -> tuple[float, ...]:
    """Shares as given, else so many equal ones."""
    given = fields.anything("weights")
    count = fields.whole("variants", 2, least=2, most=MOST_VARIANTS)
    if given is None:
        return (1 / count,) * count
    if not isinstance(given, list) or not all(_is_share(each) for each in given):
        raise fields.refuse("weights", "This must be a list of numbers, each at most 1.")
    if len(given) > MOST_VARIANTS:
        raise fields.refuse("weights", f"At most {MOST_VARIANTS} weights.")
    return tuple(float(each) for each in given if isinstance(each, int | float))


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value <= 1
