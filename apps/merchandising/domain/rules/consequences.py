"""Consequences from and to their JSON form."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from apps.catalog.contracts import InvalidFilter, UnknownFilter
from apps.catalog.domain.filters import filters_parse
from apps.merchandising.contracts_rules import (
    LEAST_FACTOR,
    MOST_FACTOR,
    Banner,
    Consequence,
    Hide,
    JsonValue,
    Keep,
    Pin,
    Redirect,
    Reweigh,
    Rewrite,
    RuleInvalid,
    Target,
)
from apps.merchandising.domain.rules.json_reading import (
    given_text_read,
    joined,
    list_read,
    object_read,
    text_read,
    texts_read,
    whole_read,
)
from apps.merchandising.domain.rules.words import words_normalise

MOST_CONSEQUENCES = 200
MOST_PRODUCTS = 500
MOST_POSITION = 1000
MOST_FILTERS = 20
LONGEST_URL = 2000
LONGEST_PAYLOAD = 20_000
_TARGET = ("products", "filters")
_SLOT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def consequences_parse(value: object, path: str = "consequences") -> tuple[Consequence, ...]:
    """Consequences from JSON: a list of `{"do": …}`.

    Raises:
        RuleInvalid: naming the field; also when two of them contradict each other.
    """
    items = list_read(path, value, MOST_CONSEQUENCES)
    if not items:
        raise RuleInvalid(path, "A rule needs at least one consequence.")
    read = [_consequence(joined(path, str(place)), item) for place, item in enumerate(items, 1)]
    _harmony_check(path, read)
    return tuple(read)


def _consequence(path: str, value: object) -> Consequence:
    named = value.get("do") if isinstance(value, Mapping) else None
    if not isinstance(named, str) or named not in _READERS:
        raise RuleInvalid(joined(path, "do"), f"This is one of {', '.join(_READERS)}.")
    fields, read = _READERS[named]
    return read(path, object_read(path, value, ("do", *fields)))


def _pin(path: str, given: Mapping[str, object]) -> Pin:
    return Pin(
        given_text_read(joined(path, "product"), given.get("product")),
        whole_read(joined(path, "position"), given.get("position"), 1, MOST_POSITION),
    )


def _boost(path: str, given: Mapping[str, object]) -> Reweigh:
    factor = whole_read(joined(path, "factor"), given.get("factor"), 1, MOST_FACTOR)
    return Reweigh(_target(path, given), factor)


def _bury(path: str, given: Mapping[str, object]) -> Reweigh:
    factor = whole_read(joined(path, "factor"), given.get("factor"), LEAST_FACTOR, -1)
    return Reweigh(_target(path, given), factor)


def _hide(path: str, given: Mapping[str, object]) -> Hide:
    return Hide(_target(path, given))


def _keep(path: str, given: Mapping[str, object]) -> Keep:
    return Keep(_target(path, given))


def _redirect(path: str, given: Mapping[str, object]) -> Redirect:
    at = joined(path, "url")
    url = given_text_read(at, given.get("url"), longest=LONGEST_URL)
    if not address_usable(url):
        raise RuleInvalid(at, "This is a path of the shop (/sale) or an https address.")
    return Redirect(url)


def address_usable(url: str) -> bool:
    """Whether a storefront may be sent there: a path of the shop, or an https address."""
    # Browsers read a backslash as a slash, and drop tabs and line ends: neither may be in here.
    if "\\" in url or any(letter.isspace() for letter in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme or parts.netloc:
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    return url.startswith("/") and not url.startswith("//")


def _banner(path: str, given: Mapping[str, object]) -> Banner:
    slot = given_text_read(joined(path, "slot"), given.get("slot"))
    if not _SLOT.fullmatch(slot):
        raise RuleInvalid(joined(path, "slot"), "A slot has small letters, digits, - and _ only.")
    at, payload = joined(path, "payload"), given.get("payload", {})
    if not isinstance(payload, Mapping):
        raise RuleInvalid(at, "There must be an object here.")
    _payload_check(at, payload)
    return Banner(slot, payload)


def _payload_check(path: str, payload: Mapping[str, object]) -> None:
    """Refuse what is too long, and what PostgreSQL keeps in no JSON."""
    try:
        written = json.dumps(payload, allow_nan=False, ensure_ascii=False)
        written.encode()
    except (ValueError, RecursionError) as error:
        raise RuleInvalid(path, "There is a number or a letter in it that JSON lacks.") from error
    if len(written) > LONGEST_PAYLOAD:
        raise RuleInvalid(path, f"This may have at most {LONGEST_PAYLOAD} characters of JSON.")
    if "\\u0000" in written:
        raise RuleInvalid(path, "There is a NUL character in it.")


def _rewrite(path: str, given: Mapping[str, object]) -> Rewrite:
    find = text_read(joined(path, "find"), given.get("find", ""))
    replace = text_read(joined(path, "replace"), given.get("replace", ""))
    words = " ".join(words_normalise(find))
    if find and not words:
        raise RuleInvalid(joined(path, "find"), "There is no word in it.")
    if not words and not words_normalise(replace):
        raise RuleInvalid(joined(path, "replace"), "The whole query cannot be removed.")
    if words and words == " ".join(words_normalise(replace)):
        raise RuleInvalid(joined(path, "replace"), "This is what it would replace.")
    return Rewrite(words, replace)


def _target(path: str, given: Mapping[str, object]) -> Target:
    products = texts_read(joined(path, "products"), given.get("products", ()), MOST_PRODUCTS)
    filters = _filters(joined(path, "filters"), given.get("filters", {}))
    if bool(products) is bool(filters):
        raise RuleInvalid(joined(path, "products"), "Give either products or filters.")
    return Target(products, filters)


def _filters(path: str, value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping) or len(value) > MOST_FILTERS:
        raise RuleInvalid(path, f"There must be an object of at most {MOST_FILTERS} here.")
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(value, key=str):
        at = joined(path, str(name))
        texts = texts_read(at, value[name], MOST_PRODUCTS)
        if not texts:
            raise RuleInvalid(at, "Give at least one value.")
        try:
            filters_parse({f"filter[{name}]": texts})
        except UnknownFilter as error:
            raise RuleInvalid(at, f"There is no filter '{name}'.") from error
        except InvalidFilter as error:
            raise RuleInvalid(at, f"This {error.reason}") from error
        found[str(name)] = texts
    return found


def _harmony_check(path: str, read: Sequence[Consequence]) -> None:
    """Refuse what one rule cannot mean at once."""
    seen: dict[tuple[str, object], int] = {}
    for place, each in enumerate(read, 1):
        for claim in _claims(each):
            if claim in seen:
                words = f"{claim[0]}, and so does consequence {seen[claim]}."
                raise RuleInvalid(joined(path, str(place)), f"This {words}")
            seen[claim] = place


def _claims(each: Consequence) -> list[tuple[str, object]]:
    if isinstance(each, Pin):
        return [
            (f"has a say about where product {each.product} stands", each.product),
            (f"fills position {each.position}", each.position),
        ]
    if isinstance(each, Hide):
        return [
            (f"has a say about where product {product} stands", product)
            for product in each.target.products
        ]
    if isinstance(each, Redirect):
        return [("redirects", "")]
    if isinstance(each, Banner):
        return [(f"fills the slot {each.slot}", each.slot)]
    if isinstance(each, Rewrite):
        return [(f"rewrites '{each.find}'" if each.find else "rewrites the query", each.find)]
    return []


_Reader = Callable[[str, Mapping[str, object]], Consequence]
_READERS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "pin": (("product", "position"), _pin),
    "boost": ((*_TARGET, "factor"), _boost),
    "bury": ((*_TARGET, "factor"), _bury),
    "hide": (_TARGET, _hide),
    "keep": (_TARGET, _keep),
    "redirect": (("url",), _redirect),
    "banner": (("slot", "payload"), _banner),
    "rewrite": (("find", "replace"), _rewrite),
}
DOINGS = tuple(_READERS)


def consequence_json(each: Consequence) -> dict[str, JsonValue]:
    """The JSON form that `consequences_parse` reads back as the same."""
    match each:
        case Pin():
            return {"do": "pin", "product": each.product, "position": each.position}
        case Reweigh():
            name = "boost" if each.factor > 0 else "bury"
            return {"do": name, **_target_json(each.target), "factor": each.factor}
        case Hide():
            return {"do": "hide", **_target_json(each.target)}
        case Keep():
            return {"do": "keep", **_target_json(each.target)}
        case Redirect():
            return {"do": "redirect", "url": each.url}
        case Banner():
            return {"do": "banner", "slot": each.slot, "payload": dict(each.payload)}
    return {"do": "rewrite", "find": each.find, "replace": each.replace}


def _target_json(target: Target) -> dict[str, JsonValue]:
    if target.products:
        return {"products": list(target.products)}
    return {"filters": {name: list(each) for name, each in sorted(target.filters.items())}}
