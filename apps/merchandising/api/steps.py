"""The steps of whatever waits: of a rule, or of the synonyms."""

from typing import cast

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.merchandising.api.base import (
    MerchandisingView,
    answer,
    body_as,
    person_may,
)
from apps.merchandising.api.documents import rule_document, version_document
from apps.merchandising.api.synonyms import described
from apps.merchandising.contracts import DEFAULT_SUBJECT
from apps.merchandising.selectors_rules import RULES, rule_view
from apps.merchandising.services_steps import StepName, version_step
from apps.publishing.contracts import VersionStatus

# Step → which permission of the kind's model a person needs.
STEPS: dict[StepName, str] = {
    "submit": "change",
    "withdraw": "change",
    "discard": "change",
    "approve": "review",
    "reject": "review",
    "publish": "publish",
}


class StepAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; and, to publish, that the warnings were read."""

    reason: str = ""
    acknowledge_warnings: bool = False


class Step(MerchandisingView):
    """One step; the URL says of what."""

    kind: str = RULES
    step: str = ""
    codename: str = ""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let in by scope, then by the step's permission."""
        super().initial(request, *args, **kwargs)
        person_may(request, self.codename)

    @idempotent_method
    def post(self, request: Request, key: str = DEFAULT_SUBJECT) -> Response:
        """Take the step; the body may say a `reason`."""
        asked = body_as(request, StepAsked)
        done = version_step(
            kind=self.kind,
            subject=key,
            step=cast("StepName", self.step),
            actor=actor_of(request),
            reason=asked.reason,
            acknowledge_warnings=asked.acknowledge_warnings,
        )
        if self.kind != RULES:
            return described()
        if done.status is VersionStatus.REJECTED:
            # Nothing of the rule may be left to describe.
            return answer(version_document(done))
        return answer(rule_document(rule_view(key, as_of=timezone.now())))
