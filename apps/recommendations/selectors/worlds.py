"""The world as it is served now: every part is read from this process's memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.embeddings.selectors import vectors_of
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.merchandising.contracts_rules import RuleSwitches
from apps.merchandising.selectors import rule_book
from apps.ranking_weights.contracts import ResolvedWeights, WeightsChoice
from apps.ranking_weights.selectors import weights_resolve
from apps.recommendations.contracts import Float32, Int32, Personalisation, Placement, Shopper
from apps.recommendations.contracts_answers import WeighBy, World
from apps.recommendations.selectors.affinity import shopper_affinity, user_product_affinity
from apps.recommendations.selectors.personalised import (
    personalisation_flags,
    personalisation_in_force,
)
from apps.recommendations.selectors.revisits import revisit_scores
from apps.recommendations.selectors.session_signals import session_boosts
from apps.recommendations.selectors.strategies import strategies_known


@dataclass(frozen=True, slots=True)
class ShelfPlan:
    """A shelf, with what experiments change.

    Attributes:
        placement: as published, or as a variant has it.
        personalisation: what may follow the shopper; None: as the shop has it.
        weights: what a variant asks to score by; None leaves the weights in force.
        chosen_by: key of that experiment and of its variant.
        switches: which merchandising rules act.
        variants: experiment → variant, as far as rules ask.
    """

    placement: Placement
    personalisation: Personalisation | None = None
    weights: WeightsChoice | None = None
    chosen_by: tuple[str, str] = ("", "")
    switches: RuleSwitches = field(default_factory=RuleSwitches)
    variants: Mapping[str, str] = field(default_factory=dict)


def world_now(plan: ShelfPlan, as_of: datetime) -> World:
    """Everything that a shelf is made from.

    Args:
        plan: the shelf.
        as_of: aware.
    """
    return World(
        snapshot=serving_snapshot(),
        placement=plan.placement,
        strategies=strategies_known(),
        weigh=_weigh_by(plan),
        as_of=as_of,
        affinity=shopper_affinity,
        row_affinity=user_product_affinity,
        boosts=_boosts,
        revisits=revisit_scores,
        vectors=_vectors,
        book=rule_book(),
        switches=plan.switches,
        variants=plan.variants,
        personalisation=personalisation_in_force(plan.personalisation or personalisation_flags()),
    )


def _weigh_by(plan: ShelfPlan) -> WeighBy:
    def weigh(about: str | None, available: frozenset[str]) -> ResolvedWeights:
        return weights_resolve(
            category_path=about,
            available=available,
            choice=plan.weights,
            chosen_by=plan.chosen_by,
        )

    return weigh


def _boosts(shopper: Shopper, snapshot: ServingSnapshot, rows: Int32) -> Float32 | None:
    return session_boosts(shopper.session, snapshot, rows)


def _vectors(snapshot: ServingSnapshot, rows: Int32) -> Float32 | None:
    found = vectors_of(snapshot.columns.pks[rows])
    return None if found is None else found[0]
