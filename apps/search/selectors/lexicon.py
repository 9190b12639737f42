"""The lexicon of this process: mapped from an artifact, or built here, following the catalogue."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.catalog.contracts import BoolArray, IntArray, ProductColumns
from apps.catalog.selectors_texts import (
    CatalogText,
    texts_change_count,
    texts_changed,
    texts_horizon,
    texts_stream,
)
from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.features.selectors import serving_snapshot
from apps.model_registry.contracts import Artifact, Scalar
from apps.model_registry.services.holder import ArtifactHolder, Held
from apps.search.domain.lexical.building import index_build
from apps.search.domain.lexical.documents import ProductText
from apps.search.domain.lexical.lexicon import Lexicon, lexicon_follow
from apps.search.domain.lexical.matching import BoundLexicon
from apps.search.engines.lexicon_files import FORMAT, LexiconUnreadable, lexicon_read
from apps.search.selectors.language import (
    LANGUAGE_VERSION,
    analysis_of,
    search_analysis,
    search_language,
)

LEXICON_ARTIFACT = "lexicon"
# With PostgreSQL down a connection attempt may cost seconds: not at every request.
_RETRY_S = 5.0
logger = structlog.get_logger(__name__)
# What columns and lexicon both stand at: columns' horizon and fingerprint.
Moment = tuple[int, str]


def lexicon_fits(metadata: Mapping[str, Scalar]) -> bool:
    """Whether a version is of the format and the language that are wanted now."""
    return metadata.get("format") == FORMAT and metadata.get("language") == search_language()


def _artifact_load(artifact: Artifact) -> Lexicon:
    metadata = artifact.manifest.metadata
    if metadata.get("format") != FORMAT:
        raise LexiconUnreadable("another format")
    # Of another language it answers, in that one, until it is built anew: see docs/search.md.
    analysis = analysis_of(str(metadata["language"]))
    return Lexicon.of(lexicon_read(artifact.folder), analysis, artifact.number)


_holder: ArtifactHolder[Lexicon] = ArtifactHolder(LEXICON_ARTIFACT, _artifact_load)


@dataclass(slots=True)
class _Followed:
    """What this process searches.

    Attributes:
        lexicon: with the catalogue's changes; None: there is none, PostgreSQL has to search.
        base: the artifact's lexicon that it was followed from.
        moment: of the columns that it is at least as new as.
        bound: the last binding with what it was made from.
        retry_at: monotonic seconds before which a database that failed is not asked again.
    """

    lexicon: Lexicon | None = None
    base: Lexicon | None = None
    moment: Moment | None = None
    bound: tuple[BoundLexicon, IntArray, BoolArray] | None = None
    retry_at: float = 0.0


_state = _Followed()


def _follow() -> Lexicon | None:
    """The next lexicon: a new artifact, or the old one with the catalogue's changes.

    Runs at first use, at every poll of the version thread, and when a search finds columns
    that are newer.
    """
    if not _snapshot.is_loaded:
        _state.lexicon = _state.base = _state.moment = _state.bound = None
        _state.retry_at = 0.0
    if settings.ENDCAP_VERSION_POLLER:
        _snapshot.mark_stale()
    base = _holder.get()
    if time.monotonic() < _state.retry_at and base is _state.base:
        return _state.lexicon
    # Read first: the lexicon is read later, and so is never older.
    columns = serving_snapshot().columns
    moment = (columns.horizon, columns.fingerprint)
    spoken = _state.lexicon is None or not _outspoken(_state.lexicon)
    if base is _state.base and moment == _state.moment and spoken:
        return _state.lexicon
    before = _state.lexicon if base is _state.base and _state.lexicon is not None else base
    try:
        _state.lexicon = _current(before, columns)
        _state.moment = moment
    except DatabaseFailure as error:
        # What is there goes on; the next search sees that its moment is another.
        degraded_total.labels(component="lexicon", reason="database").inc()
        logger.warning("lexicon_kept", reason=str(error))
        connection.close()
        _state.lexicon, _state.retry_at = before, time.monotonic() + _RETRY_S
    _state.base = base
    return _state.lexicon


def _current(before: Lexicon | None, columns: ProductColumns) -> Lexicon | None:
    most = settings.LEXICON_FOLLOW_MOST
    if before is None or _outspoken(before) or texts_change_count(before.horizon) > most:
        return _built(columns)
    changes = texts_changed(before.horizon)
    texts = [product_text(each) for each in changes.texts]
    return lexicon_follow(before, texts, changes.gone, horizon=changes.new_horizon)


def _outspoken(found: Lexicon) -> bool:
    """Whether it was built here in a language that is spoken no more."""
    return not found.number and found.analysis.language != search_language()


def _built(columns: ProductColumns) -> Lexicon | None:
    """A lexicon built here and now; None for a catalogue that takes too long."""
    if np.count_nonzero(columns.active) > settings.LEXICON_IN_PROCESS_MOST:
        return None
    horizon = texts_horizon()
    analysis = search_analysis()
    return Lexicon.of(index_build(products_read(), analysis, horizon=horizon), analysis)


def products_read() -> Iterator[ProductText]:
    """Every active product as the lexicon takes it, streamed."""
    return map(product_text, texts_stream())


def product_text(text: CatalogText) -> ProductText:
    """A product's texts by the lexicon's fields; values stand on lines of their own."""
    return ProductText(
        pk=text.pk,
        fields=(
            text.title,
            text.brand,
            _lines((text.mpn, text.product_id)),
            _lines(text.categories),
            _lines(text.attributes),
            text.description,
        ),
        part_numbers=(text.mpn, text.gtin, text.product_id),
        version=text.version,
    )


def _lines(values: Iterable[str]) -> str:
    return "\n".join(each for each in values if each)


_snapshot: Snapshot[Lexicon | None] = Snapshot(
    "lexicon", _follow, versions=(f"artifact:{LEXICON_ARTIFACT}", LANGUAGE_VERSION)
)


def lexicon() -> Lexicon | None:
    """The words of the catalogue; no SQL once loaded. None: PostgreSQL has to search."""
    return _snapshot.get()


def lexicon_bound(columns: ProductColumns) -> tuple[BoundLexicon | None, bool]:
    """The lexicon in the rows of `columns`, and whether it is at least as new as they are.

    No SQL while the catalogue stays as it is; None: PostgreSQL has to search.
    """
    moment = (columns.horizon, columns.fingerprint)
    found = _snapshot.get()
    if _state.moment != moment:
        _snapshot.reload()
        found = _snapshot.get()
    if found is None:
        return None, False
    return _bound(found, columns), _state.moment == moment


def _bound(found: Lexicon, columns: ProductColumns) -> BoundLexicon:
    last = _state.bound
    if (
        last is not None
        and last[0].lexicon is found
        and last[1] is columns.row_of_pk
        and last[2] is columns.active
    ):
        return last[0]
    bound = BoundLexicon(found, _rows(found, columns))
    _state.bound = (bound, columns.row_of_pk, columns.active)
    return bound


def _rows(found: Lexicon, columns: ProductColumns) -> tuple[IntArray, ...]:
    """By segment: the row of each document, -1 for what is not searched."""
    by_segment: list[IntArray] = []
    for segment, current in zip(found.segments, found.current, strict=True):
        rows = np.full(len(segment), -1, dtype=np.int32)
        inside = np.flatnonzero(current & (segment.pks < len(columns.row_of_pk)))
        known = columns.row_of_pk[segment.pks[inside]]
        # A row of -1 would read the last product's state: it is overwritten here.
        rows[inside] = np.where((known >= 0) & columns.active[known], known, -1)
        by_segment.append(rows)
    return tuple(by_segment)


def lexicon_state() -> Held[Lexicon]:
    """The artifact that is served, and why not when it is not the one wanted."""
    return _holder.state


@dataclass(frozen=True, slots=True)
class LexiconCondition:
    """What this process searches.

    Attributes:
        number: of the artifact; 0 when it was built here, or there is none.
        products: in it.
        reason: empty, or why it is not the published one, or why there is none.
    """

    number: int
    products: int
    reason: str


def lexicon_condition() -> LexiconCondition:
    """Loads it if that has not been done yet."""
    found, held = lexicon(), _holder.state
    if found is None:
        return LexiconCondition(0, 0, held.reason or "behind")
    reason = "" if held.reason == "missing" else held.reason
    return LexiconCondition(found.number, found.products, reason)
