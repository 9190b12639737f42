"""Addresses: forcing a variation by query string, targeting pages, carrying queries over.

Source: the public specification of GrowthBook's SDKs (0.7.1): getQueryStringOverride,
isURLTargeted, mergeQueryStrings.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

_LEADING_INTEGER = re.compile(r"\s*([+-]?[0-9]+)")
_BARE_HOST = re.compile(r"^([^:/?]*)\.")
_ANY = "_____"
_BASE = "https://_____"


@dataclass(frozen=True, slots=True)
class UrlTarget:
    """A page pattern: `simple` with `*`, or `regex`; `include` False keeps the page out."""

    kind: str
    pattern: str
    include: bool = True


def query_override(key: str, url: str, count: int) -> int | None:
    """The variation that `?key=index` asks for, None when there is none in [0, count)."""
    _, marked, rest = url.partition("?")
    if not marked:
        return None
    query = rest.split("?")[0].split("#")[0]
    for pair in query.split("&"):
        parts = pair.split("=")
        if parts[0] == key:
            found = _LEADING_INTEGER.match(parts[1]) if len(parts) > 1 else None
            return int(found[1]) if found and 0 <= int(found[1]) < count else None
    return None


def url_matches(pattern: str, url: str) -> bool:
    """Whether a regular expression is found in an address or in its part behind the host."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        return False
    path = re.sub(r"^[^/]*/", "/", re.sub(r"^https?://", "", url))
    return bool(url) and bool(compiled.search(url) or compiled.search(path))


def url_targeted(url: str, targets: Sequence[UrlTarget]) -> bool:
    """Whether a page is meant: no excluding pattern matches, and an including one, if any."""
    including = [target for target in targets if target.include]
    excluding = [target for target in targets if not target.include]
    if not targets or any(_target_matches(url, target) for target in excluding):
        return False
    return not including or any(_target_matches(url, target) for target in including)


def _target_matches(url: str, target: UrlTarget) -> bool:
    try:
        if target.kind == "regex":
            return url_matches(target.pattern, urlunsplit(_parsed(url)))
        return target.kind == "simple" and _simple_matches(_parsed(url), target.pattern)
    except ValueError:
        return False


def _parsed(url: str, base: str = "https://_") -> SplitResult:
    parsed = urlsplit(urljoin(base, url))
    return parsed._replace(netloc=parsed.netloc.lower(), path=parsed.path or "/")


def _simple_matches(actual: SplitResult, pattern: str) -> bool:
    expected = _parsed(_BARE_HOST.sub(r"https://\1.", pattern).replace("*", _ANY), _BASE)
    queries = dict(reversed(parse_qsl(actual.query, keep_blank_values=True)))
    parts = [(actual.netloc, expected.netloc, False), (actual.path, expected.path, True)]
    if expected.fragment:
        parts.append((actual.fragment, expected.fragment, False))
    for key, value in parse_qsl(expected.query, keep_blank_values=True):
        parts.append((queries.get(key, ""), value, False))
    return all(_part_matches(*part) for part in parts)


def _part_matches(actual: str, pattern: str, is_path: bool) -> bool:  # noqa: FBT001 - one of three
    bare = re.sub(r"^/|/$", "", pattern) if is_path else pattern
    escaped = ".*".join(re.escape(text) for text in bare.split(_ANY))
    if is_path:
        escaped = f"/?{escaped}/?"
    return re.fullmatch(escaped, actual, re.IGNORECASE) is not None


def url_with_query(current: str, target: str) -> str:
    """The target with the current address's query, except what the target says itself."""
    own = urlsplit(target)
    pairs = parse_qsl(own.query, keep_blank_values=True)
    said = {key for key, _ in pairs}
    carried = parse_qsl(urlsplit(current).query, keep_blank_values=True)
    kept = {key: value for key, value in carried if key not in said}
    return urlunsplit(own._replace(query=urlencode([*pairs, *kept.items()])))
