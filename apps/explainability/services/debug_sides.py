"""Two configurations of one search beside each other, through the same pipeline."""

from dataclasses import dataclass, replace
from datetime import datetime

from apps.catalog.contracts import FilterSet
from apps.common.errors import InvalidInput
from apps.experiments.selectors.serving import serving_plans
from apps.explainability.contracts.debugged import (
    PUBLISHED,
    DebugAsked,
    Histogram,
    HitLine,
    SideAsked,
    SidePicture,
)
from apps.explainability.domain import debug_picture as picture
from apps.explainability.domain.debug_state import side_words
from apps.features.contracts import SEARCH_SCORE
from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking.contracts import HitRecord
from apps.ranking.domain.records import chain_document
from apps.ranking_weights.contracts import GLOBAL_SUBJECT, WeightsChoice
from apps.ranking_weights.selectors import weights_of_version, weights_settled
from apps.search.contracts import FusionMethod, Hit, SearchRequest
from apps.search.domain.contending import Arm, SearchPlan
from apps.search.domain.overrides import OverridesInvalid, SearchOverrides, overrides_read
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.scoring import Scored
from apps.search.services.answer import answer_make
from apps.search.services.begun import search_begin
from apps.search.services.serving import Made

# How deep the other side is looked through for where a hit came from.
DEPTH = 100
_KIND = "debugged"
_MOST_NUMBER = 9


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    key: str
    asked: SideAsked
    made: Made
    records: list[HitRecord]

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.made.answer.hits

    @property
    def places(self) -> dict[str, int]:
        return {hit.document.product_id: hit.position for hit in self.hits}


def sides_compared(asked: DebugAsked, as_of: datetime) -> tuple[SidePicture, SidePicture]:
    """Both sides. Nothing is logged, and no experiment takes part but those named.

    Raises:
        InvalidInput: a version, draft, experiment or category that does not exist.
    """
    a, b = (_side(key, side, asked, as_of) for key, side in (("a", asked.a), ("b", asked.b)))
    whole = picture.whole_of([*a.records[: asked.shown], *b.records[: asked.shown]])
    return _picture(a, b, asked.shown, whole), _picture(b, a, asked.shown, whole)


def _side(key: str, side: SideAsked, asked: DebugAsked, as_of: datetime) -> _Side:
    request = SearchRequest(query=asked.query, per_page=DEPTH, logged=False, experimented=False)
    if asked.category:
        request = replace(
            request,
            filters=FilterSet(categories=(asked.category,)),
            filters_asked={"category": (asked.category,)},
        )
    begun = search_begin(request=request, as_of=as_of, kind=_KIND)
    trial = replace(begun.trial, plan=SearchPlan(_arm(key, side)))
    made = answer_make(replace(begun, trial=trial))
    records = [made.core.listing.record(hit.position) for hit in made.answer.hits]
    return _Side(key, side, made, records)


def _arm(key: str, side: SideAsked) -> Arm:
    """The configuration as search takes it."""
    overrides = _experiment(key, side.experiment)
    settings = overrides.over(search_settings())
    weights, chosen_by = overrides.weights, ("", "")
    if weights is not None:
        name, _, variant = side.experiment.partition(":")
        chosen_by = (name, variant)
    if side.weights != PUBLISHED:
        weights, chosen_by = _weights(key, side.weights), ("", "")
    if side.fusion != PUBLISHED:
        fusion = replace(settings.fusion, method=FusionMethod(side.fusion))
        settings = replace(settings, fusion=fusion)
    switches = overrides.rules or RuleSwitches()
    return Arm(settings, weights, chosen_by, switches if side.rules else RuleSwitches(off=True))


def _weights(key: str, asked: str) -> WeightsChoice:
    field = f"{key}.weights"
    if asked == GLOBAL_SUBJECT:
        return WeightsChoice(subject=GLOBAL_SUBJECT)
    kind, colon, number = asked.partition(":")
    if kind == "draft" and colon:
        found = weights_of_version(int(number)) if _is_number(number) else None
        if found is None:
            raise InvalidInput("There is no such draft of weights.", field=field)
        return WeightsChoice(tuple(found.weights.items()), subject=found.subject)
    subject, _, number = asked.rpartition("@")
    if not _is_number(number) or weights_settled(subject, int(number)) is None:
        raise InvalidInput("There is no such version of weights: <subject>@<number>.", field=field)
    return WeightsChoice(subject=subject, number=int(number))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_NUMBER


def _experiment(key: str, asked: str) -> SearchOverrides:
    """What a variant changes, whatever state its experiment is in."""
    if not asked:
        return SearchOverrides()
    name, _, variant = asked.partition(":")
    for experiment in serving_plans().experiments.values():
        for each in experiment.spec.variants:
            if (experiment.spec.key, each.key) == (name, variant):
                try:
                    return overrides_read(each.payload)
                except OverridesInvalid as error:
                    raise InvalidInput(error.message, field=f"{key}.experiment") from error
    raise InvalidInput(
        "There is no such variant: <experiment>:<variant>.", field=f"{key}.experiment"
    )


def _picture(side: _Side, other: _Side, shown: int, whole: float) -> SidePicture:
    answer, scored = side.made.answer, side.made.core.scored
    places = other.places
    chain = [link for link in chain_document(answer.weights) if isinstance(link, dict)]
    return SidePicture(
        key=side.key,
        asked=side.asked,
        words=side_words(side.asked),
        found=answer.found,
        weights=picture.weights_lines(dict(answer.weights.weights)),
        weights_words=picture.weights_words(answer.weights),
        chain=tuple(
            (str(link["link"]), str(link["subject"]), str(link["found"]), bool(link["answered"]))
            for link in chain
        ),
        hits=tuple(
            _line(hit, record, places.get(hit.document.product_id), whole)
            for hit, record in zip(side.hits[:shown], side.records, strict=False)
        ),
        histograms=_histograms(scored),
        rules=answer.applied_rules,
        degraded=answer.degraded,
    )


def _line(hit: Hit, record: HitRecord, other: int | None, whole: float) -> HitLine:
    return HitLine(
        position=hit.position,
        product_id=hit.document.product_id,
        title=hit.document.title,
        image=hit.document.image_link,
        score=record.final_score,
        bars=picture.bars_of(record, whole),
        other=other,
        moved=None if other is None else other - hit.position,
        steps=tuple(picture.step_words(step) for step in record.steps),
        reason=record.reason,
    )


def _histograms(scored: Scored) -> tuple[Histogram, ...]:
    """Over everything that is a hit, not the page."""
    ranking = scored.ranking
    columns = {SEARCH_SCORE: ranking.candidates.search_score, **ranking.features}
    return tuple(
        picture.histogram_of(name, columns[name][ranking.order])
        for name, _ in ranking.weights.weights
    )
