"""The recommender as operators and merchandisers see it: what serves, how good, how old."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from apps.common.observability.totals import counted
from apps.features.selectors import serving_snapshot
from apps.jobs.selectors import last_success_at, last_summary
from apps.model_registry.contracts import VersionLine
from apps.model_registry.selectors import versions_listed
from apps.recommendations.contracts_models import ARTIFACT, ModelCard, Scalar
from apps.recommendations.domain.model_words import (
    UNFIT_WORDS,
    Contender,
    contenders,
    families_words,
    metric_lines,
)
from apps.recommendations.selectors.affinity import basis_now
from apps.recommendations.selectors.recommender import recommender_holder

TRAIN_JOB = "train_recommender"
_COUNTERS = (
    "endcap_affinity_requests_total",
    "endcap_cold_start_users_total",
    "endcap_cold_start_products_total",
)
_VERSIONS = 12


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model that this process serves.

    Attributes:
        card: what is known of it.
        trained_at: aware; None: its version's row is gone.
        stale: whether what it knows is older than it may be.
        known: active products that it knows.
        active: active products of the catalogue.
    """

    card: ModelCard
    trained_at: datetime | None
    stale: bool
    known: int
    active: int

    @property
    def families(self) -> str:
        """What its score is made of."""
        return families_words(self.card.families)

    @property
    def metrics(self) -> tuple[tuple[str, float], ...]:
        """(title, value) of the validation that chose it."""
        return metric_lines(self.card.metrics)

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """What else was tried, popularity among it."""
        return contenders(self.card)

    @property
    def data_from(self) -> datetime:
        """The oldest interaction that it learnt from."""
        return datetime.fromtimestamp(self.card.first_at, tz=UTC)

    @property
    def data_until(self) -> datetime:
        """What happened later is unknown to it."""
        return datetime.fromtimestamp(self.card.as_of, tz=UTC)

    @property
    def cold(self) -> int:
        """Active products that are scored by their likeness instead."""
        return self.active - self.known

    @property
    def coverage(self) -> float | None:
        """Share of the active products that it knows; None: there are none."""
        return self.known / self.active if self.active else None


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One version in the list.

    Attributes:
        line: as the registry has it.
        until: day up to which it knows; empty: nobody wrote it down.
        new, everything: NDCG@10 of its validation; None: not computable.
        interactions: that it learnt from.
        older: whether it is older than the one that serves.
    """

    line: VersionLine
    until: str
    new: float | None
    everything: float | None
    interactions: int | None
    older: bool


@dataclass(frozen=True, slots=True)
class ModelOverview:
    """Everything that the page tells.

    Attributes:
        served: None while there is no model.
        refused: why the version that should be served is not; empty: it is, or there is none.
        versions: newest first.
        trained_last: when a training last ended well; None: never.
        outcome: why that training published nothing; empty: it did, or never ran.
        counts: since the processes started: affinities, of cold shoppers, of cold products.
    """

    served: ServedModel | None
    refused: str
    versions: tuple[VersionLine, ...]
    trained_last: datetime | None
    outcome: str
    counts: Mapping[str, int]

    @property
    def lines(self) -> tuple[ModelLine, ...]:
        """The versions with what their publishers wrote down."""
        active = next((each.number for each in self.versions if each.active), 0)
        return tuple(_line(each, active) for each in self.versions)


def model_overview() -> ModelOverview:
    """The recommender now; four statements at most once the model is loaded."""
    held, versions = recommender_holder.state, versions_listed(ARTIFACT, limit=_VERSIONS)
    summary = last_summary(TRAIN_JOB) or {}
    totals = counted(_COUNTERS)
    return ModelOverview(
        served=None if held.value is None else _served(held.value.card, versions),
        refused=held.reason if any(each.active for each in versions) else "",
        versions=versions,
        trained_last=last_success_at(TRAIN_JOB),
        outcome=UNFIT_WORDS.get(str(summary.get("outcome", "")), ""),
        counts=dict(
            zip(("asked", "shoppers", "products"), (int(totals[name]) for name in _COUNTERS),
                strict=True)
        ),
    )  # fmt: skip


def _served(card: ModelCard, versions: tuple[VersionLine, ...]) -> ServedModel:
    snapshot = serving_snapshot()
    active = snapshot.columns.active
    known = basis_now(snapshot).book.codes[: len(active)] >= 0
    age = timezone.now() - datetime.fromtimestamp(card.as_of, tz=UTC)
    return ServedModel(
        card=card,
        trained_at=next(
            (each.created_at for each in versions if each.number == card.number), None
        ),
        stale=age > timedelta(days=settings.RECOMMENDER_STALE_DAYS),
        known=int((known & active).sum()),
        active=int(active.sum()),
    )


def _line(version: VersionLine, active: int) -> ModelLine:
    told = version.metadata
    return ModelLine(
        line=version,
        until=str(told.get("as_of", ""))[:10],
        new=_number(told.get("metric.ndcg_at_10_new")),
        everything=_number(told.get("metric.ndcg_at_10_all")),
        interactions=_whole(told.get("interactions")),
        older=version.number < active,
    )


def _number(value: Scalar) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _whole(value: Scalar) -> int | None:
    return value if isinstance(value, int) else None
