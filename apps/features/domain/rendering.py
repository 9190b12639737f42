"""The registry as the documentation shows it: written from code, so that it cannot disagree."""

from collections.abc import Sequence

from apps.features.contracts import SOURCES, FeatureSpec

BEGIN = "<!-- registry: written by `manage.py features_docs` -->"
END = "<!-- registry ends -->"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class MarkersMissing(ValueError):
    """The page has no place for the registry."""


def registry_markdown(specs: Sequence[FeatureSpec]) -> str:
    """A table of all, then each with how it is worked out.

    Args:
        specs: by name, then version.
    """
    lines = [
        "| feature | of | type | version | owner | wanted every | in Redis for | past |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(spec) for spec in specs),
        "",
        *(line for spec in specs for line in _told(spec)),
        "Sources: " + "; ".join(f"`{name}`: {words}" for name, words in SOURCES.items()) + ".",
    ]
    return "\n".join(lines)


def _row(spec: FeatureSpec) -> str:
    every = span_written(spec.fresh_s) if spec.stored else "worked out at each request"
    if spec.stored and spec.function:
        every += ", and at each request"
    kept = f"{spec.ttl_s:,} s" if spec.stored else ""
    past = ("yes" if spec.past else "no") if spec.stored else ""
    return (
        f"| `{spec.name}` | {spec.entity.value.replace('_', ' and ')} | {spec.kind.value} "
        f"| {spec.version} | {spec.owner} | {every} | {kept} | {past} |"
    )


def _told(spec: FeatureSpec) -> list[str]:
    made = ", ".join(f"`{name}`" for name in spec.depends_on)
    retired = f" *Deprecated: use `{spec.successor}`.*" if spec.successor else ""
    said = f"**{spec.title}** (`{spec.key}`).{retired} {spec.description}"
    by = f" In a request by `{spec.function}`." if spec.function else ""
    return [f"{said} {spec.computation} Made from {made}.{by}", ""]


def span_written(seconds: int) -> str:
    """A target in words, after "every": `day`, `6 hours`, `5 minutes`."""
    for size, word in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return word if count == 1 else f"{count} {word}s"
    return f"{seconds} seconds"


def page_with(page: str, registry: str) -> str:
    """The page with the registry between its markers.

    Raises:
        MarkersMissing: it has none.
    """
    before, found, rest = page.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (found and ends):
        raise MarkersMissing(f"the page lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{registry}\n{END}{after}"
