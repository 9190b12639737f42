"""From a shopper's lines to baskets: refunds cancel, orders and pauses divide."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from apps.recommendations.contracts_relations import Basket, Baskets, Line


def lines_kept(lines: Sequence[Line]) -> list[Line]:
    """The purchases of one shopper that were not wholly given back, oldest first.

    A refund that names an order takes pieces of that order's purchases; one that names none, or
    an order that no purchase names, takes pieces of the newest purchases before it. A purchase
    counts as long as one piece of it stays.

    Args:
        lines: of one shopper, oldest first.
    """
    bought = [line for line in lines if not line.returned]
    if len(bought) == len(lines):
        return bought
    orders = {line.order for line in bought if line.order}
    pieces = [line.pieces for line in lines]
    _cancel(lines, pieces, {line.order: line.order for line in bought if line.order})
    _cancel(lines, pieces, dict.fromkeys({line.order for line in lines} - orders, ""))
    return [
        line for line, left in zip(lines, pieces, strict=True) if left > 0 and not line.returned
    ]


def _cancel(lines: Sequence[Line], pieces: list[int], named: dict[str, str]) -> None:
    """Take refunds of the orders in `named` off purchases, newest first; edits `pieces`.

    A refund looks for purchases of the order that `named` says; the empty one is any.
    """
    owed: Counter[tuple[int, str]] = Counter()
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at]
        if line.returned:
            if line.order in named:
                owed[line.pk, named[line.order]] += line.pieces
            continue
        for order in (line.order, "") if line.order else ("",):
            taken = min(owed[line.pk, order], pieces[at])
            owed[line.pk, order] -= taken
            pieces[at] -= taken


def baskets_of(lines: Sequence[Line], *, pause_s: float) -> Iterator[Basket]:
    """The baskets of one shopper.

    Lines of one order are one basket. Lines without an order are one basket as long as they
    are of one visit and none comes later than `pause_s` after the one before.

    Args:
        lines: of one shopper, oldest first.
        pause_s: seconds.
    """
    opened: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        key = (line.order, "" if line.order else line.session)
        basket = opened.setdefault(key, [])
        if basket and not line.order and line.at - basket[-1].at > pause_s:
            yield _basket(basket)
            basket = opened[key] = []
        basket.append(line)
    yield from map(_basket, opened.values())


def _basket(lines: Sequence[Line]) -> Basket:
    return Basket(lines[0].at, tuple(sorted({line.pk for line in lines})))


def baskets_pack(
    lines: Iterable[Line], *, pause_s: float, largest: int, most_lines: int
) -> Baskets:
    """All baskets in flat arrays; one shopper's lines are in memory at a time.

    Args:
        lines: by shopper, each shopper's oldest first.
        pause_s: see `baskets_of`.
        largest: baskets of more products are counted and left out.
        most_lines: reading ends with the shopper who reaches it.
    """
    starts, pks, at = array("q", [0]), array("i"), array("d")
    too_large, read = 0, 0
    for _, theirs in groupby(lines, key=lambda line: line.unit):
        if read >= most_lines:
            break
        listed = list(theirs)
        read += len(listed)
        for basket in baskets_of(lines_kept(listed), pause_s=pause_s):
            if len(basket.pks) > largest:
                too_large += 1
                continue
            pks.extend(basket.pks)
            starts.append(len(pks))
            at.append(basket.at)
    else:
        return _packed(starts, pks, at, too_large, sampled=False)
    return _packed(starts, pks, at, too_large, sampled=True)


def _packed(
    starts: "array[int]", pks: "array[int]", at: "array[float]", too_large: int, *, sampled: bool
) -> Baskets:
    known, codes = np.unique(np.array(pks, dtype=np.int32), return_inverse=True)
    return Baskets(
        pks=known.astype(np.int32),
        starts=np.array(starts, dtype=np.int64),
        codes=codes.astype(np.int32),
        at=np.array(at, dtype=np.float64),
        too_large=too_large,
        sampled=sampled,
    )
