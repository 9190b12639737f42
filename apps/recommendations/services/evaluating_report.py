"""The report of `recsys_eval`: every system's figures, and what they are worth."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from apps.common.domain.relevance import NotComputable, paired_difference
from apps.recommendations.contracts import Float32, Int32
from apps.recommendations.contracts_models import Cells, Family
from apps.recommendations.domain.blending import BlendModel, best_codes
from apps.recommendations.domain.evaluation import (
    SEED,
    Figures,
    K,
    coverage,
    difference_of,
    diversity,
    figures_of,
    novelty,
    overlap,
)
from apps.recommendations.selectors.visits import first_visits
from apps.recommendations.services.evaluating import (
    Stage,
    SystemLists,
    cells_by_user,
    family_scores,
    lists_of_scores,
    model_scores,
    popularity_scores,
    recipe_words,
)
from apps.recommendations.services.evaluating_served import lists_served

Json = str | int | float | None | Mapping[str, "Json"]
_VISIT_SEEN = 10  # products of a visit that count as looked at before the next one
_CART = 2.0
_FIGURES = ("ndcg_at_10", "hit_rate_at_10", "recall_at_10", "mrr")


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What was measured; `document()` is what `--json` prints."""

    stage: Stage
    systems: Mapping[str, SystemLists]

    def document(self) -> dict[str, Json]:
        """Definition, systems, what they differ by, and the next item of a visit."""
        return {
            "definition": self._definition(),
            "systems": {name: self._system(lists) for name, lists in self.systems.items()},
            "differences": self._differences(),
            "next_item": next_item(self.stage),
            "chosen": self._chosen(),
        }

    def _definition(self) -> dict[str, Json]:
        stage = self.stage
        return {
            "cut": stage.cut.isoformat(),
            "until": stage.until.isoformat(),
            "users": "known customers: user ids with a purchase before the cut",
            "products": "bought by a known customer before the cut; the whole of them is ranked",
            "relevant": "products bought from the cut on, gain 1; cancellations are left out",
            "new": "without what the user had bought before the cut, in lists and in relevant",
            "all": "everything, repeat purchases too",
            "k": K,
            "known_users": len(stage.before),
            "known_products": len(stage.known),
            "served": "shelf `home` by the route's own core over the world at the cut",
            "popularity": "products by known customers who had bought them",
            "als": "alternating least squares alone, with the parameters that were chosen",
        }

    def _system(self, lists: SystemLists) -> dict[str, Json]:
        stage, model = self.stage, self.stage.trained.model
        found: dict[str, Json] = {
            "new": _figures(figures_of(lists.new, stage.fresh)),
            "all": _figures(figures_of(lists.everything, stage.taken)),
            "coverage": coverage(lists.new, len(stage.known)),
            "novelty": novelty(lists.new, stage.buyers(), len(stage.before)),
            "diversity": diversity(lists.new, _vectors(model)),
            "overlap": overlap(lists.new),
        }
        return found

    def _differences(self) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for other in ("popularity", "als"):
            for kind, taken in (("new", self.stage.fresh), ("all", self.stage.taken)):
                one, two = (
                    figures_of(getattr(self.systems[name], _FIELD[kind]), taken)
                    for name in ("served", other)
                )
                if isinstance(one, Figures) and isinstance(two, Figures):
                    found[f"served-{other}.{kind}"] = asdict(difference_of(one, two))
        return found

    def _chosen(self) -> dict[str, Json]:
        trained = self.stage.trained
        return {
            "recipe": recipe_words(trained.model.recipe),
            "parameters": dict(trained.model.card.parameters),
            "validation": dict(trained.model.card.metrics),
            "training_seconds": round(trained.seconds, 1),
        }


_FIELD = {"new": "new", "all": "everything"}


def evaluate(stage: Stage, told: Callable[[str], None]) -> Evaluation:
    """Every system over the same shoppers; `told` hears what is being done."""
    model, systems = stage.trained.model, {}
    told("What the route would have answered")
    systems["served"] = lists_served(stage)
    told("Simple systems")
    systems["popularity"] = lists_of_scores(stage, popularity_scores(stage))
    systems["als"] = lists_of_scores(stage, family_scores(model, Family.ALS))
    systems["ease"] = lists_of_scores(stage, family_scores(model, Family.EASE))
    systems["item_item"] = lists_of_scores(stage, family_scores(model, Family.ITEM_ITEM))
    systems["model"] = lists_of_scores(stage, model_scores(model))
    return Evaluation(stage, systems)


def _figures(found: Figures | NotComputable) -> dict[str, Json]:
    if isinstance(found, NotComputable):
        return {
            **dict.fromkeys(_FIGURES),
            "users": 0,
            "ndcg_at_10_interval": {},
            "not_computable": found.reason,
        }
    interval = found.interval
    bounds: dict[str, Json] = (
        {} if isinstance(interval, NotComputable) else {"low": interval.low, "high": interval.high}
    )
    return {
        **dict(zip(_FIGURES, (found.ndcg, found.hit_rate, found.recall, found.mrr), strict=True)),
        "users": found.users,
        "ndcg_at_10_interval": bounds,
    }


def _vectors(model: BlendModel) -> dict[str, Float32]:
    lengths = np.linalg.norm(model.item_factors, axis=1)
    known = np.flatnonzero(lengths > 0).tolist()
    factors = model.item_factors / np.maximum(lengths, np.float32(1e-9))[:, None]
    return {model.product_ids.get(code): factors[code] for code in known}


def next_item(stage: Stage) -> dict[str, Json]:
    """The last product of each shopper's first visit after the cut: is it among ten?

    With what the visit took before it folded in as if it were in the cart now, and without;
    what the visit took before is on neither list.
    """
    model, cells = stage.trained.model, cells_by_user(stage)
    visits = first_visits(users=sorted(stage.taken), start=stage.cut, until=stage.until)
    with_hits: list[bool] = []
    without_hits: list[bool] = []
    for user, products in visits.items():
        codes = model.product_ids.rows_of([each for each in products if each in stage.known])
        if len(codes) < 2:  # noqa: PLR2004 - one to see and one to foretell
            continue
        seen, target = codes[:-1][-_VISIT_SEEN:], int(codes[-1])
        for history, hits in (
            (_folded(cells[user], seen), with_hits),
            (cells[user], without_hits),
        ):
            scores = model.scores(model.taste(history)).copy()
            scores[codes[:-1]] = -np.inf
            hits.append(target in best_codes(scores, K).tolist())
    gain = paired_difference([*map(float, with_hits)], [*map(float, without_hits)], seed=SEED)
    return {
        "visits": len(with_hits),
        "hit_rate_at_10_with_visit": float(np.mean(with_hits)) if with_hits else None,
        "hit_rate_at_10_without": float(np.mean(without_hits)) if without_hits else None,
        "p_value": None if isinstance(gain, NotComputable) else gain.p_value,
    }


def _folded(cells: Cells, seen: Int32) -> Cells:
    """The history with a visit's products as of now."""
    old = ~np.isin(cells.codes, seen)
    fresh = np.unique(seen).astype(np.int32)
    return Cells(
        np.concatenate([cells.codes[old], fresh]),
        np.concatenate([cells.weights[old], np.full(len(fresh), _CART, dtype=np.float32)]),
        np.concatenate([cells.ages[old], np.zeros(len(fresh), dtype=np.float32)]),
    )
