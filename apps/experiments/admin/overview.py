"""What one experiment's page shows."""

from typing import Any

from apps.experiments.admin.pages_base import results_url
from apps.experiments.admin.steps import DRAFT, Standing
from apps.experiments.admin.words import changes_titled, design_lines, payload_words, percent
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import DecisionView, Outcome
from apps.experiments.domain.design.transitions import Action
from apps.experiments.models import Analysis
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.proposals import proposal_effect
from apps.experiments.selectors.requirements import requirements

_MOST_LINES = 30
_DECIDABLE = {Status.RUNNING, Status.PAUSED, Status.COMPLETED}


def overview_context(standing: Standing, *, proposed: bool = False) -> dict[str, Any]:
    """Everything the templates read; a constant number of statements.

    `proposed` shows the design that waits instead of the one in force.
    """
    view, proposal = standing.view, standing.proposal
    design = proposal.design if proposed and proposal is not None else view.design
    effect = proposal_effect(view, proposal) if proposal is not None else None
    next_action = Action.SUBMIT if standing.waiting == DRAFT else Action.START
    latest = Analysis.objects.filter(experiment_id=view.id, latest=True).defer("document").first()
    return {
        "view": view,
        "status_words": view.status.replace("_", " "),
        "outcome": view.decision.outcome.replace("_", " ") if view.decision else "",
        "standing": standing,
        "proposal": proposal,
        "variants": [
            (variant, percent(variant.weight), payload_words(design.surface, variant.payload))
            for variant in design.variants
        ],
        "lines": design_lines(design),
        "phases": [
            (phase, percent(phase.coverage), _weights(view.design.variant_keys, phase.weights))
            for phase in reversed(view.phases)
        ],
        "effect": effect,
        "changes": changes_titled(effect.changes) if effect is not None else (),
        "checklist": requirements(key=view.key, action=next_action) if proposal else (),
        "checked_for": _checked_for(standing, next_action),
        "latest": latest,
        "log": tuple(reversed(activity(view.key)))[:_MOST_LINES],
        "results_url": results_url(view.key, view.status),
        "decidable": view.status in _DECIDABLE and view.decision is None,
        "shippable": _shippable(view.decision),
        "qa_open": view.status not in {Status.COMPLETED, Status.ARCHIVED},
    }


def _shippable(decision: DecisionView | None) -> bool:
    """Decided to be shipped, and not handed to its surface yet."""
    return decision is not None and decision.outcome is Outcome.SHIP and not decision.shipped


def _checked_for(standing: Standing, action: Action) -> str:
    what = "the change" if standing.started else "the start"
    return f"requesting {what}" if action is Action.SUBMIT else what


def _weights(keys: tuple[str, ...], weights: tuple[float, ...]) -> str:
    return ", ".join(f"{key} {percent(share)}" for key, share in zip(keys, weights, strict=False))
