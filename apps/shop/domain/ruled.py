"""What merchandising rules put in an answer, as the shop acts on it. No HTML, no I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from apps.merchandising.domain.rules.consequences import address_usable
from apps.search.contracts import FacetLine
from apps.search.contracts_rules import RuledBanner, RuledFilter, RuledRedirect
from apps.shop.domain.pages import STAYS, Parameters, facet_title, parameters_kept

SLOTS = ("top", "grid")
"""Where the shop has room for a banner: above the results, and among them."""
_TEXTS, _ADDRESSES = ("title", "text"), ("image_link", "link")


@dataclass(frozen=True, slots=True)
class ShownBanner:
    """A banner as the shop's pages show it.

    Attributes:
        rule: key of the rule that shows it.
        title, text, image_link, link: of its payload; empty: it has none that can be used.
    """

    rule: str
    title: str
    text: str
    image_link: str
    link: str


@dataclass(frozen=True, slots=True)
class RuledChip:
    """A filter that a rule set: said, but not to be taken away.

    Attributes:
        rule: its key.
        label: what it keeps, for people.
    """

    rule: str
    label: str


def redirect_url(
    redirect: RuledRedirect | None, *, host: str, path: str, parameters: Parameters
) -> str:
    """Where to send the shopper; empty: nowhere.

    A rule acts on its own target too if that is a search that it is for: whoever stands there,
    or filters, sorts and turns pages there, stays.

    Args:
        redirect: of the answer.
        host: the shop's own.
        path: of the page that was asked for.
        parameters: of that page.
    """
    if (
        redirect is None
        or not address_usable(redirect.url)
        or list(parameters.get(STAYS, ())) == ["1"]
    ):
        return ""
    return "" if _stands_there(redirect.url, host, path, parameters) else redirect.url


def _stands_there(url: str, host: str, path: str, parameters: Parameters) -> bool:
    parts = urlsplit(url)
    if parts.netloc.lower() not in ("", host) or unquote(parts.path).rstrip("/") != path.rstrip(
        "/"
    ):
        return False
    there, here = parameters_kept(parse_qs(parts.query)), parameters_kept(parameters)
    same_query = there.get("q") == here.get("q")
    return same_query and all(set(there[name]) <= set(here.get(name, ())) for name in there)


def banners_shown(banners: Iterable[RuledBanner]) -> dict[str, ShownBanner]:
    """Slot to its banner; slots that the shop lacks, and banners of nothing, are left out."""
    shown = {each.slot: _shown(each) for each in banners if each.slot in SLOTS}
    return {
        slot: each for slot, each in shown.items() if each.title or each.text or each.image_link
    }


def _shown(banner: RuledBanner) -> ShownBanner:
    read = {name: _text(banner.payload, name) for name in (*_TEXTS, *_ADDRESSES)}
    # The payload is anybody's who may draft a rule: `javascript:` and the like lead nowhere.
    usable = {name: read[name] if address_usable(read[name]) else "" for name in _ADDRESSES}
    return ShownBanner(banner.rule, read["title"], read["text"], **usable)


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    return value.strip() if isinstance(value, str) else ""


def ruled_chips(
    filters: Iterable[RuledFilter], facets: Mapping[str, tuple[FacetLine, ...]]
) -> tuple[RuledChip, ...]:
    """One chip per field that a rule filters by, or one for the products that it names."""
    chips: list[RuledChip] = []
    for each in filters:
        if each.products:
            some = "1 product" if len(each.products) == 1 else f"{len(each.products)} products"
            chips.append(RuledChip(each.rule, f"Our selection of {some}"))
        for field, values in each.filters.items():
            labels = {line.value: line.label for line in facets.get(field, ())}
            named = " or ".join(_value_words(field, value, labels) for value in values)
            chips.append(RuledChip(each.rule, f"{facet_title(field)}: {named}"))
    return tuple(chips)


def _value_words(field: str, value: str, labels: Mapping[str, str]) -> str:
    if field != "price":
        return labels.get(value, value.replace("_", " ") if field == "availability" else value)
    low, _, high = value.partition("..")
    if low and high:
        return f"{low} to {high}"
    return f"from {low}" if low else f"up to {high}"
