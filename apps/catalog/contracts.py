"""What the catalogue gives to the floors above: the tree, the columns, the documents."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from apps.common.domain.string_table import StringTable, TextBlob

AttributeValue = str | float | bool | tuple[str, ...]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

# The code of an availability in ProductColumns is its index here.
AVAILABILITIES = ("in_stock", "out_of_stock", "preorder", "backorder")
CONDITIONS = ("new", "refurbished", "used")


@dataclass(frozen=True, slots=True)
class Category:
    """One node of the tree.

    Attributes:
        code: index in preorder; what columns hold.
        id: database id.
        path: slugs from the top, `electronics/audio`.
        name: in English.
        parent: the parent's code; None at the top.
        end: exclusive preorder end: the node and its descendants are `code … end - 1`.
    """

    code: int
    id: int
    path: str
    name: str
    parent: int | None
    end: int


class CategoryTree:
    """The whole tree, immutable; `categories[i].code == i`, siblings by rank, then name."""

    __slots__ = ("_code_of_id", "_code_of_path", "categories", "ids")

    def __init__(self, categories: Iterable[Category]) -> None:
        """Index the nodes by path and by database id."""
        self.categories: tuple[Category, ...] = tuple(categories)
        self.ids: IntArray = np.array([node.id for node in self.categories], dtype=np.int32)
        self._code_of_path = {node.path: node.code for node in self.categories}
        self._code_of_id = {node.id: node.code for node in self.categories}

    def __len__(self) -> int:
        """How many categories there are."""
        return len(self.categories)

    def by_path(self, path: str) -> Category | None:
        """The category at `path`, if there is one."""
        code = self._code_of_path.get(path)
        return None if code is None else self.categories[code]

    def code_of_id(self, category_id: int | None) -> int:
        """The code of a database id; -1 for None and for an unknown one."""
        return -1 if category_id is None else self._code_of_id.get(category_id, -1)

    def ancestors(self, code: int) -> tuple[int, ...]:
        """Codes of the parents, nearest first; the node itself is not among them."""
        found: list[int] = []
        parent = self.categories[code].parent
        while parent is not None:
            found.append(parent)
            parent = self.categories[parent].parent
        return tuple(found)

    def lowest_common(self, codes: Iterable[int]) -> int | None:
        """The deepest node that holds all `codes`; None when there is none (or no codes)."""
        wanted = sorted(set(codes))
        if not wanted:
            return None
        for code in (wanted[0], *self.ancestors(wanted[0])):
            if wanted[-1] < self.categories[code].end:
                return code
        return None

    def children(self, code: int | None) -> tuple[int, ...]:
        """Codes of the direct children, in order; of the top for None."""
        return tuple(node.code for node in self.categories if node.parent == code)

    def names(self, code: int) -> tuple[str, ...]:
        """Names from the top down to the node."""
        chain = (code, *self.ancestors(code))
        return tuple(self.categories[each].name for each in reversed(chain))


class AttributeKind(IntEnum):
    """The type of an attribute's values."""

    TEXT = 0
    NUMBER = 1
    BOOLEAN = 2


@dataclass(frozen=True, slots=True, eq=False)
class AttributeColumns:
    """All attributes of all products, compressed by key; values are codes into vocabularies.

    A key whose products disagree about its type stands once per type. Column c owns the
    entries `offsets[c] … offsets[c + 1] - 1`, sorted by row; a row with a list of texts
    stands once per text.

    Attributes:
        keys, kinds: key (ascending) and AttributeKind of each column.
        offsets: int64[columns + 1] into rows and codes.
        rows: int32[entries], product rows.
        codes: int32[entries]: index into the column's vocabulary; boolean: 0 or 1.
        starts: int64[columns], where the column's vocabulary starts in `texts` or `numbers`.
        sizes: int64[columns], how long that vocabulary is; 0 for boolean.
        texts: vocabularies of the text columns, each sorted.
        numbers: float64, vocabularies of the number columns, each ascending.
    """

    keys: tuple[str, ...]
    kinds: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    rows: IntArray
    codes: IntArray
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    texts: TextBlob
    numbers: FloatArray

    def columns_of(self, key: str) -> tuple[int, ...]:
        """Column numbers of a key (one per type it occurs with); empty when unknown."""
        at = bisect_left(self.keys, key)
        found: list[int] = []
        while at < len(self.keys) and self.keys[at] == key:
            found.append(at)
            at += 1
        return tuple(found)

    def entries(self, column: int) -> tuple[IntArray, IntArray]:
        """(rows, codes) of a column."""
        part = slice(int(self.offsets[column]), int(self.offsets[column + 1]))
        return self.rows[part], self.codes[part]


@dataclass(frozen=True, slots=True, eq=False)
class ProductColumns:
    """The catalogue in memory: row-aligned arrays, active and inactive products alike.

    Immutable. A patch keeps every row where it was: new products append, deleted ones stay
    as inactive rows that `row_of_pk` no longer finds. Arrays aligned to rows stay aligned.

    Attributes:
        horizon: transactions below this id are all included.
        fingerprint: what `selectors.staleness_sql()` answered for `horizon` when loaded.
        pks, product_ids, active: int32[n], n external ids, bool[n].
        row_of_pk: int32[greatest pk + 1], -1 for unknown.
        category: int32[n], code in the tree, -1 for none.
        category_ids: int32[categories], database id of each code (to follow a changed tree).
        brand: int32[n], index into the names in brands, -1 for none.
        price: float64[n], what a shopper pays at `priced_at`.
        list_price, sale_price: float64[n]; no sale is nan.
        sale_starts, sale_ends: float64[n], unix seconds, -inf and inf when open.
        priced_at, priced_until: unix seconds: `price` holds from the one to the other.
        availability: uint8[n], index into AVAILABILITIES.
        released: float64[n], unix seconds, nan when unknown.
        group: int32[n], index into groups (item_group_ids), -1 when not a variant.
    """

    horizon: int
    fingerprint: str
    pks: IntArray
    product_ids: StringTable
    row_of_pk: IntArray
    active: BoolArray
    category: IntArray
    category_ids: IntArray
    brand: IntArray
    brands: tuple[str, ...]
    price: FloatArray
    list_price: FloatArray
    sale_price: FloatArray
    sale_starts: FloatArray
    sale_ends: FloatArray
    priced_at: float
    priced_until: float
    availability: NDArray[np.uint8]
    released: FloatArray
    group: IntArray
    groups: StringTable
    attributes: AttributeColumns

    def __len__(self) -> int:
        """How many rows."""
        return len(self.pks)


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product as columns are built from; times are unix seconds, prices floats."""

    pk: int
    product_id: str
    active: bool
    category_id: int | None
    brand: str
    list_price: float
    sale_price: float | None
    sale_starts: float | None
    sale_ends: float | None
    availability: str
    released: float | None
    item_group_id: str
    attributes: Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class CatalogChanges:
    """What changed since a horizon: rows to take over, pks to drop, and where to go on from."""

    rows: tuple[ProductRow, ...]
    deleted_pks: tuple[int, ...]
    new_horizon: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ProductDocument:
    """What an answer shows of a product; `attributes` as the shop typed them."""

    product_id: str
    title: str
    description: str
    brand: str
    category_path: str
    price: Decimal
    sale_price: Decimal | None
    currency: str
    availability: str
    image_link: str
    link: str
    attributes: Mapping[str, AttributeValue]
    item_group_id: str
    released_at: datetime | None
    active: bool = True


@dataclass(frozen=True, slots=True)
class NumberRange:
    """From `low` to `high`, both included; None is open."""

    low: float | None = None
    high: float | None = None


AttributeFilter = tuple[str, ...] | NumberRange | bool


@dataclass(frozen=True, slots=True)
class FilterSet:
    """Parsed filters: AND between fields, OR inside a field. Empty means everything."""

    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    price_min: float | None = None
    price_max: float | None = None
    availabilities: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeFilter] = field(default_factory=dict)


class UnknownFilter(ValueError):
    """No such filter, facet or attribute; `field` is what the caller wrote."""

    def __init__(self, field: str) -> None:
        super().__init__(f"There is no filter or facet {field!r}.")
        self.field = field


class InvalidFilter(ValueError):
    """The filter `field` exists but its value cannot be read, for `reason`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One line of a facet; `value` is what `filter[<field>]=` takes to get these rows."""

    value: str
    label: str
    count: int
