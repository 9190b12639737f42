"""In which currency amounts are, and what a page says when there are several."""

from collections.abc import Mapping

from apps.experiments.contracts.assignment import Json

MIXED = "mixed"


def currency_found(currencies: Mapping[str, int]) -> dict[str, Json]:
    """Results' `currency`, and `currencies` with shares when they are mixed; empty without any."""
    total = sum(currencies.values())
    if not total:
        return {}
    if len(currencies) == 1:
        return {"currency": next(iter(currencies))}
    ordered = sorted(currencies.items(), key=lambda each: (-each[1], each[0]))
    return {"currency": MIXED, "currencies": {name: count / total for name, count in ordered}}


def currency_written(extra: Mapping[str, Json]) -> tuple[str, str]:
    """The currency to write behind amounts, and a sentence when there is no single one."""
    currency, shares = extra.get("currency"), extra.get("currencies")
    if not isinstance(currency, str):
        return "", ""
    if currency != MIXED or not isinstance(shares, dict):
        return currency, ""
    parts = sorted(
        ((share, name) for name, share in shares.items() if isinstance(share, int | float)),
        key=lambda each: (-each[0], each[1]),
    )
    listed = ", ".join(f"{name} {share:.0%}" for share, name in parts)
    return "", f"Amounts are in mixed currencies ({listed}) and were added up as they came."
