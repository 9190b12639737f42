"""A verdict in plain words: only numbers and names that the document beside it holds."""

from apps.explainability.contracts.explained import (
    FilteredBy,
    HiddenBy,
    KeywordLook,
    Obstacle,
    Rise,
    SemanticLook,
    Whereabouts,
)
from apps.features.contracts import FEATURE_TITLES

_OBSTACLES = {
    Obstacle.NO_SINGLE_WEIGHT: "No change of one weight alone lifts it there.",
    Obstacle.PINNED: "A pin holds it where it is, whatever the weights are.",
    Obstacle.ALL_PLACES_PINNED: "Pins hold every place up to there.",
    Obstacle.BURIED: "A rule puts it behind everything else, whatever the weights are.",
    Obstacle.SORTED: "The hits are sorted otherwise: weights have no say.",
    Obstacle.INTERLEAVED: "Two rankings are mixed here: no weight of one of them decides.",
    Obstacle.POPULAR_INSTEAD: "Nothing was found, and popular products stand in: no weights act.",
}


def shown_words(rank: int, page: int) -> str:
    """On the asked page."""
    return f"It stands at rank {rank}, on page {page}."


def outscored_words(rank: int, page: int, rise: Rise | None) -> str:
    """On another page, and what it takes."""
    opening = f"It was found, and stands at rank {rank}, on page {page}."
    return opening if rise is None else f"{opening} {rise_words(rise)}"


def rise_words(rise: Rise) -> str:
    """What it takes to stand at a rank."""
    told = f"To stand at rank {rise.wanted_rank} or before"
    if rise.gap is not None and rise.gap > 0.0:
        told += f" it lacks {rise.gap:.4f} of the score that stands there"
    told += "."
    if rise.changes:
        change = rise.changes[0]
        title = FEATURE_TITLES.get(change.feature, change.feature)
        way = "above" if change.after > change.before else "below"
        return (
            f"{told} The weight of {title} would have to go from {change.before:.4f} {way} "
            f"{change.threshold:.4f}, the others in proportion: then it stands at {change.rank}."
        )
    if rise.obstacle is Obstacle.DOMINATED:
        return (
            f"{told} No weights at all lift it there: {rise.ahead_always} hits are no worse in "
            "any feature."
        )
    return f"{told} {_OBSTACLES[rise.obstacle]}" if rise.obstacle else told


def hidden_words(hidden: HiddenBy) -> str:
    """Taken out by a rule."""
    return f"Rule '{hidden.rule}' hides it; without any rule it would stand at {hidden.from_rank}."


def filtered_words(filters: tuple[FilteredBy, ...]) -> str:
    """Left out by filters."""
    return f"It was found, and left out: {'; '.join(_filter(each) for each in filters)}."


def _filter(each: FilteredBy) -> str:
    values = ", ".join(each.values)
    if each.set_by == "request":
        return f"the filter {each.field} lets only {values} through"
    if each.set_by == "query":
        return f"the query names {each.field} {values}, which it is not"
    return f"rule '{each.set_by}' keeps only {values}"


def not_retrieved_words(found: Whereabouts, *, by_relevance: bool) -> str:
    """In neither list."""
    parts = ["Neither its words nor its meaning bring it into this answer."]
    if not by_relevance:
        parts.append("Sorted otherwise, only what holds the query's words is listed.")
    if found.keyword is not None:
        parts.append(keyword_words(found.keyword))
    if found.semantic is not None:
        parts.append(semantic_words(found.semantic))
    return " ".join(parts)


def keyword_words(look: KeywordLook) -> str:
    """Its place among all that hold any word."""
    lacks = ", ".join(f"'{word}'" for word in look.lacks)
    if look.rank is None:
        return f"By words: it holds none of {lacks}." if lacks else "By words: nothing is asked."
    ending = f"; it lacks {lacks}" if lacks else ""
    return f"By words: rank {look.rank} of {look.of} that hold any{ending}."


def semantic_words(look: SemanticLook) -> str:
    """Its place by similarity."""
    if look.rank is None or look.similarity is None:
        return f"By meaning: it is not among the {look.of} that were scanned."
    against = "under" if look.similarity < look.floor else "at or above"
    return (
        f"By meaning: rank {look.rank} of {look.of}, similarity {look.similarity:.3f}, "
        f"{against} the floor of {look.floor:.3f}; at most {look.within} are taken."
    )
