"""How the query was read, as the page shows it: another spelling, filters from its words."""

from dataclasses import dataclass

from apps.search.contracts_understanding import Correction, ExtractionUse, Understanding
from apps.shop.contracts import Link
from apps.shop.domain.pages import Parameters, page_url


@dataclass(frozen=True, slots=True)
class Corrected:
    """A query that was searched for in another spelling.

    Attributes:
        shown: what was searched for.
        typed: the query as typed.
        insist_url: searches for that.
    """

    shown: str
    typed: str
    insist_url: str


def corrected_of(
    correction: Correction | None, query: str, path: str, parameters: Parameters
) -> Corrected | None:
    """What the page says about the spelling; None where it was left alone."""
    if correction is None:
        return None
    insisting = page_url(path, _first_page(parameters), spell="false")
    return Corrected(correction.corrected, query.strip(), insisting)


def reading_chips(
    understanding: Understanding, path: str, parameters: Parameters
) -> tuple[Link, ...]:
    """One chip per filter that was read out of the query; following it drops the filter."""
    dropped = list(parameters.get("drop", ()))
    return tuple(
        Link(
            each.label, page_url(path, {**_first_page(parameters), "drop": [*dropped, each.name]})
        )
        for each in understanding.extracted
        if each.use is ExtractionUse.FILTER
    )


def _first_page(parameters: Parameters) -> Parameters:
    return {name: values for name, values in parameters.items() if name != "page"}
