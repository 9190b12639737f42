"""Two neighbours exchanged now and then: what a place is worth, apart from what stands there.

A hit at place k is clicked because it is good and because it is at place k. Where two neighbours
are exchanged by chance, and by nothing else, the difference of their clicks is the place's alone.
Source: Joachims, Swaminathan and Schnabel, "Unbiased learning-to-rank with biased feedback",
WSDM 2017, section 5.1 (swap interventions).
"""

import hashlib
from dataclasses import replace
from uuid import UUID

from apps.ranking.contracts import HitRecord, Step
from apps.ranking.domain.records import reason_in_words
from apps.search.contracts import Hit

# Of a hundred answers never more than five, whatever a setting says.
MOST_SHARE = 0.05
RULE = "neighbours"
DETAIL = "a few answers exchange two neighbours by chance, to learn what a place is worth"
_PURPOSE = b"endcap-swap-1"
_WHOLE = 2**64


def share_capped(share: float) -> float:
    """The share of answers that are exchanged, in [0, 0.05]; what is no number is none."""
    return min(share, MOST_SHARE) if share > 0.0 else 0.0


def swap_drawn(query_id: UUID, share: float) -> bool:
    """Whether the answer of this id exchanges two neighbours; the same whenever it is asked.

    Args:
        query_id: of the answer.
        share: of all answers; capped.
    """
    return _draws(query_id)[0] < share_capped(share) * _WHOLE


def swap_place(query_id: UUID, shown: int) -> int | None:
    """The 1-based place of the upper one of the two; None: there are no two.

    Args:
        query_id: of the answer; every pair is as likely.
        shown: hits on the page.
    """
    return None if shown <= 1 else 1 + _draws(query_id)[1] % (shown - 1)


def hits_swapped(hits: tuple[Hit, ...], place: int) -> tuple[Hit, ...]:
    """The hits with those at `place` and below it exchanged; positions go on counting.

    Args:
        hits: as ranked.
        place: 1-based place on the page of the upper one.

    Raises:
        IndexError: there are no two such hits.
    """
    if not 1 <= place < len(hits):
        raise IndexError(f"places {place} and {place + 1} of {len(hits)}")
    upper, lower = hits[place - 1], hits[place]
    pair = (_moved(lower, upper.position), _moved(upper, lower.position))
    return (*hits[: place - 1], *pair, *hits[place + 1 :])


def place_ranked(position: int, swap: int | None) -> int:
    """The position that a hit was ranked at, from the one that it is shown at.

    Args:
        position: 1-based, as shown.
        swap: position of the upper one of the exchanged two; None: nothing was exchanged.
    """
    if swap is None or position not in {swap, swap + 1}:
        return position
    return 2 * swap + 1 - position


def record_swapped(record: HitRecord, position: int) -> HitRecord:
    """The record of a hit that is shown at another position than it was ranked at."""
    if record.position == position:
        return record
    step = Step("swap", RULE, record.position, position, DETAIL)
    moved = replace(record, position=position, steps=(*record.steps, step))
    return replace(moved, reason=reason_in_words(moved))


def _moved(hit: Hit, position: int) -> Hit:
    record = None if hit.record is None else record_swapped(hit.record, position)
    return replace(hit, position=position, record=record)


def _draws(query_id: UUID) -> tuple[int, int]:
    """Two independent 64-bit numbers."""
    digest = hashlib.blake2b(query_id.bytes, digest_size=16, key=_PURPOSE).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")
