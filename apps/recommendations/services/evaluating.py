"""A look ahead over the events in the database: before a cut to learn from, after it to judge.

Nothing is published, and nothing is written anywhere: not even Redis.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.conf import settings

from apps.common.errors import InvalidInput
from apps.events.contracts import EventType
from apps.recommendations.contracts import Float32
from apps.recommendations.contracts_models import Cells, Family, TrainingSet, Unfit
from apps.recommendations.domain.blending import BlendModel, Recipe, best_codes
from apps.recommendations.domain.choosing import cells_of_row
from apps.recommendations.domain.evaluation import K
from apps.recommendations.domain.matrices import ages_of
from apps.recommendations.domain.periods import horizon_s
from apps.recommendations.selectors.interactions import (
    USER,
    Span,
    interactions_span,
    taken_between,
)
from apps.recommendations.services.training import Trained, recommender_train

_PURCHASES = (EventType.PURCHASE.value,)
_AFTER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Everything that systems are compared on.

    Attributes:
        cut: aware; what is later is judged by.
        until: the last event, exclusive.
        trained: on what is before the cut, chosen by validation before the cut.
        before: known customer to what they had bought.
        taken: known customer to what they bought after the cut, of known products.
        fresh: the same without what they had bought before; who is left with nothing is not in.
        known: products that a known customer had bought before the cut.
    """

    cut: datetime
    until: datetime
    trained: Trained
    before: Mapping[str, frozenset[str]]
    taken: Mapping[str, frozenset[str]]
    fresh: Mapping[str, frozenset[str]]
    known: frozenset[str]

    @property
    def training(self) -> TrainingSet:
        """What was learnt from."""
        return self.trained.training

    def buyers(self) -> Counter[str]:
        """Product to known customers who had bought it."""
        return Counter(each for products in self.before.values() for each in products)


def cut_default(span: Span) -> datetime:
    """Where a tenth of the time, at most 60 days, is left to judge by."""
    last = span.last.timestamp()
    return datetime.fromtimestamp(last - horizon_s(span.first.timestamp(), last), tz=UTC)


def stage_set(*, cut: datetime | None) -> Stage:
    """Train on what is before `cut`, and read what is after it.

    Raises:
        InvalidInput: there is nothing to learn from, or nothing after the cut.
    """
    span = interactions_span()
    if span is None:
        raise InvalidInput("There are no interactions at all.", field="cut")
    cut = cut or cut_default(span)
    if not span.first < cut <= span.last:
        raise InvalidInput(
            f"The cut must lie between {span.first:%Y-%m-%d} and {span.last:%Y-%m-%d}.",
            field="cut",
        )
    trained = recommender_train(as_of=cut)
    if isinstance(trained, Unfit):
        raise InvalidInput(f"Nothing can be trained on what is before: {trained}.", field="cut")
    until = span.last + _AFTER
    before = _purchases(cut - timedelta(days=settings.RECOMMENDER_WINDOW_DAYS), cut)
    known = frozenset(each for products in before.values() for each in products)
    later = _purchases(cut, until)
    taken = {user: later[user] & known for user in later if user in before and later[user] & known}
    fresh = {user: products - before[user] for user, products in taken.items()}
    return Stage(
        cut=cut,
        until=until,
        trained=trained,
        before=before,
        taken=taken,
        fresh={user: products for user, products in fresh.items() if products},
        known=known,
    )


def _purchases(start: datetime, until: datetime) -> dict[str, frozenset[str]]:
    found = taken_between(start=start, until=until, types=_PURCHASES)
    return {unit.removeprefix(USER): frozenset(products) for unit, products in found.items()}


@dataclass(frozen=True, slots=True)
class SystemLists:
    """What one system shows every judged shopper: of everything, and of what is new to them."""

    everything: Mapping[str, list[str]]
    new: Mapping[str, list[str]]


Scores = Callable[[Cells], Float32]


def cells_by_user(stage: Stage) -> dict[str, Cells]:
    """Each judged shopper's history as the model reads it."""
    training, ages = stage.training, ages_of(stage.training)
    rows = {user: training.user_ids.row_of(USER + user) for user in stage.taken}
    none = np.zeros(0, dtype=np.float32)
    empty = Cells(none.astype(np.int32), none, none)
    return {
        user: cells_of_row(training, row, ages) if row >= 0 else empty
        for user, row in rows.items()
    }


def lists_of_scores(stage: Stage, scores: Scores) -> SystemLists:
    """Full lists by a function of cells: known products alone, ties by code."""
    names = stage.trained.model.product_ids
    codes = {names.get(code): code for code in range(len(names))}
    unknown = [code for name, code in codes.items() if name not in stage.known]
    everything, new = {}, {}
    for user, cells in cells_by_user(stage).items():
        found = scores(cells).copy()
        found[unknown] = -np.inf
        everything[user] = [names.get(int(code)) for code in best_codes(found, K)]
        found[[codes[each] for each in stage.before[user] if each in codes]] = -np.inf
        new[user] = [names.get(int(code)) for code in best_codes(found, K)]
    return SystemLists(everything, new)


def model_scores(model: BlendModel) -> Scores:
    """What the model answers."""
    return lambda cells: model.scores(model.taste(cells))


def family_scores(model: BlendModel, family: Family) -> Scores:
    """What one family would answer alone, as it was trained."""
    parts = model.parts
    return lambda cells: parts.family_scores(family, cells)


def popularity_scores(stage: Stage) -> Scores:
    """By the number of known customers who had bought a product; the same for everybody."""
    buyers, names = stage.buyers(), stage.trained.model.product_ids
    counts = np.array([buyers[names.get(code)] for code in range(len(names))], dtype=np.float32)
    return lambda _cells: counts


def recipe_words(recipe: Recipe) -> str:
    """The recipe for people."""
    parts = " + ".join(f"{weight:g} {family}" for family, weight in recipe.weights.items())
    return f"({parts}) * momentum^{recipe.momentum:g}"
