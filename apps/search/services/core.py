"""A search without its frame: no id, no facets, no log. Previews and evaluations run it too."""

from dataclasses import dataclass

from apps.features.selectors import serving_snapshot
from apps.search.contracts import Hit, SearchRequest, Sort
from apps.search.contracts_understanding import Understanding
from apps.search.domain.contending import Arm, SearchPlan
from apps.search.domain.overrides import SearchSettings
from apps.search.metrics import step_timed
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.fallbacks import popular_instead
from apps.search.selectors.listing import Listing, listing_of
from apps.search.selectors.presenting import Documents, hits_presented, page_documents
from apps.search.selectors.retrieval import Lists, Retrieved, lists_found, lists_fused
from apps.search.selectors.scoring import Scored, matches_scored
from apps.search.selectors.understanding import Insisting, query_understanding


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """A search without its frame: what was found, its order, and the page.

    Attributes:
        lists: what both engines answered.
        listing: every match in its order.
        documents: the page's rows to what is shown of them.
        degraded: what was missing.
    """

    lists: Lists
    listing: Listing
    documents: Documents
    degraded: tuple[str, ...]

    @property
    def scored(self) -> Scored:
        """The ranking; of two that are interleaved the control's."""
        return self.listing.scored

    @property
    def understanding(self) -> Understanding:
        """The query as it was searched for."""
        return self.lists.understanding


def search_core(request: SearchRequest, plan: SearchPlan | None = None) -> Core:
    """Understand, retrieve, score, page and hydrate: at most two SQL statements.

    A plan that interleaves two readings of the query asks PostgreSQL a third one only while
    its full text stands in for the lexicon.

    Args:
        request: what is asked.
        plan: what experiments do to it; None: nothing.

    Raises:
        InvalidInput: a filter on an attribute that no product has.
    """
    plan = plan or SearchPlan(Arm(search_settings()))
    lists = _lists(request, plan)
    retrieved = lists_fused(lists, plan.arm.settings)
    with step_timed("score"):
        extracted = lists.understanding.extracted
        scored = matches_scored(retrieved, request, plan.arm, extracted)
        listing = listing_of(scored, _other(lists, retrieved, request, plan), plan, request)
        if not listing.found and (instead := popular_instead(scored, request, plan.arm)):
            listing = Listing(instead)
    with step_timed("hydrate"):
        rows = listing.rows_on_page(request)
        documents, hydrated = page_documents(retrieved.snapshot, rows)
    missing = [one for side in listing.sides for one in side.retrieved.degraded]
    degraded = [*request.degraded, *missing, *(() if hydrated else ("catalog",))]
    if scored.ranking.weights.degraded:
        degraded.append("weights")
    return Core(lists, listing, documents, tuple(dict.fromkeys(degraded)))


def _lists(request: SearchRequest, plan: SearchPlan) -> Lists:
    """What the control's arm asks for, and what else the other one can use of it."""
    settings = plan.arm.settings
    before, understanding = serving_snapshot(), understood(request, settings)
    other = plan.other is not None and plan.other.settings.semantic
    lists = lists_found(understanding, semantic=settings.semantic or other)
    if understanding.correction is not None and lists.snapshot is not before:
        # The catalogue may have learnt the word since: then it is none that wants correcting.
        again = understood(request, settings)
        if again.correction != understanding.correction:
            return lists_found(again, semantic=settings.semantic or other)
    return lists


def understood(request: SearchRequest, settings: SearchSettings) -> Understanding:
    """The request's query under some settings."""
    insisting = Insisting(
        spelling=request.spell,
        extraction=request.understand,
        dropped=frozenset(request.drop),
        filtered=frozenset(request.filters_asked),
    )
    with step_timed("understand"):
        return query_understanding(request.query, settings, insisting)


def _other(
    lists: Lists, retrieved: Retrieved, request: SearchRequest, plan: SearchPlan
) -> Scored | None:
    """The treatment's ranking of an interleaving experiment, from the same lists if it can be."""
    other = plan.other
    if other is None or request.sort is not Sort.RELEVANCE:
        return None
    extracted = lists.understanding.extracted
    if other.settings.reading != plan.arm.settings.reading:
        again = understood(request, other.settings)
        extracted = again.extracted
        if (again.searched, again.terms) != (
            lists.understanding.searched,
            lists.understanding.terms,
        ):
            lists = lists_found(again, semantic=other.settings.semantic)
    if other.settings == plan.arm.settings:
        return matches_scored(retrieved, request, other, extracted)
    return matches_scored(lists_fused(lists, other.settings), request, other, extracted)


def core_hits(core: Core, request: SearchRequest) -> tuple[Hit, ...]:
    """The page as it is shown: highlights, and records when asked for."""
    with step_timed("present"):
        return hits_presented(core.listing, request, core.understanding, core.documents)
