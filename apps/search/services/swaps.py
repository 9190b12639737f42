"""Which answers exchange two neighbours, and the exchange; see `domain.swapping`."""

from uuid import UUID

from django.conf import settings

from apps.search.contracts import Hit, SearchRequest, Sort
from apps.search.domain.swapping import hits_swapped, swap_drawn, swap_place
from apps.search.services.core import Core
from apps.search.services.trials import Trial


def swap_is_due(request: SearchRequest, query_id: UUID, trial: Trial) -> bool:
    """Whether chance picked this answer. Never one of QA, of a preview or of a mixed list.

    A first page by relevance only: anything else is no ranking's own order. An earlier answer
    that is given once more (why this?) is exchanged as it was.
    """
    if settings.SEARCH_SWAP_SHARE <= 0.0:
        return False
    seen = request.logged or request.query_id is not None
    ranked = request.sort is Sort.RELEVANCE and request.page == 1
    forced = bool(request.qa) or request.weights_override is not None
    mixed = trial.plan.interleaving is not None
    free = seen and ranked and not forced and not mixed
    return free and swap_drawn(query_id, settings.SEARCH_SWAP_SHARE)


def hits_exchanged(
    hits: tuple[Hit, ...], core: Core, query_id: UUID
) -> tuple[tuple[Hit, ...], int | None]:
    """The hits with a pair exchanged, and the upper one's position; None: nothing was.

    What a merchandiser pinned stays: an answer whose pair holds a pin is left as it is, and no
    other pair is drawn, so that every pair of the others is as likely.
    """
    place = swap_place(query_id, len(hits))
    if place is None:
        return hits, None
    upper, lower = (hit.position for hit in hits[place - 1 : place + 1])
    if lower != upper + 1 or _pinned(core, upper) or _pinned(core, lower):
        return hits, None
    return hits_swapped(hits, place), upper


def _pinned(core: Core, position: int) -> bool:
    return core.listing.pinned_at(position)
