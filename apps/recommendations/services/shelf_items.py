"""From a shelf's rows to what is shown of them: documents, reasons, records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from apps.catalog.contracts import ProductDocument
from apps.catalog.selectors import documents_by_pk
from apps.common.postgresql import PostgresqlGone, postgresql_call
from apps.features.contracts import POPULARITY_SCORE, ServingSnapshot
from apps.ranking.contracts import Acted, HitRecord
from apps.ranking.domain.records import record_moved
from apps.recommendations.contracts import StrategyName
from apps.recommendations.contracts_answers import Fallback, RecommendedItem
from apps.recommendations.domain.kept_shelf import item_told
from apps.recommendations.domain.pooling import Source
from apps.recommendations.domain.reasons import Grounds, Speaker, reason_of
from apps.recommendations.domain.recommending import Recommended

Documents = Mapping[int, ProductDocument]
_INSIDE = frozenset({StrategyName.POPULAR, StrategyName.TRENDING})


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The items, and where they stand in the ranking.

    Attributes:
        items: best first.
        ranks: 1-based, of each in the whole ranking; a product that was gone leaves a gap.
    """

    items: tuple[RecommendedItem, ...]
    ranks: tuple[int, ...]


def documents_read(shelf: Recommended) -> tuple[Documents, bool]:
    """Row → document of what is shown and of what speaks for it; whether PostgreSQL gave them.

    One SQL, and a second one when so many were withdrawn since the snapshot that the spare ones
    are too few; without PostgreSQL the snapshot's own documents.
    """
    near = shelf.spare_rows.tolist()
    documents, given = _documents(shelf, 0, len(near))
    there = [row for row in near if row in documents and documents[row].active]
    if not given or len(there) >= shelf.ask.k or len(near) == len(shelf.ranking.order):
        return documents, given
    more, given = _documents(shelf, len(near), len(shelf.ranking.order))
    return {**documents, **more}, given


def _documents(shelf: Recommended, first: int, end: int) -> tuple[Documents, bool]:
    """Of the places from `first` to before `end`."""
    snapshot = shelf.world.snapshot
    found = [at for at in shelf.ranking.order[first:end].tolist() if at < len(shelf.pool)]
    speakers = shelf.pool.because[found]
    ranked = shelf.ranking.rows_ranked()[first:end]
    rows = np.concatenate([ranked, speakers[speakers >= 0]]).tolist()
    if not rows:
        return {}, True
    pks = {int(snapshot.columns.pks[row]): row for row in rows}
    try:
        read = postgresql_call("hydrate", lambda: documents_by_pk(pks))
    except PostgresqlGone:
        return _from_snapshot(snapshot, pks.values()), False
    return {pks[pk]: document for pk, document in read.items()}, True


def items_shown(
    shelf: Recommended, documents: Documents, *, explain: bool, acted: tuple[Acted, ...] = ()
) -> Shown:
    """The items; a product that is gone, or was withdrawn since, makes room for the next."""
    items: list[RecommendedItem] = []
    ranks: list[int] = []
    for rank, row in enumerate(shelf.ranking.rows_ranked().tolist(), start=1):
        if len(items) == shelf.ask.k:
            break
        document = documents.get(row)
        if document is None or not document.active:
            continue
        position, candidate = len(items) + 1, int(shelf.ranking.order[rank - 1])
        items.append(
            RecommendedItem(
                position=position,
                score=float(shelf.ranking.scores[candidate]),
                document=document,
                reason=reason_of(grounds_of(shelf, candidate, documents)),
                record=_record(shelf, rank, position, acted) if explain else None,
            )
        )
        ranks.append(rank)
    return Shown(tuple(items), tuple(ranks))


def _record(shelf: Recommended, rank: int, position: int, acted: tuple[Acted, ...]) -> HitRecord:
    return item_told(record_moved(shelf.ranking, rank, position, acted))


def grounds_of(shelf: Recommended, candidate: int, documents: Documents) -> Grounds:
    """What is known of how a candidate came onto the shelf."""
    pool, snapshot = shelf.pool, shelf.world.snapshot
    if candidate >= len(pool):
        return Grounds(None)
    source, row = pool.sources[candidate], int(pool.rows[candidate])
    popularity = snapshot.features.get(POPULARITY_SCORE)
    return Grounds(
        source=source,
        speaker=_speaker(shelf, int(pool.because[candidate]), row, documents),
        evidence=float(pool.evidence[candidate]),
        category=_category(shelf) if _looked_inside(source) else "",
        chosen=popularity is not None and bool(popularity[row] > 0.0),
    )


def _looked_inside(source: Source) -> bool:
    """Whether it looks inside the category that a shelf is about.

    The strategy and the fallback `popular` are equal as texts; the latter looks everywhere.
    """
    if isinstance(source, Fallback):
        return source is Fallback.CATEGORY_POPULAR
    return source in _INSIDE


def _category(shelf: Recommended) -> str:
    code = shelf.shopping.category
    return "" if code < 0 else shelf.world.snapshot.tree.categories[code].name


def _speaker(shelf: Recommended, because: int, row: int, documents: Documents) -> Speaker | None:
    document = documents.get(because) if because >= 0 else None
    hidden = None if shelf.effect is None else shelf.effect.hidden
    if document is None or not document.active or (hidden is not None and hidden[because]):
        return None  # what the shop does not show, a reason does not name
    history = shelf.shopping.shopper.history
    bought = dict(zip(history.product_ids, history.bought.tolist(), strict=True))
    return Speaker(
        document.product_id,
        document.title,
        bought=bought.get(document.product_id, False),
        itself=because == row,
    )


def _from_snapshot(snapshot: ServingSnapshot, rows: Iterable[int]) -> Documents:
    """As old as the artifact, but active and priced as filters see them."""
    found: dict[int, ProductDocument] = {}
    for row in rows:
        document = snapshot.documents.get(row)
        if document is not None:
            active = bool(snapshot.columns.active[row])
            found[row] = replace(document, active=active)
    return found
