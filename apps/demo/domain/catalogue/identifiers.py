"""Numbers that a shop's products carry: GTIN-13 with its check digit, makers' part numbers."""

from numpy.random import Generator

GTIN_PREFIX = "2"
"""GS1 keeps 2… for use inside one company: no real product carries such a number."""
_BODY_DIGITS = 11
_SEPARATORS = ("-", "/", ".", " ")


def check_digit(body: str) -> int:
    """The last digit of a GTIN whose other digits are `body`.

    Source: GS1 General Specifications, section 7.9 (weights 3, 1, 3 … from the right).

    Raises:
        ValueError: `body` is empty or holds something else than digits.
    """
    if not body.isascii() or not body.isdigit():
        raise ValueError(f"{body!r} is not a row of digits")
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body)))
    return -total % 10


def gtin13(serial: int) -> str:
    """The GTIN-13 of the demo's `serial`-th product (0 ≤ serial < 10**11)."""
    body = f"{GTIN_PREFIX}{serial:0{_BODY_DIGITS}d}"
    return f"{body}{check_digit(body)}"


def part_number(rng: Generator, brand: str, serial: int) -> str:
    """A maker's part number with letters, digits and a separator, such as `NOR-4821/B2`."""
    letters = "".join(letter for letter in brand.upper() if letter.isalpha())[:3]
    first, second = rng.choice(_SEPARATORS, 2)
    tail = f"{'ABCDEFGHKLMNPR'[int(rng.integers(14))]}{int(rng.integers(1, 10))}"
    return f"{letters}{first}{serial:05d}{second}{tail}"
