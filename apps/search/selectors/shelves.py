"""What ranking by words knows of the catalogue's shelves, made once for each state of it."""

from threading import Lock

from apps.features.contracts import ServingSnapshot
from apps.search.domain.lexical.analysis import Analysis, words_of
from apps.search.domain.lexical.category_names import CategoryNames
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.ranking import Shelf, stems_numbered
from apps.search.domain.lexical.relevance import Intent


def shelf_of(snapshot: ServingSnapshot, lexicon: Lexicon) -> Shelf:
    """The shelf of both; the same object while neither changes."""
    return _shelves.of(snapshot, lexicon)


class _Shelves:
    """The last one, with the parts that a change of the other leaves alone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[ServingSnapshot, Lexicon, Shelf] | None = None

    def of(self, snapshot: ServingSnapshot, lexicon: Lexicon) -> Shelf:
        last = self._last
        if last is not None and last[0] is snapshot and last[1] is lexicon:
            return last[2]
        with self._lock:
            last = self._last
            names, numbers = None, None
            if last is not None:
                if last[0].tree is snapshot.tree and last[1].analysis is lexicon.analysis:
                    names = last[2].names
                if last[1].base is lexicon.base and last[1].extension is lexicon.extension:
                    numbers = last[2].numbers
            columns = snapshot.columns
            shelf = Shelf(
                pks=columns.pks,
                codes=columns.category,
                tree=snapshot.tree,
                names=names or _names(snapshot, lexicon.analysis),
                numbers=stems_numbered(lexicon) if numbers is None else numbers,
                intent=Intent.of(lexicon.analysis.language),
            )
            self._last = (snapshot, lexicon, shelf)
            return shelf


def _names(snapshot: ServingSnapshot, analysis: Analysis) -> CategoryNames:
    def stems_of(text: str) -> tuple[str, ...]:
        return tuple(
            analysis.stem_of(word) for word in words_of(text) if word not in analysis.stop_words
        )

    return CategoryNames.of(snapshot.tree, stems_of)


_shelves = _Shelves()
