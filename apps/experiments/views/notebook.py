"""The lines that an analyst pastes into a notebook."""

_LINES = """import pandas as pd

days = pd.read_json(
    "{origin}api/v1/experiments/{key}/days",
    lines=True,
    storage_options={{"X-API-Key": "<a key with experiments:read>"}},
)
# Rows are cumulative: read the last day of each phase and variant, never sum over days.
whole = days[days.dimension == ""].sort_values("day")
last = whole.groupby(["metric", "phase", "variant"]).tail(1)
last = last.assign(mean=last.m / last.n, variance=(last.mm - last.m**2 / last.n) / (last.n - 1))"""


def notebook_words(origin: str, key: str) -> str:
    """Reading the day rows with pandas, with a key instead of a session."""
    return _LINES.format(origin=origin, key=key)
