"""A trained model in plain words, for the people who answer for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apps.recommendations.contracts_models import Family, ModelCard, Unfit

_FAMILIES: Mapping[str, str] = {
    Family.ALS: "matrix factors (ALS)",
    Family.EASE: "EASE",
    Family.ITEM_ITEM: "item to item",
    Family.POPULARITY: "popularity",
    Family.REPEAT: "buying again",
}
_METRICS: Mapping[str, str] = {
    "ndcg_at_10_new": "NDCG@10, products new to the shopper",
    "ndcg_at_10_all": "NDCG@10, all products",
    "hit_rate_at_10": "Hit rate@10",
    "recall_at_10": "Recall@10",
    "coverage": "Share of the catalogue in anybody's ten best",
    "novelty": "Novelty",
}
UNFIT_WORDS: Mapping[str, str] = {
    Unfit.EMPTY: "there were no interactions yet",
    Unfit.FEW_USERS: "there were too few shoppers",
    Unfit.FEW_PRODUCTS: "there were too few products that anybody chose",
    Unfit.FEW_INTERACTIONS: "there were too few interactions",
}
"""Why the last training published nothing."""
WORTH = "worth."


@dataclass(frozen=True, slots=True)
class Contender:
    """One mix of families in the validation that chose the model.

    Attributes:
        words: the families.
        worth: geometric mean of both NDCG@10, over the validation's periods.
        chosen: whether the model is of this mix.
        against_popularity: worth over that of popularity alone; None: that has none.
    """

    words: str
    worth: float
    chosen: bool
    against_popularity: float | None


def families_words(families: Mapping[str, float]) -> str:
    """The families by weight, such as `EASE 0.7 + matrix factors (ALS) 0.3`."""
    ordered = sorted(families.items(), key=lambda each: -each[1])
    return " + ".join(f"{_FAMILIES.get(name, name)} {weight:g}" for name, weight in ordered)


def metric_lines(metrics: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """(title, value) of what was measured, contenders left out."""
    found = (name for name in metrics if not name.startswith(WORTH))
    return tuple((_METRICS.get(name, name.replace("_", " ")), metrics[name]) for name in found)


def contenders(card: ModelCard) -> tuple[Contender, ...]:
    """What was tried, best first; empty where there was nothing to choose by."""
    return tuple(sorted(_contenders(card), key=lambda each: -each.worth))


def _contenders(card: ModelCard) -> Iterator[Contender]:
    baseline = card.metrics.get(f"{WORTH}{Family.POPULARITY.value}", 0.0)
    alone = frozenset({Family.POPULARITY.value})
    own = (frozenset(card.families) - alone) or alone
    for name, worth in card.metrics.items():
        if not name.startswith(WORTH):
            continue
        mix = frozenset(filter(None, name.removeprefix(WORTH).split("+")))
        words = " + ".join(_FAMILIES.get(each, each) for each in sorted(mix))
        yield Contender(
            words,
            worth,
            mix == own,
            worth / baseline if baseline > 0.0 else None,
        )
