"""The live rules, compiled: each request looks only at rules that its words may wake.

Every rule is filed once a query condition, else under its categories, else under the values of
one thing that it asks of the request, else among those that ask nothing. A request looks under
its own words, paths and values, so it costs what may act, not what is published.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from apps.merchandising.contracts_acting import NO_RULES_ACT, ActingRules, RuleContext
from apps.merchandising.contracts_rules import Conditions, MerchandisingRule, QueryMatch, Reach
from apps.merchandising.domain.rules.matching import (
    CompiledRule,
    paths_upwards,
    request_holds,
    rule_compile,
    rule_holds,
)
from apps.merchandising.domain.rules.precedence import precedence
from apps.merchandising.domain.rules.settling import rules_settle
from apps.merchandising.domain.rules.words import ANY_WORD, ANY_WORDS, Words

_MOST_REMEMBERED = 256
_MOST_SETTLED = 4096
_Filed = dict[str, list[int]]


class CompiledRuleBook:
    """Implements `RuleBook`; never edited once built.

    Attributes:
        number: grows with every publish of any rule.
        attributes_read: names of the request's attributes that some rule asks for.
        experiments_read: keys of experiments that some rule asks for.
    """

    __slots__ = (
        "_acting", "_always", "_attributes", "_boundaries", "_categories", "_compiled", "_exact",
        "_named", "_trials", "_variants", "_words", "attributes_read", "experiments_read",
        "number",
    )  # fmt: skip

    def __init__(self, rules: Iterable[MerchandisingRule], number: int) -> None:
        """File the rules; of two with one key the later stays."""
        once = {rule.key: rule for rule in rules}
        ordered = sorted(once.values(), key=precedence)
        self.number = number
        self._compiled = tuple(rule_compile(rule) for rule in ordered)
        self._exact: dict[Words, list[int]] = {}
        self._words: _Filed = {}
        self._categories: _Filed = {}
        self._attributes: dict[tuple[str, str], list[int]] = {}
        self._variants: dict[tuple[str, str], list[int]] = {}
        self._always: list[int] = []
        self._trials: dict[frozenset[str], CompiledRuleBook] = {}
        self._named: _Filed = {}
        self._acting: dict[tuple[tuple[int, ...], Words], ActingRules] = {}
        frequency = _word_frequency(self._compiled)
        for place, compiled in enumerate(self._compiled):
            self._file(place, compiled, frequency)
        self._boundaries = sorted(_boundaries(ordered))
        self.attributes_read = frozenset(
            name for each in self._compiled for name, _values in each.attributes
        )
        self.experiments_read = frozenset(
            name for each in self._compiled for name, _values in each.variants
        )

    def __len__(self) -> int:
        """How many rules."""
        return len(self._compiled)

    def rules(self) -> tuple[MerchandisingRule, ...]:
        """All of them, in order of precedence."""
        return tuple(each.rule for each in self._compiled)

    def acting(self, context: RuleContext) -> ActingRules:
        """The rules whose conditions hold, conflicts settled.

        A category's rules only act once `context.categories` is known.
        """
        if context.switches.off or not self._compiled:
            return NO_RULES_ACT
        within = paths_upwards(context.categories)
        places = {
            place
            for place in self._candidates(context, within)
            if rule_holds(self._compiled[place], context, within)
        }
        if not places:
            return NO_RULES_ACT
        return self._settled(tuple(sorted(places)), context.words)

    def _settled(self, places: tuple[int, ...], words: Words) -> ActingRules:
        """Conflicts of these rules settled: the same for whoever asks the same."""
        asked = places, words
        found = self._acting.get(asked)
        if found is None:
            found = rules_settle(tuple(self._compiled[place].rule for place in places), words)
            if len(self._acting) >= _MOST_SETTLED:
                self._acting.clear()
            self._acting[asked] = found
        return found

    def may_act(self, context: RuleContext, keys: frozenset[str]) -> bool:
        """Whether one of these rules (or `campaign:<name>`) could act, in some category.

        Left aside: switches, reach, experiments' variants and the category. Whatever arm a
        request is in, the answer is the same, and it is yes wherever one of them does act.
        """
        trial = self._trials.get(keys)
        if trial is None:
            trial = self._trial(keys)
            if len(self._trials) >= _MOST_REMEMBERED:
                self._trials.clear()
            self._trials[keys] = trial
        return trial.wakes(context)

    def wakes(self, context: RuleContext) -> bool:
        """Whether the query, the attributes and the time of some rule hold."""
        return any(
            request_holds(self._compiled[place], context)
            for place in self._candidates(context, paths_upwards(context.categories))
        )

    def epoch(self, as_of: datetime) -> int:
        """How many starts and ends of rules lie behind; names a span in which no rule changes."""
        return bisect_right(self._boundaries, as_of)

    def narrowed(
        self, rules: tuple[MerchandisingRule, ...], gone: frozenset[str]
    ) -> "CompiledRuleBook":
        """This book with some rules added or replaced and others gone; previews use it.

        Args:
            rules: added, or in place of those with the same keys.
            gone: keys of rules, or `campaign:<name>`, that leave; never one of `rules`.
        """
        stay = [each.rule for each in self._compiled if each.names.isdisjoint(gone)]
        return CompiledRuleBook([*stay, *rules], self.number)

    def _trial(self, keys: frozenset[str]) -> "CompiledRuleBook":
        """Only the rules called so, without what depends on an arm or on a category."""
        places = {place for key in keys for place in self._named.get(key, ())}
        rules = (self._compiled[place].rule for place in sorted(places))
        return CompiledRuleBook(
            (
                replace(
                    rule,
                    reach=Reach.EVERYONE,
                    conditions=replace(rule.conditions, categories=(), variants=()),
                )
                for rule in rules
            ),
            self.number,
        )

    def _candidates(self, context: RuleContext, within: frozenset[str]) -> Iterator[int]:
        """Places of rules that may act, some of them twice."""
        yield from self._always
        for words in (context.words, context.corrected):
            if words:
                yield from self._exact.get(words, ())
        for word in {*context.words, *context.corrected}:
            yield from self._words.get(word, ())
        for path in within:
            yield from self._categories.get(path, ())
        if self._attributes:
            for pair in context.attributes.items():
                yield from self._attributes.get(pair, ())
        if self._variants:
            for pair in context.variants.items():
                yield from self._variants.get(pair, ())

    def _file(self, place: int, compiled: CompiledRule, frequency: Counter[str]) -> None:
        for name in compiled.names:
            self._named.setdefault(name, []).append(place)
        if compiled.queries:
            for match, words in compiled.queries:
                if match is QueryMatch.EXACT:
                    self._exact.setdefault(words, []).append(place)
                    continue
                rarest = _rarest(words, frequency)
                if rarest is None:
                    self._always.append(place)
                else:
                    self._words.setdefault(rarest, []).append(place)
        elif compiled.categories:
            for path in compiled.categories:
                self._categories.setdefault(path, []).append(place)
        elif compiled.variants:
            _file_values(self._variants, compiled.variants[0], place)
        elif compiled.attributes:
            _file_values(self._attributes, compiled.attributes[0], place)
        else:
            self._always.append(place)


def _file_values(
    filed: dict[tuple[str, str], list[int]], asked: tuple[str, frozenset[str]], place: int
) -> None:
    for value in asked[1]:
        filed.setdefault((asked[0], value), []).append(place)


def _literals(words: Words) -> list[str]:
    return [word for word in words if word not in {ANY_WORD, ANY_WORDS}]


def _rarest(words: Words, frequency: Counter[str]) -> str | None:
    """The word that wakes a condition least often; None: it has no word of its own."""
    return min(_literals(words), key=lambda word: (frequency[word], word), default=None)


def _word_frequency(compiled: Iterable[CompiledRule]) -> Counter[str]:
    """In how many conditions a word is that is not for an exact query."""
    return Counter(
        word
        for each in compiled
        for match, words in each.queries
        if match is not QueryMatch.EXACT
        for word in set(_literals(words))
    )


def _boundaries(rules: Iterable[MerchandisingRule]) -> set[datetime]:
    return {moment for rule in rules for moment in _moments(rule.conditions)}


def _moments(conditions: Conditions) -> list[datetime]:
    return [each for each in (conditions.starts_at, conditions.ends_at) if each is not None]
