"""The dashboard's state to and from its address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from apps.explainability.contracts.debugged import PUBLISHED, SIDES, DebugAsked, SideAsked
from apps.search.contracts import MOST_QUERY_CHARACTERS, FusionMethod

DEFAULT_SHOWN, MOST_SHOWN = 10, 50
_MOST_TEXT = 300
FIELDS = ("q", "category", "shown", *(f"{side}.{name}" for side in SIDES for name in (
    "weights", "rules", "fusion", "experiment")))  # fmt: skip


class StateInvalid(ValueError):
    """A state that the page cannot show; `field` names the parameter."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the name beside the message."""
        super().__init__(message)
        self.field = field


def state_read(parameters: Mapping[str, str]) -> DebugAsked:
    """The state that an address means.

    Raises:
        StateInvalid: an unknown parameter, or a value that cannot be used.
    """
    for name in parameters:
        if name not in FIELDS:
            raise StateInvalid(name, f"There is no parameter {name!r}.")
    query = parameters.get("q", "")
    if len(query) > MOST_QUERY_CHARACTERS:
        raise StateInvalid("q", f"q takes at most {MOST_QUERY_CHARACTERS} characters.")
    return DebugAsked(
        query=query,
        category=parameters.get("category", "").strip("/")[:_MOST_TEXT],
        shown=_shown(parameters.get("shown", "")),
        a=_side(parameters, "a"),
        b=_side(parameters, "b"),
    )


def state_query(asked: DebugAsked) -> str:
    """The query string that means this state: only what differs from what shoppers get."""
    found = {"q": asked.query}
    if asked.category:
        found["category"] = asked.category
    if asked.shown != DEFAULT_SHOWN:
        found["shown"] = str(asked.shown)
    for name, side in (("a", asked.a), ("b", asked.b)):
        if side.weights != PUBLISHED:
            found[f"{name}.weights"] = side.weights
        if not side.rules:
            found[f"{name}.rules"] = "off"
        if side.fusion != PUBLISHED:
            found[f"{name}.fusion"] = side.fusion
        if side.experiment:
            found[f"{name}.experiment"] = side.experiment
    return urlencode(found)


def side_words(side: SideAsked) -> str:
    """A configuration in words."""
    parts = []
    if side.experiment:
        key, _, variant = side.experiment.partition(":")
        parts.append(f"variant {variant} of {key}")
    if side.weights != PUBLISHED:
        parts.append(_weights_words(side.weights))
    if side.fusion != PUBLISHED:
        parts.append(f"fusion {side.fusion}")
    if not side.rules:
        parts.append("no rules")
    return ", ".join(parts) or "as shoppers get it"


def _weights_words(weights: str) -> str:
    kind, colon, number = weights.partition(":")
    if kind == "draft" and colon:
        return f"weights of draft {number}"
    subject, _, version = weights.rpartition("@")
    return f"weights of {subject}, version {version}" if subject else "the global weights"


def _shown(text: str) -> int:
    if not text:
        return DEFAULT_SHOWN
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len("99") else 0
    if not 1 <= number <= MOST_SHOWN:
        raise StateInvalid("shown", f"shown must be a whole number from 1 to {MOST_SHOWN}.")
    return number


def _side(parameters: Mapping[str, str], side: str) -> SideAsked:
    fusion = parameters.get(f"{side}.fusion", "") or PUBLISHED
    if fusion != PUBLISHED and fusion not in set(FusionMethod):
        raise StateInvalid(f"{side}.fusion", f"There is no fusion {fusion!r}.")
    rules = parameters.get(f"{side}.rules", "") or "on"
    if rules not in {"on", "off"}:
        raise StateInvalid(f"{side}.rules", "rules is on or off.")
    return SideAsked(
        weights=(parameters.get(f"{side}.weights", "") or PUBLISHED)[:_MOST_TEXT],
        rules=rules == "on",
        fusion=fusion,
        experiment=parameters.get(f"{side}.experiment", "")[:_MOST_TEXT],
    )
