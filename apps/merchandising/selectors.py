"""The published synonyms, abbreviations and rules, from memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.merchandising.contracts import DEFAULT_SUBJECT, NO_SYNONYMS, SynonymIndex
from apps.merchandising.contracts_rules import MerchandisingRule, RuleInvalid
from apps.merchandising.domain.abbreviations import built_in_index
from apps.merchandising.domain.rules.book import CompiledRuleBook
from apps.merchandising.domain.rules.content import CONTENT_FIELDS, rule_parse
from apps.merchandising.domain.synonyms import entries_parse, synonym_index_build
from apps.merchandising.models import (
    AbbreviationSetVersion,
    EntriesVersion,
    RuleVersion,
    SynonymSetVersion,
)
from apps.publishing.contracts import VersionStatus

logger = structlog.get_logger(__name__)
_SETTLED = (VersionStatus.PUBLISHED.value, VersionStatus.SUPERSEDED.value)
_Published = tuple[int, datetime]
_rules_read: dict[_Published, MerchandisingRule] = {}


def _published(model: type[EntriesVersion]) -> SynonymIndex | None:
    """What is published; None: nothing."""
    found = (
        model._default_manager.filter(  # noqa: SLF001 - Django's documented way to a model's first manager
            subject=DEFAULT_SUBJECT, status=VersionStatus.PUBLISHED.value
        )
        .values_list("number", "entries")
        .first()
    )
    return None if found is None else synonym_index_build(entries_parse(found[1]), found[0])


def _missing(
    name: str, held: Snapshot[SynonymIndex] | Snapshot[CompiledRuleBook], error: DatabaseFailure
) -> None:
    """Go on without what cannot be read, unless older ones are at hand."""
    if held.is_loaded:
        raise error
    connection.close()
    degraded_total.labels(component=name, reason="database").inc()
    logger.warning("merchandising_none", missing=name, reason=str(error))
    # Stale from the start: the next poll tries again.
    held.mark_stale()


def _synonyms_load() -> SynonymIndex:
    try:
        return _published(SynonymSetVersion) or NO_SYNONYMS
    except DatabaseFailure as error:
        _missing("synonyms", _synonyms, error)
        return NO_SYNONYMS


def _abbreviations_load() -> SynonymIndex:
    try:
        return _published(AbbreviationSetVersion) or built_in_index()
    except DatabaseFailure as error:
        _missing("abbreviations", _abbreviations, error)
        return built_in_index()


def _rules_load() -> CompiledRuleBook:
    try:
        # The number first: it may be behind what is read, and is then read again, but never
        # ahead of it.
        number = RuleVersion.objects.filter(status__in=_SETTLED).count()
        return CompiledRuleBook(_rules_published(), number)
    except DatabaseFailure as error:
        _missing("rules", _rules, error)
        return CompiledRuleBook((), 0)


def _rules_published() -> list[MerchandisingRule]:
    """Every rule that is published and not retired; windows that are over count for epochs."""
    global _rules_read  # noqa: PLW0603 - what this process has read already
    rows = RuleVersion.objects.filter(status=VersionStatus.PUBLISHED.value, retired=False)
    wanted = list(rows.values_list("pk", "published_at"))
    # What was published never changes: only versions that are new here are read.
    known = {each: _rules_read[each] for each in wanted if each in _rules_read}
    missing = [each[0] for each in wanted if each not in known]
    _rules_read = known | (dict(_rules_parsed(missing)) if missing else {})
    return list(_rules_read.values())


def _rules_parsed(pks: list[int]) -> Iterator[tuple[_Published, MerchandisingRule]]:
    rows = RuleVersion.objects.filter(pk__in=pks)
    asked = ("pk", "published_at", "subject", "number", *CONTENT_FIELDS)
    for pk, published_at, key, number, *values in rows.values_list(*asked):
        try:
            content = dict(zip(CONTENT_FIELDS, values, strict=True))
            yield (pk, published_at), rule_parse(key, number, content)
        except RuleInvalid as error:  # stored by other code; one rule must not sink the rest
            degraded_total.labels(component="rules", reason="unreadable").inc()
            logger.error("rule_unreadable", rule=key, field=error.field, message=error.message)  # noqa: TRY400 - what is wrong is in the rule, not in a trace


_synonyms: Snapshot[SynonymIndex] = Snapshot("synonyms", _synonyms_load, versions=("synonyms",))
_abbreviations: Snapshot[SynonymIndex] = Snapshot(
    "abbreviations", _abbreviations_load, versions=("abbreviations",)
)


# What previews take for published, in their own thread and for as long as they run.
_supposed: ContextVar[tuple[SynonymIndex | None, SynonymIndex | None]] = ContextVar(
    "merchandising_supposed", default=(None, None)
)


@contextmanager
def synonyms_supposed(index: SynonymIndex) -> Iterator[None]:
    """Inside, these synonyms are taken for the published ones."""
    token = _supposed.set((index, _supposed.get()[1]))
    try:
        yield
    finally:
        _supposed.reset(token)


@contextmanager
def abbreviations_supposed(index: SynonymIndex) -> Iterator[None]:
    """Inside, these abbreviations are taken for the published ones."""
    token = _supposed.set((_supposed.get()[0], index))
    try:
        yield
    finally:
        _supposed.reset(token)


_rules: Snapshot[CompiledRuleBook] = Snapshot("rules", _rules_load, versions=("rules",))


def rule_book() -> CompiledRuleBook:
    """The published rules that are not retired, compiled; no SQL once loaded.

    Starts and ends need no publish: `acting` looks at the clock, `epoch` names the span.
    """
    return _rules.get()


def synonyms() -> SynonymIndex:
    """What is live now; no SQL once loaded."""
    return _supposed.get()[0] or _synonyms.get()


def abbreviations() -> SynonymIndex:
    """What is live now, else the built-in ones; no SQL once loaded."""
    return _supposed.get()[1] or _abbreviations.get()
