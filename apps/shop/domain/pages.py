"""From a search answer to what a page shows: links, facets, chips, bars. No HTML, no I/O."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlencode

from apps.features.contracts import FEATURE_TITLES, FRESHNESS_SCORE, POPULARITY_SCORE
from apps.ranking.contracts import HitRecord
from apps.search.contracts import FacetLine
from apps.shop.contracts import FacetBox, Link, WhyBar

Parameters = Mapping[str, Sequence[str]]
INSISTING = ("spell", "understand", "drop")
"""What a shopper said about how to read the query."""
STAYS = "noredirect"
"""`noredirect=1`: no rule sends the shopper elsewhere; it stays in the page's own links."""
KEPT = ("q", "sort", "page", STAYS, *INSISTING)
FILTER_OPENS, FILTER_CLOSES = "filter[", "]"
SORTS = (
    ("relevance", "Best match"),
    ("popularity", "Most popular"),
    ("newest", "Newest"),
    ("price", "Price, low to high"),
    ("-price", "Price, high to low"),
)
SHOWN_AT_ONCE = 7
MOST_CATEGORIES = 12
POPULAR, NEW = 0.75, 0.85
"""From here on a product is called so: a few of a hundred in the demo's shop."""
LEAST_COVERAGE = 0.2
"""A facet that fewer of the results have is left out: it would only confuse."""
TITLES = {
    "category": "Category",
    "brand": "Brand",
    "price": "Price",
    "availability": "Availability",
    "attr.color": "Colour",
}
UNITS = {
    "inch": "inches", "gb": "GB", "hz": "Hz", "cm": "cm", "mm": "mm", "watts": "watts",
    "litres": "litres", "hours": "hours", "days": "days", "kg": "kg", "g": "grams",
    "lumen": "lumen", "megapixels": "megapixels", "dpi": "dpi", "celsius": "°C",
}  # fmt: skip


def parameters_kept(asked: Parameters) -> dict[str, list[str]]:
    """Those of a page's parameters that act on it; campaign tags and others go.

    Empty values go too: that is what an untouched form field sends.
    """
    return {
        name: [value for value in values if value.strip()]
        for name, values in asked.items()
        if (name in KEPT or (name.startswith(FILTER_OPENS) and name.endswith(FILTER_CLOSES)))
        and any(value.strip() for value in values)
    }


def page_url(path: str, parameters: Parameters, **changes: str | None) -> str:
    """`path` with the parameters; a change to None leaves its parameter out."""
    merged: dict[str, Sequence[str]] = {
        name: values for name, values in parameters.items() if name not in changes
    }
    merged |= {name: [value] for name, value in changes.items() if value is not None}
    query = urlencode(merged, doseq=True, safe="[]/", quote_via=quote)
    return f"{path}?{query}" if query else path


def without_value(parameters: Parameters, name: str, value: str) -> dict[str, list[str]]:
    """The parameters without one value, on the first page."""
    left = {
        key: [one for one in values if key != name or one != value]
        for key, values in parameters.items()
        if key != "page"
    }
    return {key: values for key, values in left.items() if values}


def facet_title(field: str) -> str:
    """What people call a facet: `attr.battery_life_hours` is `Battery life (hours)`."""
    if field in TITLES:
        return TITLES[field]
    words = field.removeprefix("attr.").split("_")
    unit = UNITS.get(words[-1]) if len(words) > 1 else None
    name = " ".join(words[:-1] if unit else words).capitalize()
    return f"{name} ({unit})" if unit else name


def facet_boxes(facets: Mapping[str, tuple[FacetLine, ...]], found: int) -> tuple[FacetBox, ...]:
    """Facets worth showing: they divide the results, or something of them is chosen."""
    return tuple(
        FacetBox(
            field=field,
            title=facet_title(field),
            single=field == "price",
            first=_ordered(field, lines)[:SHOWN_AT_ONCE],
            rest=_ordered(field, lines)[SHOWN_AT_ONCE:],
        )
        for field, lines in facets.items()
        if _worth_showing(lines, found)
    )


def _ordered(field: str, lines: tuple[FacetLine, ...]) -> tuple[FacetLine, ...]:
    """Categories as the tree has them; what is chosen never hides behind "more"."""
    if field == "category":
        return _categories_near(lines)
    return tuple(sorted(lines, key=lambda line: not line.selected))


def _categories_near(lines: tuple[FacetLine, ...]) -> tuple[FacetLine, ...]:
    """Few categories: all. Many: the top ones, and what lies around the chosen ones."""
    ordered = tuple(sorted(lines, key=lambda line: line.value))
    if len(ordered) <= MOST_CATEGORIES:
        return ordered
    chosen = [line.value for line in lines if line.selected]
    return tuple(
        line
        for line in ordered
        if line.selected
        or "/" not in line.value
        or line.value.rpartition("/")[0] in chosen
        or any(path.startswith(f"{line.value}/") for path in chosen)
    )


def _worth_showing(lines: tuple[FacetLine, ...], found: int) -> bool:
    if any(line.selected for line in lines):
        return True
    return len(lines) > 1 and sum(line.count for line in lines) >= LEAST_COVERAGE * found


def filter_chips(
    path: str, parameters: Parameters, facets: Mapping[str, tuple[FacetLine, ...]]
) -> tuple[Link, ...]:
    """One chip per chosen value; following it takes the value away."""
    chips = []
    for name, values in parameters.items():
        if not name.startswith(FILTER_OPENS):
            continue
        field = name[len(FILTER_OPENS) : -len(FILTER_CLOSES)]
        labels = {line.value: line.label for line in facets.get(field, ())}
        chips += [
            Link(
                f"{facet_title(field)}: {labels.get(value, value)}",
                page_url(path, without_value(parameters, name, value)),
            )
            for value in values
        ]
    return tuple(chips)


def page_links(path: str, parameters: Parameters, page: int, pages: int) -> tuple[Link, ...]:
    """The first, the last and the neighbours of the page; gaps are links without a URL."""
    wanted = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    links: list[Link] = []
    before = 0
    for number in wanted:
        if number - before > 1:
            links.append(Link("…", ""))
        url = page_url(path, parameters, page=str(number) if number > 1 else None)
        links.append(Link(str(number), url, current=number == page))
        before = number
    return tuple(links)


def why_bars(record: HitRecord) -> tuple[WhyBar, ...]:
    """The record's contributions as parts of one bar, in the record's order."""
    weights = dict(record.weights.weights)
    values: dict[str, float | None] = {"search_score": record.search.value, **record.features}
    whole = sum(max(part, 0.0) for part in record.contributions.values()) or 1.0
    bars: list[WhyBar] = []
    left = 0.0
    for tone, feature in enumerate(_all_names(record.contributions, values), start=1):
        contribution = record.contributions.get(feature, 0.0)
        width = 100.0 * max(contribution, 0.0) / whole
        bars.append(
            WhyBar(
                feature,
                FEATURE_TITLES.get(feature, feature.replace("_", " ").capitalize()),
                values.get(feature),
                weights.get(feature),
                contribution,
                left,
                width,
                tone,
            )
        )
        left += width
    return tuple(bars)


def _all_names(*mappings: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for names in mappings for name in names))


def badges(features: Mapping[str, float]) -> tuple[str, ...]:
    """What a product's features are worth saying of it.

    Args:
        features: stored feature → value in [0, 1].
    """
    said = (("Popular now", POPULARITY_SCORE, POPULAR), ("New", FRESHNESS_SCORE, NEW))
    return tuple(text for text, name, least in said if features.get(name, 0.0) >= least)
