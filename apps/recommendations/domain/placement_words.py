"""Placements in plain words: for forms, lists and what differs between two versions."""

from collections.abc import Iterator, Mapping

from apps.features.contracts import FEATURES
from apps.recommendations.contracts import (
    Constraints,
    Mix,
    Placement,
    PlacementName,
    StrategyName,
)

PLACEMENT_TITLES: Mapping[PlacementName, str] = {
    PlacementName.HOME: "Home page",
    PlacementName.PRODUCT: "Product page",
    PlacementName.CART: "Cart",
    PlacementName.CATEGORY: "Category page",
    PlacementName.EMAIL: "E-mail",
}
STRATEGY_TITLES: Mapping[StrategyName, str] = {
    StrategyName.FOR_YOU: "For you",
    StrategyName.SESSION: "This visit",
    StrategyName.SIMILAR: "Similar products",
    StrategyName.BOUGHT_TOGETHER: "Bought together",
    StrategyName.RECENTLY_VIEWED: "Recently viewed",
    StrategyName.TRENDING: "Trending",
    StrategyName.POPULAR: "Popular",
    StrategyName.NEW_ARRIVALS: "New arrivals",
}
STRATEGY_ABOUT: Mapping[StrategyName, str] = {
    StrategyName.FOR_YOU: "What shoppers of like taste choose; wants some history.",
    StrategyName.SESSION: "Like what this visit looked at.",
    StrategyName.SIMILAR: "Like the product of the page, or those in the cart.",
    StrategyName.BOUGHT_TOGETHER: "In the same baskets more often than chance would have it.",
    StrategyName.RECENTLY_VIEWED: "What the shopper looked at last.",
    StrategyName.TRENDING: "What is bought and looked at more than before.",
    StrategyName.POPULAR: "What most shoppers choose; always finds something.",
    StrategyName.NEW_ARRIVALS: "What came into the catalogue last.",
}
MIX_WORDS: Mapping[Mix, str] = {
    Mix.FIRST: "the first that finds enough",
    Mix.BLEND: "all together, by their best score",
}
_FIELDS: Mapping[str, str] = {
    "title": "Title",
    "strategies": "Strategies",
    "mix": "How strategies come together",
    "diversity": "Variety (λ)",
    "weights": "Ranking weights",
    "k": "Products",
    "constraints.in_stock": "Only what can be bought now",
    "constraints.not_in_session": "Without what this visit bought or put in the cart",
    "constraints.not_bought_days": "Days without what was bought",
    "constraints.most_per_brand": "Most per brand",
    "constraints.most_per_category": "Most per category",
    "constraints.price_from": "Price from (share)",
    "constraints.price_to": "Price to (share)",
    **{f"weights.{spec.name}": f"Weight of {spec.title}" for spec in FEATURES},
}


def placement_lines(placement: Placement) -> tuple[tuple[str, str], ...]:
    """(what, in words) of everything that a placement says."""
    return (
        ("Title", placement.title),
        ("Strategies", strategies_words(placement)),
        ("Together", MIX_WORDS[placement.mix]),
        ("Shown", constraints_words(placement.constraints)),
        ("Variety", variety_words(placement.diversity)),
        ("Weights", weights_words(placement.weights)),
        ("Products", f"{placement.k}, unless the caller names a number"),
    )


def strategies_words(placement: Placement) -> str:
    """The strategies in their order."""
    return ", ".join(
        f"{place}. {STRATEGY_TITLES[use.name]}"
        + (f" × {use.weight:g}" if use.weight < 1.0 else "")  # noqa: RUF001 - a sign for "times"
        for place, use in enumerate(placement.strategies, start=1)
    )


def constraints_words(constraints: Constraints) -> str:
    """What may be shown."""
    return "; ".join(_constraint_words(constraints)) or "anything that is active"


def variety_words(diversity: float) -> str:
    """What λ does."""
    if diversity >= 1.0:
        return "λ 1: relevance alone"
    return f"λ {diversity:g}: {1.0 - diversity:.0%} of the order goes to variety"


def weights_words(weights: Mapping[str, float] | None) -> str:
    """Whose ranking weights are used."""
    if weights is None:
        return "those in force"
    titles = {spec.name: spec.title for spec in FEATURES}
    told = (f"{titles.get(name, name)} {weight:.2f}" for name, weight in weights.items())
    return f"its own: {', '.join(told)}"


def content_place_title(path: str) -> str:
    """What a place in the content (`strategies.2.name`) is called."""
    if path in _FIELDS:
        return _FIELDS[path]
    head, _dot, rest = path.partition(".")
    place, _dot, part = rest.partition(".")
    if head != "strategies":
        return path
    return f"Strategy {place}" + (", its weight" if part == "weight" else "")


def _constraint_words(constraints: Constraints) -> Iterator[str]:
    if constraints.in_stock:
        yield "only what can be bought now"
    if constraints.not_bought_days:
        yield f"nothing bought in the last {constraints.not_bought_days} days"
    if constraints.not_in_session:
        yield "nothing that this visit bought or put in the cart"
    if constraints.most_per_brand:
        yield f"at most {constraints.most_per_brand} of a brand"
    if constraints.most_per_category:
        yield f"at most {constraints.most_per_category} of a category"
    if constraints.price_from:
        yield f"from {constraints.price_from:g} times the product's price"
    if constraints.price_to:
        yield f"up to {constraints.price_to:g} times the product's price"
