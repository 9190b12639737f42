"""What merchandising rules did to one search, as its answer tells it."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.merchandising.contracts_acting import Outdone, WordsFrom


@dataclass(frozen=True, slots=True)
class RewrittenQuery:
    """A query of which rules made another one.

    Attributes:
        original: normalised, as typed.
        rewritten: what was searched for.
        rules: keys of the rules that did it.
    """

    original: str
    rewritten: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuledRedirect:
    """Where the storefront is told to go, and by which rule."""

    url: str
    rule: str


@dataclass(frozen=True, slots=True)
class RuledBanner:
    """What a rule shows in a slot; the payload is the storefront's own."""

    slot: str
    rule: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RuledFilter:
    """A filter that a rule set: nothing but these products appears.

    Attributes:
        rule: its key.
        products: external ids; empty: by filters.
        filters: as `filter[<name>]` takes them.
    """

    rule: str
    products: tuple[str, ...]
    filters: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A rule that acted, for whoever asks why.

    Attributes:
        key: names it.
        number: the version.
        title: for people.
        priority: the higher wins.
        did: what it did here, in words.
        words: where the words stand that it asks for; None: it asks for none.
    """

    key: str
    number: int
    title: str
    priority: int
    did: tuple[str, ...]
    words: WordsFrom | None = None


@dataclass(frozen=True, slots=True)
class RulesActed:
    """What rules did to one answer.

    Attributes:
        rewritten: the query as rules made it; None: they left it.
        redirect: None: none.
        banners: one a slot.
        filters: what rules filter by.
        keys: of the rules that acted, in order of precedence.
        consequences: what kinds of consequences acted, each once: `pin`, `boost` …
        applied: who acted, in order of precedence; empty unless the answer explains itself.
        outdone: what gave way, and to whom; likewise.
        explained: whether the answer explains itself.
    """

    rewritten: RewrittenQuery | None = None
    redirect: RuledRedirect | None = None
    banners: tuple[RuledBanner, ...] = ()
    filters: tuple[RuledFilter, ...] = ()
    keys: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    applied: tuple[AppliedRule, ...] = ()
    outdone: tuple[Outdone, ...] = ()
    explained: bool = False


NO_RULES_ACTED = RulesActed()
NO_RULES_EXPLAINED = RulesActed(explained=True)
