"""Sticky tokens: first assignments that a client carries instead of us storing them.

The claim is a list of `[experiment__version, variant, unit]`; the unit stands as the first 16
hex digits of the SHA-256 of `attribute||value`, so that a token is worth nothing on another
unit and tells nobody who it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from apps.experiments.contracts.assignment import Json
from apps.experiments.domain.assignment.sticky import document_key
from apps.experiments.domain.serving.signing import SignatureWrong, claim_open, claim_seal

_PURPOSE = b"endcap:experiments:sticky"
_DIGITS = 16
MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class StickyEntry:
    """One first assignment: `experiment__version`, its variant, and whose it is."""

    key: str
    variant: str
    unit: str


class StickyTokenInvalid(ValueError):
    """Forged or torn."""


def unit_digest(attribute: str, value: str) -> str:
    """How a unit stands in a token."""
    return sha256(document_key(attribute, value).encode("utf-8", "surrogatepass")).hexdigest()[
        :_DIGITS
    ]


def sticky_token_make(*, secret: bytes, entries: Sequence[StickyEntry]) -> str:
    """The token of these entries, the newest last; the oldest beyond 50 are forgotten."""
    claim: list[Json] = [[each.key, each.variant, each.unit] for each in entries[-MOST_ENTRIES:]]
    return claim_seal(secret, _PURPOSE, claim)


def sticky_token_read(*, secrets: Sequence[bytes], token: str) -> tuple[StickyEntry, ...]:
    """The entries of a token, signed with any of the secrets.

    Raises:
        StickyTokenInvalid: forged or torn.
    """
    try:
        claim = claim_open(secrets, _PURPOSE, token)
    except SignatureWrong as error:
        raise StickyTokenInvalid("The sticky token is not one of ours.") from error
    entries = []
    for item in claim if isinstance(claim, list) else ():
        match item:
            case [str(key), str(variant), str(unit)]:
                entries.append(StickyEntry(key, variant, unit))
    return tuple(entries)


def entries_of(entries: Sequence[StickyEntry], units: Mapping[str, str]) -> dict[str, str]:
    """`experiment__version` to variant, for the units (value by attribute) that ask now."""
    digests = {unit_digest(attribute, value) for attribute, value in units.items()}
    return {each.key: each.variant for each in entries if each.unit in digests}
