"""A placement's whole form: what it begins with, what it comes to, where refusals belong."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.http import QueryDict

from apps.ranking_weights.contracts import DEFAULT_WEIGHTS
from apps.recommendations.contracts import Placement, StrategyName, StrategyUse
from apps.recommendations.domain.placement_words import STRATEGY_ABOUT, STRATEGY_TITLES
from apps.recommendations.domain.placements import PlacementInvalid, placement_read
from apps.recommendations.forms import IN_FORCE, OWN, PlacementForm

_CONSTRAINTS = (
    "in_stock", "not_bought_days", "not_in_session", "most_per_brand", "most_per_category",
    "price_from", "price_to",
)  # fmt: skip
_PLAIN = ("title", "mix", "diversity", "k")


@dataclass(slots=True)
class StrategyRow:
    """One line of the list of strategies, as the page shows it."""

    name: StrategyName
    weight: str = "1"
    error: str = ""

    @property
    def title(self) -> str:
        return STRATEGY_TITLES[self.name]

    @property
    def about(self) -> str:
        return STRATEGY_ABOUT[self.name]


class GuidedPlacement:
    """The form of one placement.

    Its strategies are rows in the order of their fields, so that moving one is moving its row:
    a script does it, and without one the server does (`row=up:trending`).

    Args:
        posted: what was sent; None for a fresh page.
        placement: to begin with.
        weights: in force, for whoever wants their own.
    """

    def __init__(
        self,
        posted: QueryDict | None,
        placement: Placement,
        weights: Mapping[str, float] = DEFAULT_WEIGHTS,
    ) -> None:
        self.name = placement.name
        self.checked = posted is not None and "row" not in posted
        self.main = PlacementForm(posted, initial=_initial(placement, weights))
        if posted is None:
            self.rows = [_row(use) for use in placement.strategies]
        else:
            self.rows = _rows_moved(_rows_posted(posted), posted)
        self.strategies_error = ""
        self.refusals: list[str] = []
        self.placement: Placement | None = None

    @property
    def spare(self) -> list[StrategyRow]:
        """Strategies that are not in use."""
        used = {row.name for row in self.rows}
        return [StrategyRow(name) for name in StrategyName if name not in used]

    def is_valid(self) -> bool:
        """Whether every field is, and the whole makes a placement; `placement` then holds it."""
        weights = [_weight(row) for row in self.rows]
        if not self.main.is_valid() or any(row.error for row in self.rows):
            return False
        try:
            self.placement = placement_read(self.name, 0, self._content(weights))
        except PlacementInvalid as error:
            self.refuse(error.field, error.message)
            return False
        return True

    def refuse(self, path: str, message: str) -> None:
        """Show a refusal where it belongs."""
        parts = path.split(".")
        if parts[0] == "strategies":
            if len(parts) > 1:
                self.rows[int(parts[1]) - 1].error = message
            else:
                self.strategies_error = message
            return
        name = parts[1] if parts[0] == "constraints" and len(parts) > 1 else parts[0]
        if name in self.main.fields:
            self.main.add_error(name, message)
        else:
            self.refusals.append(message)

    @property
    def refused(self) -> list[str]:
        """Every refusal as a sentence, for whoever sees no fields."""
        told = [f"{row.title}: {row.error}" for row in self.rows if row.error]
        for name, errors in self.main.errors.items():
            field = self.main.fields.get(name)
            told += [f"{field.label or name}: {each}" if field else str(each) for each in errors]
        return [*told, *filter(None, [self.strategies_error]), *self.refusals]

    def _content(self, weights: Sequence[float]) -> dict[str, Any]:
        cleaned = self.main.cleaned_data
        return {
            **{name: cleaned[name] for name in (*_PLAIN, "weights")},
            "strategies": [
                {"name": row.name.value, "weight": weight}
                for row, weight in zip(self.rows, weights, strict=True)
            ],
            "constraints": {name: cleaned[name] for name in _CONSTRAINTS},
        }


def _initial(placement: Placement, weights: Mapping[str, float]) -> dict[str, Any]:
    return {
        **{name: getattr(placement, name) for name in _PLAIN},
        **asdict(placement.constraints),
        "mix": placement.mix.value,
        "whose_weights": IN_FORCE if placement.weights is None else OWN,
        "weights": placement.weights or weights,
    }


def _row(use: StrategyUse) -> StrategyRow:
    return StrategyRow(use.name, f"{use.weight:g}")


def _rows_posted(posted: QueryDict) -> list[StrategyRow]:
    names = dict.fromkeys(name for name in posted.getlist("strategy") if name in set(StrategyName))
    return [StrategyRow(StrategyName(name), posted.get(f"weight_{name}", "1")) for name in names]


def _rows_moved(rows: list[StrategyRow], posted: QueryDict) -> list[StrategyRow]:
    """The rows after a button that no script took over."""
    deed, _colon, name = posted.get("row", "").partition(":")
    if deed == "add":
        used, asked = {row.name.value for row in rows}, posted.get("adding", "")
        new = [each for each in StrategyName if each.value == asked and asked not in used]
        return [*rows, *map(StrategyRow, new)]
    at = next((place for place, row in enumerate(rows) if row.name == name), None)
    if at is None or deed not in {"up", "down", "remove"}:
        return rows
    row = rows.pop(at)
    if deed != "remove":
        rows.insert(max(0, at + (-1 if deed == "up" else 1)), row)
    return rows


def _weight(row: StrategyRow) -> float:
    try:
        return float(row.weight.replace(",", "."))
    except ValueError:
        row.error = "This is a number, such as 0.5."
        return 1.0
