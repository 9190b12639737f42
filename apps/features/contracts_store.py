"""What the feature store computes, keeps and answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from apps.catalog.contracts import CategoryTree, ProductColumns
from apps.features.contracts import FeatureSpec, FeatureStatus

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
# What a run's values are scaled by, so that a later product gets the value it would have had.
Constants = Mapping[str, float]
MOST_ENTITIES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class ComputeContext:
    """All that the computation of a feature may read beside its own statement.

    Attributes:
        as_of: aware; every window ends here, exclusive: nothing later is seen.
        columns: the catalogue's products, n rows.
        tree: whose codes the columns hold.
    """

    as_of: datetime
    columns: ProductColumns
    tree: CategoryTree


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """Values of one feature.

    Attributes:
        entities: product ids or user ids, as the shop names them.
        values: float64 or float32, one an entity (and part); nan is left out of the store.
        parts: what else a value is about (a category's path, a brand); empty for features of one
            entity.
        constants: what the values were scaled by.
    """

    entities: Sequence[str]
    values: Float64 | Float32
    parts: Sequence[str] = ()
    constants: Constants = field(default_factory=dict)


# In pieces, so that features of users are never in memory whole.
Compute = Callable[[ComputeContext], Iterable[Computed]]
# Float32[n], by row: the values of products of which nothing was seen before a run.
Unseen = Callable[[ComputeContext, Constants], Float32]


@dataclass(frozen=True, slots=True, eq=False)
class Deeds:
    """What somebody did with products that the catalogue knows, live, as a request has it.

    Attributes:
        codes: int32[m], each one's category or brand; -1: it has none.
        weights: float[m], not negative: how much each says.
        size: how many codes there are.
        ages_days: float64[m], days gone by since; None: the weights tell it all.
    """

    codes: Int32
    weights: Float32 | Float64
    size: int
    ages_days: Float64 | None = None


# Float32[size + 1] by code; the last place, of no code, is 0.
OnDemand = Callable[[Deeds], Float32]
# User ids and a moment → user to part to value.
OfUsers = Callable[[Sequence[str], datetime], Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature with its computation.

    Attributes:
        spec: what it is.
        compute: context → columns; None where it is worked out at each request alone.
        unseen: of a product feature: context and a run's constants → what products have that the
            run knew nothing of.
        of_users: of a feature of users: the same for a few of them, as of now.
        on_demand: deeds → values, from what a request has of somebody live; None: no request
            can tell, or what tells ranks candidates (`spec.function` says where).
    """

    spec: FeatureSpec
    compute: Compute | None = None
    unseen: Unseen | None = None
    of_users: OfUsers | None = None
    on_demand: OnDemand | None = None


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One computation that the offline store holds.

    Attributes:
        id: its row.
        key: `name@version`.
        as_of: aware; where its windows ended.
        computed_at: aware; when it was stored.
        rows: how many values.
        constants: what they were scaled by.
    """

    id: int
    key: str
    as_of: datetime
    computed_at: datetime
    rows: int
    constants: Constants


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """What people say of a feature, over what code says.

    Attributes:
        key: `name@version`.
        owner: who answers for it.
        status: whether it is to be used.
        successor: `name@version` of what to use instead.
        notes: anything.
    """

    key: str
    owner: str
    status: FeatureStatus
    successor: str
    notes: str = ""


@dataclass(frozen=True, slots=True)
class StoreState:
    """What a process knows of the store without asking: swapped whole when it moves.

    Attributes:
        runs: the latest run of each feature, by `name@version`.
        records: by `name@version`.
    """

    runs: Mapping[str, StoredRun]
    records: Mapping[str, FeatureRecord]


class ValueSource(StrEnum):
    """Where a value was found."""

    ONLINE = "online"
    MATRIX = "matrix"
    OFFLINE = "offline"
    COMPUTED = "computed"
    ON_DEMAND = "on_demand"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, eq=False)
class ProductFeatures:
    """Features of some products.

    Attributes:
        ids: as asked, p of them.
        keys: `name@version` of each of the f features, as asked.
        values: float32[p, f]; nan where there is none.
        degraded: what was missing (`redis`).
        unknown: those of `ids` that the catalogue does not have.
    """

    ids: tuple[str, ...]
    keys: tuple[str, ...]
    values: Float32
    degraded: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserFeatures:
    """Features of some users: each is a number a category or brand.

    Attributes:
        ids: as asked.
        keys: `name@version` of the features, as asked.
        values: a user each: `name@version` to path or brand to value.
        degraded: what was missing (`redis`).
        unknown: those of `ids` of whom nothing was ever seen.
    """

    ids: tuple[str, ...]
    keys: tuple[str, ...]
    values: tuple[Mapping[str, Mapping[str, float]], ...]
    degraded: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class FeatureUnknown(ValueError):
    """No feature (or version of it) of this name is registered."""

    def __init__(self, name: str) -> None:
        """Keep the name as it was asked for."""
        super().__init__(f"There is no feature '{name}'.")
        self.name = name


class FeatureUnsuited(ValueError):
    """The feature is registered, but not for what it is asked for; the message says why."""

    def __init__(self, name: str, message: str) -> None:
        """Keep the name as it was asked for."""
        super().__init__(message)
        self.name = name


class EntityUnknown(ValueError):
    """No such product or user."""

    def __init__(self, ids: Sequence[str]) -> None:
        """Keep all that are unknown."""
        super().__init__(f"Unknown: {', '.join(ids[:20])}")
        self.ids = tuple(ids)
