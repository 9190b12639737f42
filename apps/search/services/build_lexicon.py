"""Building the lexicon over the whole catalogue and publishing it."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

from apps.access.services import Actor
from apps.catalog.selectors_texts import texts_ceiling, texts_change_count, texts_horizon
from apps.model_registry.contracts import Scalar
from apps.model_registry.selectors import active_version
from apps.model_registry.services.publish import artifact_publish
from apps.search.domain.lexical.arrays import LexicalIndex
from apps.search.domain.lexical.building import index_build
from apps.search.domain.lexical.merging import blob_strings
from apps.search.domain.spelling.deletes import spelling_build
from apps.search.engines.lexicon_files import FORMAT, DiskArena, lexicon_write
from apps.search.selectors.language import search_analysis
from apps.search.selectors.lexicon import LEXICON_ARTIFACT, lexicon_fits, products_read

Progress = Callable[[int, int, str], None]
_STEPS = 3


@dataclass(frozen=True, slots=True)
class LexiconReport:
    """What one run has done.

    Attributes:
        number: the version published; 0 when the one before stands.
        changed: products that were other than the one before had them.
        products: in the version published.
        words: the same.
    """

    number: int
    changed: int
    products: int = 0
    words: int = 0


def lexicon_build(
    *, progress: Progress, force: bool = False, actor: Actor = None
) -> LexiconReport:
    """Publish a lexicon of the catalogue as it is, when the one before is missing or far behind.

    Far behind are LEXICON_REBUILD_AFTER changed products, or a tenth of all; in between every
    process follows by itself.

    Args:
        progress: told of each step.
        force: also when the one before would do.
        actor: who asked for it.
    """
    changed = _changed()
    if changed is not None and not force and not _far(changed):
        return LexiconReport(0, changed)
    built: list[LexicalIndex] = []

    def write(folder: Path) -> Mapping[str, Scalar]:
        progress(0, _STEPS, "Reading the catalogue")
        with tempfile.TemporaryDirectory(prefix="endcap-lexicon-") as scratch:
            index = index_build(
                products_read(),
                search_analysis(),
                horizon=horizon,
                arena=DiskArena(folder, Path(scratch)),
            )
            progress(1, _STEPS, "Writing")
            index = spelled(index)
            lexicon_write(folder, index)
        progress(2, _STEPS, "Publishing")
        built.append(replace(index, spelling={}))
        return {
            "format": FORMAT,
            "language": index.language,
            "horizon": index.horizon,
            "products": len(index.segment),
            "words": len(index.words),
            "ceiling": ceiling,
        }

    # Before the texts: a change between the two is read twice, never missed.
    horizon = texts_horizon()
    ceiling = texts_ceiling()
    number = artifact_publish(name=LEXICON_ARTIFACT, write=write, actor=actor)
    progress(_STEPS, _STEPS, f"Version {number}")
    return LexiconReport(number, changed or 0, len(built[0].segment), len(built[0].words))


def spelled(index: LexicalIndex) -> LexicalIndex:
    """The index with what mends spelling by its words."""
    words = [raw.decode() for raw in blob_strings(index.words)]
    return replace(index, spelling=spelling_build(words, index.word_counts))


def _changed() -> int | None:
    """Products changed since the version that is served; None when it cannot be followed."""
    active = active_version(LEXICON_ARTIFACT)
    if active is None or not lexicon_fits(active.metadata):
        return None
    # From the ceiling on: a long transaction holds the horizon back, and what came between is
    # nearly always in.
    return texts_change_count(int(active.metadata.get("ceiling") or 0))


def _far(changed: int) -> bool:
    active = active_version(LEXICON_ARTIFACT)
    products = int(active.metadata["products"] or 0) if active else 0
    return changed >= min(settings.LEXICON_REBUILD_AFTER, max(products // 10, 1))
