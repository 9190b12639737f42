"""Ranking under a configuration: what is published, an experiment's payload, or a draft."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from django.utils import timezone

from apps.common.errors import InvalidInput, NotFound
from apps.explainability.contracts.judged import Configuration, ConfigurationInvalid, Json
from apps.merchandising.contracts import SynonymsInvalid
from apps.merchandising.domain.synonyms import entries_parse, synonym_index_build
from apps.merchandising.selectors import abbreviations_supposed, synonyms_supposed
from apps.merchandising.selectors_rules import rule_of_version
from apps.publishing.bases import UnknownKind
from apps.publishing.contracts import VersionView
from apps.publishing.selectors import version_view
from apps.ranking_weights.contracts import GLOBAL_SUBJECT, WeightsChoice
from apps.search.contracts import SearchRequest
from apps.search.domain.configuration import settings_of
from apps.search.domain.contending import Arm, SearchPlan
from apps.search.domain.overrides import OverridesInvalid, overrides_read
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.scoring import Scored
from apps.search.services.core import core_hits, search_core
from apps.search.services.rule_preview import RuleOccasion, rule_sides
from apps.search.services.systems import DEPTH, SYSTEMS, served_under

Ranker = Callable[[str], tuple[str, ...]]
SERVED = "served"
_EVALUATION = ("evaluation", "candidate")


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """How to rank under a configuration.

    Attributes:
        ranker: query to product ids.
        supposed: entered around all calls: what is taken for published meanwhile.
    """

    ranker: Ranker
    supposed: Callable[[], AbstractContextManager[None]] = nullcontext


Drafted = Callable[[VersionView], Ranking]
_drafts: dict[str, Drafted] = {}


def draft_ranking_register(kind: str, drafted: Drafted) -> None:
    """Say how to rank as if a draft of this kind were published."""
    _drafts[kind] = drafted


def draft_kinds() -> tuple[str, ...]:
    """The kinds whose drafts can be evaluated."""
    return tuple(sorted(_drafts))


def ranking_under(configuration: Configuration) -> Ranking:
    """How to rank under a configuration.

    Raises:
        InvalidInput: it names no system, no draft, or a payload that search cannot read.
    """
    try:
        return _ranking(configuration)
    except ConfigurationInvalid as error:
        raise InvalidInput(str(error), field=error.field) from error


def _ranking(configuration: Configuration) -> Ranking:
    if configuration.draft_kind:
        return _of_draft(configuration)
    if configuration.system not in SYSTEMS:
        known = ", ".join(SYSTEMS)
        raise ConfigurationInvalid("system", f"A system is one of {known}.")
    if configuration.payload is not None:
        if configuration.system != SERVED:
            raise ConfigurationInvalid("payload", f"A payload goes with the system {SERVED}.")
        return _of_payload(configuration.payload)
    system = SYSTEMS[configuration.system]
    return Ranking(lambda query: tuple(system(query)))


def draft_ranking(version: VersionView) -> Ranking:
    """How to rank as if a version were published.

    Raises:
        InvalidInput: of this kind nothing can be evaluated, or its content is broken.
    """
    try:
        return _drafts[version.kind](version)
    except KeyError as error:
        raise InvalidInput(f"A {version.kind} cannot be evaluated.", field="draft") from error
    except ConfigurationInvalid as error:
        raise InvalidInput(str(error), field=error.field) from error


def _of_draft(configuration: Configuration) -> Ranking:
    if configuration.draft_kind not in _drafts:
        known = ", ".join(draft_kinds())
        raise ConfigurationInvalid("draft", f"A draft's kind is one of {known}.")
    try:
        version = version_view(kind=configuration.draft_kind, version_id=configuration.draft_id)
    except (NotFound, UnknownKind) as error:
        raise ConfigurationInvalid("draft", "There is no such version.") from error
    return _drafts[version.kind](version)


def _of_payload(payload: Json) -> Ranking:
    try:
        overrides = overrides_read(payload)  # type: ignore[arg-type]  # JSON either way; ours is read-only
    except OverridesInvalid as error:
        raise ConfigurationInvalid(error.field, error.message) from error
    arm = Arm(overrides.over(search_settings()), overrides.weights, _EVALUATION)
    return Ranking(lambda query: served_under(_request(query), SearchPlan(arm)))


def _request(query: str) -> SearchRequest:
    return SearchRequest(query=query, per_page=DEPTH, logged=False)


def weights_drafted(version: VersionView) -> Ranking:
    """As if a weight set were published: it acts where it would win the chain of sets."""
    weights = version.content["weights"]
    if not isinstance(weights, Mapping):
        raise ConfigurationInvalid("draft", "This version holds no weights.")
    numbers = tuple((str(name), float(str(weight))) for name, weight in weights.items())

    def ranker(query: str) -> tuple[str, ...]:
        request = _request(query)
        core = search_core(request)
        if not weights_would_act(version.subject, core.scored):
            return tuple(hit.document.product_id for hit in core_hits(core, request))
        arm = Arm(search_settings(), WeightsChoice(numbers), _EVALUATION)
        return served_under(request, SearchPlan(arm))

    return Ranking(ranker)


def weights_would_act(subject: str, scored: Scored) -> bool:
    """Whether a set of this subject, were it published, would rank a search that stands so."""
    used = scored.ranking.weights
    if subject == GLOBAL_SUBJECT:
        return used.source in {"global", "default"}
    detected = scored.category.path if scored.category else ""
    path = f"{scored.filtered or detected}/"
    nearer = used.subject if used.source in {"category", "parent"} else ""
    return path.startswith(f"{subject}/") and len(subject) >= len(nearer)


def settings_drafted(version: VersionView) -> Ranking:
    """As if search settings were published."""
    content = version.content
    drafted = settings_of(
        fusion=str(content["fusion"]),
        keyword_weight=float(str(content["keyword_weight"])),
        **{
            name: bool(content[name])
            for name in ("semantic", "synonyms", "understanding", "spelling", "history", "session")
        },
        session_weight=float(str(content["session_weight"])),
        revisit_weight=float(str(content["revisit_weight"])),
    )
    return Ranking(lambda query: served_under(_request(query), SearchPlan(Arm(drafted))))


def synonyms_drafted(version: VersionView) -> Ranking:
    """As if synonyms, or abbreviations, were published."""
    entries = version.content["entries"]
    if not isinstance(entries, list | tuple):
        raise ConfigurationInvalid("draft", "This version holds no entries.")
    try:
        index = synonym_index_build(entries_parse(entries), version.number)
    except SynonymsInvalid as error:
        raise ConfigurationInvalid("draft", str(error)) from error
    as_if = synonyms_supposed if version.kind == "synonyms" else abbreviations_supposed

    @contextmanager
    def supposed() -> Iterator[None]:
        with as_if(index):
            yield

    return Ranking(lambda query: served_under(_request(query), None), supposed)


def rules_drafted(version: VersionView) -> Ranking:
    """As if a rule were published, or retired; one that waits for its start is at its start.

    Judged queries come from nobody's device or segment: a rule that asks for one does not act.
    """
    rule = None if version.content["retired"] else rule_of_version(version)

    def ranker(query: str) -> tuple[str, ...]:
        occasion = RuleOccasion(query=query)
        _, after = rule_sides(
            rule=rule, occasion=occasion, as_of=timezone.now(), key=version.subject
        )
        hits = core_hits(after, occasion.request())
        return tuple(hit.document.product_id for hit in hits)

    return Ranking(ranker)
