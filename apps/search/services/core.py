"""A search without its frame: no id, no facets, no log. Previews and evaluations run it too."""

from dataclasses import dataclass, replace

from apps.features.selectors import serving_snapshot
from apps.ranking.domain.ruling import Ruling
from apps.search.contracts import Hit, SearchRequest, Sort
from apps.search.contracts_understanding import Understanding
from apps.search.domain.contending import Arm, SearchPlan
from apps.search.domain.overrides import SearchSettings
from apps.search.domain.ruling import Ruled, corrected_words, ruled_of
from apps.search.metrics import step_timed
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.fallbacks import popular_instead
from apps.search.selectors.listing import Listing, listing_of
from apps.search.selectors.presenting import Documents, hits_presented, page_documents
from apps.search.selectors.retrieval import Lists, Retrieved, lists_found, lists_fused
from apps.search.selectors.rule_books import ruling_live
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
        asked: the request with the query as rules rewrote it.
        ruling: the rules that could act.
    """

    lists: Lists
    listing: Listing
    documents: Documents
    degraded: tuple[str, ...]
    asked: SearchRequest
    ruling: Ruling

    @property
    def scored(self) -> Scored:
        """The ranking; of two that are interleaved the control's."""
        return self.listing.scored

    @property
    def understanding(self) -> Understanding:
        """The query as it was searched for."""
        return self.lists.understanding

    @property
    def corrected(self) -> tuple[str, ...]:
        """Words of the query as it was corrected, whether or not this arm asks any rules."""
        if self.scored.ruled is not None:
            return self.scored.ruled.context.corrected
        correction = self.understanding.correction
        return () if correction is None else corrected_words(correction.corrected)

    @property
    def readable(self) -> tuple[SearchRequest, ...]:
        """The request as it was read: twice where rules rewrote what it was corrected to."""
        ruled = self.scored.ruled
        if ruled is None or ruled.mended is None:
            return (self.asked,)
        return replace(self.asked, query=ruled.mended), self.asked


def search_core(
    request: SearchRequest, plan: SearchPlan | None = None, ruling: Ruling | None = None
) -> Core:
    """Understand, retrieve, score, page and hydrate: at most two SQL statements.

    A plan that interleaves two readings of the query asks PostgreSQL a third one only while
    its full text stands in for the lexicon.

    Args:
        request: what is asked.
        plan: what experiments do to it; None: nothing.
        ruling: the rules that may act; None: those that are live now.

    Raises:
        InvalidInput: a filter on an attribute that no product has.
    """
    plan = plan or SearchPlan(Arm(search_settings()))
    ruling = ruling or ruling_live()
    ruled, asked, lists = _read(request, plan, ruling)
    retrieved = lists_fused(lists, plan.arm.settings)
    with step_timed("score"):
        extracted = lists.understanding.extracted
        scored = matches_scored(retrieved, asked, plan.arm, extracted, ruled)
        other = _other(_Found(asked, lists, retrieved), request, plan, ruling)
        listing = listing_of(scored, other, plan, asked)
        if not listing.answers and (instead := popular_instead(scored, asked, plan.arm)):
            listing = Listing(instead)
    with step_timed("hydrate"):
        rows = listing.rows_on_page(request)
        documents, hydrated = page_documents(retrieved.snapshot, rows)
    missing = [one for side in listing.sides for one in side.retrieved.degraded]
    degraded = [*request.degraded, *missing, *(() if hydrated else ("catalog",))]
    if request.follows is not None:
        degraded += request.follows.shopper.degraded
    if scored.ranking.weights.degraded:
        degraded.append("weights")
    return Core(lists, listing, documents, tuple(dict.fromkeys(degraded)), asked, ruling)


def _read(
    request: SearchRequest, plan: SearchPlan, ruling: Ruling
) -> tuple[Ruled | None, SearchRequest, Lists]:
    """The control's rules, the request as they rewrite it, and what both engines find."""
    before = serving_snapshot()
    ruled, asked = _ruled(request, plan, ruling, 0)
    lists = _lists(asked, plan)
    if ruled is not None and ruled.context.corrected and lists.snapshot is not before:
        # As in `_lists`: rules must not act by a correction that is none any more.
        again, query = _ruled(request, plan, ruling, 0)
        if again is not None and again.context.corrected != ruled.context.corrected:
            return again, query, _lists(query, plan)
    return ruled, asked, lists


def _ruled(
    request: SearchRequest, plan: SearchPlan, ruling: Ruling, side: int
) -> tuple[Ruled | None, SearchRequest]:
    """The rules of one side, and the request as they rewrite it.

    Args:
        request: as asked.
        plan: what experiments do to it.
        ruling: the rules of the request.
        side: 0 for the arm that is shown, or the control of two; 1 for the treatment.
    """
    if not len(ruling.book):
        return None, request
    arm, both = (plan.other or plan.arm) if side else plan.arm, plan.interleaving
    if both is not None:
        ruling = ruling.of_variant(both.key, both.variants[side])
    with step_timed("rules"):
        ruled = ruled_of(request, ruling, arm.switches)
    if ruled is None:
        return None, request
    asked = _rewritten(request, ruled)
    correction = understood(asked, arm.settings).correction
    if correction is None:
        return ruled, asked
    with step_timed("rules"):
        ruled = ruled.corrected(correction.corrected)
    return ruled, _rewritten(request, ruled)


def _rewritten(request: SearchRequest, ruled: Ruled) -> SearchRequest:
    """The request as rules rewrite it."""
    if ruled.rewritten is None:
        return request
    return replace(request, query=ruled.rewritten.rewritten)


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


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What the control's arm found.

    Attributes:
        asked: its request.
        lists: what both engines answered.
        retrieved: both, put together.
    """

    asked: SearchRequest
    lists: Lists
    retrieved: Retrieved


def _other(
    control: _Found, request: SearchRequest, plan: SearchPlan, ruling: Ruling
) -> Scored | None:
    """The treatment's ranking of an interleaving experiment, from the same lists if it can be."""
    other = plan.other
    if other is None or request.sort is not Sort.RELEVANCE:
        return None
    ruled, asked = _ruled(request, plan, ruling, 1)
    lists, settings = control.lists, other.settings
    read = lists.understanding
    if settings.reading != plan.arm.settings.reading or asked.query != control.asked.query:
        again, before = understood(asked, settings), read
        read = again
        if (again.searched, again.terms) != (before.searched, before.terms):
            lists = lists_found(again, semantic=settings.semantic)
    same = lists is control.lists and settings == plan.arm.settings
    retrieved = control.retrieved if same else lists_fused(lists, settings)
    return matches_scored(retrieved, asked, other, read.extracted, ruled)


def core_hits(core: Core, request: SearchRequest) -> tuple[Hit, ...]:
    """The page as it is shown: highlights, and records when asked for."""
    with step_timed("present"):
        return hits_presented(core.listing, request, core.understanding, core.documents)
