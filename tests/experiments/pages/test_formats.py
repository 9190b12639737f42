"""Numbers and times as people read them."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.domain.pages import formats
from apps.experiments.domain.pages.origins import input_written

NB = "\u00a0"
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
NAMES = {"control": "As it is", "fresh": "Fresh first"}


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (formats.count(12_345.0), "12,345"),
        (formats.count(57_857.52), "57,857.5"),
        (formats.count(0.254), "0.25"),
        (formats.count(None), NONE),
        (formats.count(math.inf), "∞"),
        (formats.number(0.00412), "0.00412"),
        (formats.number(1234.5), "1,234"),
        (formats.number(math.nan), NONE),
        (formats.number(-math.inf), f"{MINUS}∞"),
        (formats.number(-0.0), "0"),
        (formats.percent(0.0342), f"3.42{NB}%"),
        (formats.percent(math.inf), "∞"),
        (formats.money(-1299.0, "EUR"), f"{MINUS}€1,299.00"),
        (formats.money(3.5, "SEK"), f"3.50{NB}SEK"),
        (formats.money(0.0123), "0.0123"),
        (formats.money(None), NONE),
        (formats.seconds(0.42), f"0.420{NB}s"),
        (formats.seconds(80.0), f"1{NB}min{NB}20{NB}s"),
        (formats.seconds(120.0), f"2{NB}min"),
        (formats.seconds(-7560.0), f"{MINUS}2.1{NB}h"),
        (formats.seconds(120_960.0), f"1.4{NB}days"),
        (formats.seconds(None), NONE),
        (formats.value_written("seconds", 2.0), f"2.00{NB}s"),
        (formats.value_written("number", 2.0), "2.00"),
        (formats.value_written("money", 2.0, "USD"), "$2.00"),
        (formats.change_written(0.021), f"+2.10{NB}%"),
        (formats.change_written(-0.021), f"{MINUS}2.10{NB}%"),
        (formats.change_written(0.0), f"0{NB}%"),
        (formats.change_written(None), NONE),
        (formats.change_written(math.inf, 2), "+∞"),
        (formats.change_written(0.02134, 1), f"+2.1{NB}%"),
        (formats.tick_written(0.125), f"+12.5{NB}%"),
        (formats.difference_written("percent", 0.004), f"+0.400{NB}pp"),
        (formats.p_written(0.0004), f"<{NB}0.001"),
        (formats.p_written(0.031), "0.031"),
        (formats.p_written(0.9999), f">{NB}0.999"),
        (formats.p_written(1.0), "1.000"),
        (formats.p_written(None), NONE),
        (formats.chance_written(0.9999), f">{NB}99.9{NB}%"),
        (formats.chance_written(0.0001), f"<{NB}0.1{NB}%"),
        (formats.chance_written(0.973), f"97.3{NB}%"),
        (formats.chance_written(None), NONE),
        (formats.level_written(0.05), f"95{NB}%"),
        (formats.level_written(0.001), f"99.9{NB}%"),
        (formats.share_written(1 / 3), f"33.33{NB}%"),
        (formats.days_written(1.0), f"1{NB}day"),
        (formats.days_written(9.04), f"9{NB}days"),
        (formats.days_written(18.25), f"18{NB}days"),
        (formats.days_written(None), NONE),
        (formats.days_written(math.inf), "no end in sight"),
        (formats.moment_written(datetime(2026, 11, 21, 9, 45, tzinfo=UTC)), "2026-11-21 09:45 UTC"),
        (formats.moment_written(None), NONE),
        (formats.day_written(None), NONE),
        (formats.interval_written("a", "b"), "a to b"),
        (formats.words("pre_exposure_bias"), "pre exposure bias"),
    ],
)  # fmt: skip
def test_formats(written: str, wanted: str) -> None:
    assert written == wanted


def test_an_interval_decides_its_decimals() -> None:
    assert formats.change_decimals(0.01, 0.08) == 2
    assert formats.change_decimals(-0.4, 0.6) == 0
    assert formats.change_decimals(-math.inf, 0.6) == 2
    assert formats.change_decimals(0.1, 0.1) == 2


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_every_number_can_be_written(value: float) -> None:
    for write in (formats.count, formats.number, formats.percent, formats.money, formats.seconds, formats.change_written, formats.p_written, formats.chance_written, formats.days_written, input_written):  # fmt: skip
        assert write(value)
