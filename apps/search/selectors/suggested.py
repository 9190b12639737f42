"""What suggested products look like: the most popular ones from memory, others read once."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from apps.catalog.contracts import IntArray, ProductColumns
from apps.common.domain.string_table import TextBlob
from apps.common.postgresql import PostgresqlGone, postgresql_call
from apps.common.snapshots import Snapshot
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.search.domain.suggesting.items import ProductCard
from apps.search.selectors.statements import prepared_rows, rows_fetch

# Of so many products title and addresses are in memory: about 5 MB.
MOST_CARDS = 20_000
# After more changes than this at once everything is read again.
_MOST_CHANGES = 5_000
_MOST_READ = 20_000
_APART = "\0"
_COLUMNS = "id, title, currency, image_link, link"
_CARDS = f"SELECT {_COLUMNS} FROM catalog_product WHERE id = ANY(%s::int4[]) ORDER BY id"
_CHANGED = f"""
    SELECT {_COLUMNS} FROM catalog_product WHERE changed_xid >= %s LIMIT {_MOST_CHANGES + 1}
"""
# Title, currency and the two addresses: what the serving snapshot does not hold.
_Texts = tuple[str, str, str, str]
_Row = tuple[int, str, str, str, str]


@dataclass(slots=True)
class _Cards:
    """Texts of products.

    Attributes:
        horizon, fingerprint: of columns that they are at least as new as.
        pks: int32[n], ascending.
        texts: of these, their parts apart by `_APART`.
        changed: of those that changed since; they outweigh all others.
        read: of others.
    """

    horizon: int
    fingerprint: str
    pks: IntArray
    texts: TextBlob
    changed: dict[int, _Texts] = field(default_factory=dict)
    read: dict[int, _Texts] = field(default_factory=dict)

    def get(self, pk: int) -> _Texts | None:
        found = self.changed.get(pk) or self.read.get(pk)
        if found is not None:
            return found
        at = bisect_left(self.pks, pk)
        if at == len(self.pks) or self.pks[at] != pk:
            return None
        title, currency, image, link = self.texts.get(at).split(_APART)
        return title, currency, image, link

    def keep(self, rows: Iterable[_Row]) -> None:
        if len(self.read) > _MOST_READ:
            # Another dictionary: what other threads read of the old one stays there.
            self.read = {}
        self.read.update(_by_pk(rows))


def _as_read(row: tuple[Any, ...]) -> _Row:
    pk, title, currency, image, link = row
    return pk, title, currency, image, link


def _by_pk(rows: Iterable[_Row]) -> dict[int, _Texts]:
    return {pk: (title, currency, image, link) for pk, title, currency, image, link in rows}


def _load() -> _Cards:
    snapshot = serving_snapshot()
    columns = snapshot.columns
    order = snapshot.popularity_order
    wanted = columns.pks[order[columns.active[order]][:MOST_CARDS]]
    rows = rows_fetch(_CARDS, ["{" + ",".join(map(str, wanted.tolist())) + "}"])
    return _Cards(
        columns.horizon,
        columns.fingerprint,
        np.array([row[0] for row in rows], dtype=np.int32),
        TextBlob.of(_APART.join(row[1:]) for row in rows),
    )


_cards: Snapshot[_Cards] = Snapshot("suggested_products", _load, versions=())
_following = Lock()


def cards_ready() -> None:
    """Read the most popular products' texts unless they are in memory; one statement.

    Without PostgreSQL none are, and each product is asked for when it is suggested.
    """
    if not _cards.is_loaded:
        try:
            postgresql_call("cards", _cards.get)
        except PostgresqlGone:
            return


def suggested_cards(
    snapshot: ServingSnapshot, rows: Sequence[int]
) -> tuple[dict[int, ProductCard], bool]:
    """Row to card, and whether they are as new as the snapshot.

    One statement for each state of the catalogue, and one for products that are not among the
    most popular and were not suggested yet. Without PostgreSQL the artifact's documents stand
    in, and are not kept.
    """
    if not rows:
        return {}, True
    cards_ready()
    pks = {row: int(snapshot.columns.pks[row]) for row in rows}
    texts, whole = _texts_of(snapshot.columns, tuple(pks.values()))
    found = {row: _card(snapshot, row, texts[pk]) for row, pk in pks.items() if pk in texts}
    for row in rows if not whole else ():
        document = snapshot.documents.get(row)
        if row not in found and document is not None:
            parts = (document.title, document.currency, document.image_link, document.link)
            found[row] = _card(snapshot, row, parts)
    return found, whole


def _texts_of(columns: ProductColumns, pks: Sequence[int]) -> tuple[Mapping[int, _Texts], bool]:
    if not _cards.is_loaded:
        return {}, False
    cards, whole = _cards.get(), True
    try:
        if (cards.horizon, cards.fingerprint) != (columns.horizon, columns.fingerprint):
            cards = postgresql_call("cards", lambda: _followed(columns))
        known = {pk: texts for pk in pks if (texts := cards.get(pk)) is not None}
        missing = [pk for pk in pks if pk not in known]
        if missing:
            wanted = "{" + ",".join(map(str, missing)) + "}"
            cards.keep(postgresql_call("cards", lambda: prepared_rows(_CARDS, wanted, _as_read)))
            known |= {pk: texts for pk in missing if (texts := cards.get(pk)) is not None}
    except PostgresqlGone:
        known, whole = {pk: texts for pk in pks if (texts := cards.get(pk)) is not None}, False
    return known, whole


def _followed(columns: ProductColumns) -> _Cards:
    """With what was written since they were read; a request that knows less is content too."""
    with _following:
        cards = _cards.get()
        if (cards.horizon, cards.fingerprint) == (columns.horizon, columns.fingerprint):
            return cards
        changed = _by_pk(rows_fetch(_CHANGED, [cards.horizon]))
        if len(changed) + len(cards.changed) > _MOST_CHANGES:
            _cards.reload()
            return _cards.get()
        cards.changed.update(changed)
        cards.horizon, cards.fingerprint = columns.horizon, columns.fingerprint
        return cards


def _card(snapshot: ServingSnapshot, row: int, texts: _Texts) -> ProductCard:
    columns = snapshot.columns
    code, brand = int(columns.category[row]), int(columns.brand[row])
    listed, now = float(columns.list_price[row]), float(columns.price[row])
    title, currency, image, link = texts
    return ProductCard(
        product_id=columns.product_ids.get(row),
        title=title,
        brand=columns.brands[brand] if brand >= 0 else "",
        category=snapshot.tree.categories[code].path if code >= 0 else "",
        price=listed,
        sale_price=None if now == listed else now,
        currency=currency,
        image_link=image,
        link=link,
    )
