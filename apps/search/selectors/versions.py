"""Everything that answers depend on beside the request, under one name in every process.

By what is published and loaded, never by when a process noticed: a worker that still has older
weights than another gets another name, and so another answer, until it has the new ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import is_
from typing import Any, NamedTuple

from django.conf import settings
from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS, connections
from django.dispatch import receiver

from apps.catalog.contracts import CategoryTree, ProductColumns
from apps.catalog.selectors_state import (
    catalogue_state,
    catalogue_state_known,
    look_says_fresh,
    look_statement,
)
from apps.common.postgresql import PostgresqlGone, postgresql_call
from apps.embeddings.contracts import QueryEncoder
from apps.embeddings.selectors import LoadedIndex, engines_now
from apps.features.contracts import ServingSnapshot
from apps.merchandising.contracts import SynonymIndex
from apps.merchandising.contracts_acting import RuleBook
from apps.merchandising.selectors import abbreviations, rule_book, synonyms
from apps.model_registry.services.holder import Held
from apps.ranking_weights.contracts import WeightSet
from apps.ranking_weights.selectors import published_weight_sets
from apps.search.domain.cache_key import digest_of
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.overrides import SearchSettings
from apps.search.engines.query_category_files import ClicksOfQueries
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.language import search_language
from apps.search.selectors.lexicon import lexicon_state
from apps.search.selectors.query_categories import query_categories_state
from apps.search.selectors.statements import prepared_fetch

# Raised when answers of this release differ from the last one's for the same request.
RELEASE = 2
# Settings that change what is found or how it is ranked.
_SETTINGS = ("SEARCH_", "SEMANTIC_", "KEYWORD_", "LEXICON_", "FRESHNESS_")


class _Parts(NamedTuple):
    """What is published and loaded."""

    weights: Mapping[str, WeightSet]
    synonyms: SynonymIndex
    abbreviations: SynonymIndex
    settings: SearchSettings
    tree: CategoryTree
    encoder: Held[QueryEncoder]
    vectors: Held[LoadedIndex]
    lexicon: Held[Lexicon]
    clicked: Held[ClicksOfQueries]
    rules: RuleBook


@dataclass(frozen=True, slots=True)
class _Named:
    """What was named last. It holds the parts: nothing else can have their identities."""

    parts: _Parts
    plain: tuple[object, ...]
    name: str


@dataclass(slots=True)
class _Last:
    """What this process need not find out again while nothing moves."""

    named: _Named | None = None
    settings: tuple[object, ...] = ()


_last = _Last()


def versions_in_force(snapshot: ServingSnapshot) -> str:
    """The name; empty when the catalogue's state cannot be told.

    No SQL while catalogue and columns stay as they are.
    """
    columns = snapshot.columns
    # What is known already says nothing of PostgreSQL: its breaker must not take it for a sign.
    state = catalogue_state_known(columns)
    try:
        state = state or postgresql_call("catalogue_state", lambda: catalogue_state(columns))
    except PostgresqlGone:
        return ""
    if not state:
        return ""
    engines = engines_now()
    parts = _Parts(
        weights=published_weight_sets(),
        synonyms=synonyms(),
        abbreviations=abbreviations(),
        settings=search_settings(),
        tree=snapshot.tree,
        encoder=engines.encoder,
        vectors=engines.index,
        lexicon=lexicon_state(),
        clicked=query_categories_state(),
        rules=rule_book(),
    )
    priced = snapshot.columns.priced_until
    plain = (snapshot.number, state, priced, search_language(), _plain_settings())
    last = _last.named
    if last is not None and plain == last.plain and all(map(is_, parts, last.parts)):
        return last.name
    name = digest_of((RELEASE, _database(), plain, _contents(parts)))
    _last.named = _Named(parts, plain, name)
    return name


def _contents(parts: _Parts) -> list[object]:
    weights = parts.weights.values()
    held: tuple[Held[Any], ...] = (
        parts.encoder,
        parts.vectors,
        parts.lexicon,
        parts.clicked,
    )
    return [
        sorted((each.subject, each.number, sorted(each.weights.items())) for each in weights),
        *(
            (each.number, sorted(each.phrases.items()))
            for each in (parts.synonyms, parts.abbreviations)
        ),
        parts.settings,
        [(node.id, node.path, node.name) for node in parts.tree.categories],
        [(each.number, each.location, each.reason) for each in held],
        parts.rules.number,
    ]


def catalogue_is_fresh(columns: ProductColumns) -> bool:
    """Whether nothing was written since the columns were read; one statement."""
    try:
        row = postgresql_call("look", lambda: prepared_fetch(*look_statement(columns)))
    except PostgresqlGone:
        return False
    return look_says_fresh(columns, row[0])


def _plain_settings() -> tuple[object, ...]:
    if not _last.settings:
        names = (name for name in dir(settings) if name.startswith(_SETTINGS))
        _last.settings = tuple((name, getattr(settings, name)) for name in names)
    return _last.settings


@receiver(setting_changed)
def _settings_forget(**_changed: object) -> None:
    """Settings change in tests only."""
    _last.settings = ()


def _database() -> tuple[str, str, str]:
    """Two databases that share a Redis share no answer."""
    found = connections[DEFAULT_DB_ALIAS].settings_dict
    return str(found["HOST"]), str(found["PORT"]), str(found["NAME"])
