"""Between a rule's JSON and the cells of a form: a flat row a consequence, a payload in lines."""

import json
from collections.abc import Mapping, Sequence

from apps.merchandising.contracts_rules import JsonValue
from apps.merchandising.domain.rules.csv_cells import (
    pairs_cell,
    pairs_of_cell,
    values_cell,
    values_of_cell,
)

Cell = str | int | list[str] | None
_ATTRIBUTE = "attr."
_OF_DOING: Mapping[str, tuple[str, ...]] = {
    "redirect": ("url",),
    "rewrite": ("find", "replace"),
}


def consequence_cells(content: Mapping[str, JsonValue]) -> dict[str, Cell]:
    """The cells of one consequence, as `consequence_content` reads them back."""
    cells: dict[str, Cell] = {}
    for name, value in content.items():
        if name == "product":
            cells["products"] = values_cell([str(value)])
        elif name == "products":
            cells["products"] = values_cell(_texts(value))
        elif name == "filters" and isinstance(value, dict):
            cells |= _filter_cells(value)
        elif name == "factor" and isinstance(value, int):
            cells["factor"] = abs(value)
        elif name == "payload" and isinstance(value, dict):
            cells["payload"] = payload_lines(value)
        elif isinstance(value, str | int):
            cells[name] = value
    return cells


def _filter_cells(filters: Mapping[str, JsonValue]) -> dict[str, Cell]:
    low, _dots, high = "".join(_texts(filters.get("price"))).partition("..")
    others = {
        name.removeprefix(_ATTRIBUTE): _texts(value)
        for name, value in filters.items()
        if name.startswith(_ATTRIBUTE)
    }
    return {
        "brand": values_cell(_texts(filters.get("brand"))),
        "category": _texts(filters.get("category")),
        "price_from": low,
        "price_to": high,
        "availability": _texts(filters.get("availability")),
        "others": pairs_cell(others),
    }


def consequence_content(cells: Mapping[str, Cell]) -> dict[str, object]:
    """The JSON of one consequence, not yet checked; cells of other kinds are left aside.

    Raises:
        CellInvalid: a cell cannot be read at all.
    """
    doing = _text(cells, "do")
    found: dict[str, object] = {"do": doing}
    if doing in _OF_DOING:
        return found | {name: _text(cells, name) for name in _OF_DOING[doing]}
    if doing == "banner":
        return found | {"slot": _text(cells, "slot"), "payload": _payload(_text(cells, "payload"))}
    products = values_of_cell(_text(cells, "products"))
    if doing == "pin":
        if len(products) > 1:
            raise CellInvalid("products", "A pin is for one product; add a row for each.")
        return found | {"product": "".join(products), "position": cells.get("position")}
    if doing in {"boost", "bury"}:
        factor = cells.get("factor")
        found["factor"] = -factor if doing == "bury" and isinstance(factor, int) else factor
    filters = _filters(cells)
    if products or not filters:
        found["products"] = products
    return found | ({"filters": filters} if filters else {})


class CellInvalid(ValueError):
    """A cell that cannot be read; `field` is its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def cell_of_field(parts: Sequence[str]) -> str:
    """The cell where a field of a consequence stands, by its path without `consequences.<n>`."""
    if not parts:
        return "do"
    if parts[0] == "product":
        return "products"
    if parts[0] != "filters":
        return parts[0]
    name = ".".join(parts[1:])
    if name.startswith(_ATTRIBUTE):
        return "others"
    return {"price": "price_from", "": "brand"}.get(name, parts[1] if len(parts) > 1 else "brand")


def _filters(cells: Mapping[str, Cell]) -> dict[str, list[str]]:
    low, high = _text(cells, "price_from"), _text(cells, "price_to")
    found = {
        "brand": values_of_cell(_text(cells, "brand")),
        "category": _many(cells, "category"),
        "price": [f"{low}..{high}"] if low or high else [],
        "availability": _many(cells, "availability"),
    }
    try:
        others = pairs_of_cell(_text(cells, "others"))
    except ValueError as error:
        raise CellInvalid("others", str(error)) from error
    found |= {f"{_ATTRIBUTE}{name}": values for name, values in others.items()}
    return {name: values for name, values in found.items() if values}


def payload_lines(payload: Mapping[str, JsonValue]) -> str:
    """One `name: value` a line; values that are no plain text stand as JSON."""
    return "\n".join(f"{_written(name)}: {_written(value)}" for name, value in payload.items())


def payload_read(text: str) -> dict[str, JsonValue]:
    """The payload of such lines.

    Raises:
        ValueError: a line is not of the form `name: value`.
    """
    found: dict[str, JsonValue] = {}
    # A form's lines end so; other separators may stand inside of a name or a value.
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip():
            continue
        name, value = _line_read(line.strip())
        if name in found:
            raise ValueError(f"'{name}' stands here twice.")
        found[name] = value
    return found


def _line_read(line: str) -> tuple[str, JsonValue]:
    if line.startswith('"'):
        try:
            name, end = json.JSONDecoder().raw_decode(line)
        except ValueError as error:
            raise ValueError(f"'{line}' is not of the form name: value.") from error
        colon, rest = line[end:].lstrip()[:1], line[end:].lstrip()[1:]
    else:
        name, colon, rest = line.partition(":")
    if not colon or colon != ":":
        raise ValueError(f"'{line}' is not of the form name: value.")
    return str(name).strip() if not line.startswith('"') else str(name), _value(rest.strip())


def _value(text: str) -> JsonValue:
    try:
        found: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found


def _written(value: JsonValue) -> str:
    """A text as it is where it is read back so; anything else as JSON."""
    plain = isinstance(value, str) and value.isprintable() and value == value.strip() and value
    if plain and isinstance(value, str) and ":" not in value and value[0] != '"':
        return value if _value(value) == value else json.dumps(value, ensure_ascii=True)
    return json.dumps(value, ensure_ascii=True)


def _payload(text: str) -> dict[str, JsonValue]:
    try:
        return payload_read(text)
    except ValueError as error:
        raise CellInvalid("payload", str(error)) from error


def _text(cells: Mapping[str, Cell], name: str) -> str:
    value = cells.get(name)
    return "" if value is None or isinstance(value, list) else str(value).strip()


def _many(cells: Mapping[str, Cell], name: str) -> list[str]:
    value = cells.get(name)
    return [each for each in value if each] if isinstance(value, list) else []


def _texts(value: JsonValue) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
