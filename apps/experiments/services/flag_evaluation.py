"""Flags for one context: flags without an experiment, and experiments as flags under test."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from apps.common.errors import InvalidInput, Unavailable
from apps.experiments.contracts.assignment import Json, Reason
from apps.experiments.contracts.serving import (
    FlagAnswer,
    FlagFault,
    FlagReason,
    Served,
    ServingExperiment,
)
from apps.experiments.domain.serving.flags import attributes_for, experiment_answer
from apps.experiments.domain.serving.plans import ServingPlans
from apps.experiments.selectors.serving import serving_plans
from apps.experiments.services.assign import experiment_assign, experiment_shown
from apps.experiments.services.qa_tokens import qa_overrides_lenient
from apps.experiments.services.sticky import (
    Hashes,
    sticky_fresh,
    sticky_keys,
    sticky_known,
    sticky_store,
    sticky_token_of,
)


@dataclass(frozen=True, slots=True)
class FlagRequest:
    """Who asks, when, and what the edge read of stored first assignments.

    Attributes:
        context: `targetingKey` and whatever else is known; `qa` and `sticky_token` in it are
            a QA link's token and the token of an earlier answer.
        as_of: aware.
        hashes: of `flag_sticky_keys`; None when Redis did not answer.
    """

    context: Mapping[str, Json]
    as_of: datetime
    hashes: Hashes = None

    def text(self, name: str) -> str:
        """A text of the context, empty when it is something else."""
        found = self.context.get(name)
        return found if isinstance(found, str) else ""


def flag_evaluate(*, key: str, request: FlagRequest) -> FlagAnswer:
    """One flag.

    Raises:
        Unavailable: flags could not be loaded.
    """
    plans = _plans()
    flag = plans.flags.get(key)
    if flag is not None:
        return flag.answer(request.context)
    experiment = plans.experiments.get(key)
    if experiment is None or not experiment_shown(experiment, _overrides(request)):
        return FlagAnswer(key, fault=FlagFault.FLAG_NOT_FOUND, message=f"There is no flag {key}.")
    return _experiment(experiment, request)


def flags_evaluate(*, request: FlagRequest) -> tuple[FlagAnswer, ...]:
    """Every flag, and every experiment that has started, by key.

    Raises:
        Unavailable: flags could not be loaded.
    """
    plans = _plans()
    started = [e for e in plans.experiments.values() if e.started]
    answers = [flag.answer(request.context) for flag in plans.flags.values()]
    answers += [_experiment(each, request) for each in started]
    return tuple(sorted(answers, key=lambda each: each.key))


def flag_sticky_keys(*, context: Mapping[str, Json], key: str = "") -> tuple[str, ...]:
    """The hashes that evaluating a flag (or all) needs, for the edge's round trip."""
    plans = serving_plans()
    found = plans.experiments.get(key)
    asked = plans.sticky_stored if not key else (found,) if found is not None else ()
    keys = (
        sticky_keys(
            surface="",
            attributes=attributes_for(context, each.spec.unit),
            experiment=each.spec.key,
        )
        for each in asked
    )
    return tuple(dict.fromkeys(each for found_keys in keys for each in found_keys))


def _plans() -> ServingPlans:
    plans = serving_plans()
    if not plans.complete:
        raise Unavailable("Flags cannot be read now.")
    return plans


def _experiment(experiment: ServingExperiment, request: FlagRequest) -> FlagAnswer:
    spec = experiment.spec
    attributes = attributes_for(request.context, spec.unit)
    keys = sticky_keys(surface="", attributes=attributes, experiment=spec.key)
    known = sticky_known(
        hashes=request.hashes,
        keys=keys,
        token=request.text("sticky_token"),
        attributes=attributes,
    )
    served = experiment_assign(
        key=spec.key,
        attributes=attributes,
        as_of=request.as_of,
        overrides=_overrides(request),
        sticky=known.assignments,
    )
    sticky_store(sticky_fresh(served=[served], known=known, attributes=attributes))
    token = sticky_token_of(served=[served], known=known, attributes=attributes)
    return _answer(experiment, served, token)


def _overrides(request: FlagRequest) -> Mapping[str, str]:
    qa = request.text("qa")
    return qa_overrides_lenient(qa, as_of=request.as_of) if qa else {}


def _answer(experiment: ServingExperiment, served: Served, token: str) -> FlagAnswer:
    value = experiment.spec.variants[served.assignment.index].value
    answer = experiment_answer(served, value)
    if experiment.decided and served.assignment.reason is Reason.NOT_RUNNING:
        # What was shipped is the value from now on; nothing is switched off.
        answer = replace(answer, reason=FlagReason.STATIC)
    if not token:
        return answer
    return replace(answer, metadata={**answer.metadata, "sticky_token": token})


def context_read(body: object) -> dict[str, Json]:
    """The context of a request; an empty one when it sends none.

    Raises:
        InvalidInput: with code INVALID_CONTEXT or PARSE_ERROR.
    """
    if not isinstance(body, dict):
        raise InvalidInput(
            "The body is an object with `context`.", field="body", code=FlagFault.PARSE_ERROR
        )
    context = body.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise InvalidInput(
            "context must be an object.", field="context", code=FlagFault.INVALID_CONTEXT
        )
    target = context.get("targetingKey", "")
    if not isinstance(target, str):
        raise InvalidInput(
            "targetingKey must be a text.", field="targetingKey", code=FlagFault.INVALID_CONTEXT
        )
    return context
