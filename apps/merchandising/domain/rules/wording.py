"""Rules in words, for people: version pages, differences, conflicts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.merchandising.contracts_acting import Outdone
from apps.merchandising.contracts_rules import (
    LEAST_FACTOR,
    Banner,
    Conditions,
    Consequence,
    Hide,
    Keep,
    MerchandisingRule,
    Pin,
    QueryMatch,
    Reach,
    Redirect,
    Reweigh,
    Rewrite,
    Target,
)

_MATCH_WORDS = {
    QueryMatch.EXACT: "is exactly",
    QueryMatch.PHRASE: "has the phrase",
    QueryMatch.CONTAINS: "contains the words",
    QueryMatch.PATTERN: "is like",
}
_MOST_NAMED = 5


def rule_words(rule: MerchandisingRule) -> str:
    """The whole rule: "When the query is exactly 'tv': pin 123 to position 1."."""
    doings = "; ".join(consequence_words(each) for each in rule.consequences)
    return f"{conditions_words(rule.conditions)}: {doings}.{_reach_words(rule)}"


def _reach_words(rule: MerchandisingRule) -> str:
    return " Only where an experiment asks for it." if rule.reach is Reach.EXPERIMENTS else ""


def conditions_words(conditions: Conditions) -> str:
    """When a rule acts, in words; "Always" without a condition."""
    parts = [
        _queries_words(conditions),
        _one_of("the category is or is below", conditions.categories),
        _one_of("the segment is", conditions.segments),
        _one_of("the device is", conditions.devices),
        *(_one_of(f"{name} is", values) for name, values in sorted(conditions.attributes.items())),
        *(
            _one_of(f"experiment '{each.experiment}' gives variant", each.variants)
            for each in conditions.variants
        ),
    ]
    given = [part for part in parts if part]
    when = f"When {' and '.join(given)}" if given else "Always"
    return when + window_words(conditions)


def window_words(conditions: Conditions) -> str:
    """The window: ", from … until … (time zone)"; empty without dates."""
    zone = ZoneInfo(conditions.time_zone)
    ends = (("from", conditions.starts_at), ("until", conditions.ends_at))
    said = [f"{word} {moment_words(moment, zone)}" for word, moment in ends if moment]
    return f", {' '.join(said)} ({conditions.time_zone})" if said else ""


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the clock of a zone, to the minute where that says all."""
    local = moment.astimezone(zone)
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


def _queries_words(conditions: Conditions) -> str:
    told = [f"{_MATCH_WORDS[each.match]} '{each.text}'" for each in conditions.queries]
    return f"the query {' or '.join(told)}" if told else ""


def _one_of(before: str, values: Sequence[str]) -> str:
    return f"{before} {' or '.join(values)}" if values else ""


def consequence_words(each: Consequence) -> str:
    """One consequence: "boost brand Sony by +50 (doubles)"."""
    match each:
        case Pin():
            return f"pin {each.product} to position {each.position}"
        case Reweigh():
            verb = "boost" if each.factor > 0 else "bury"
            return f"{verb} {target_words(each.target)} by {each.factor:+d} ({factor_words(each)})"
        case Hide():
            return f"hide {target_words(each.target)}"
        case Keep():
            return f"show only {target_words(each.target)}"
        case Redirect():
            return f"redirect to {each.url}"
        case Banner():
            return f"show a banner in slot '{each.slot}'{_payload_words(each.payload)}"
    return _rewrite_words(each)


def factor_words(reweigh: Reweigh) -> str:
    """What the factor does to a score: "doubles"."""
    factor = reweigh.factor
    if factor == LEAST_FACTOR:
        return "behind everything else"
    times = 1 + factor / 50 if factor > 0 else 1 + factor / 100
    known = {2.0: "doubles", 3.0: "triples", 0.5: "halves"}
    return known.get(times, f"times {times:g}")


def target_words(target: Target) -> str:
    """The products meant: "1, 2 and 3" or "brand Sony or LG with price ..50"."""
    if target.products:
        return _listed(target.products)
    return " with ".join(
        f"{name.removeprefix('attr.')} {' or '.join(values)}"
        for name, values in sorted(target.filters.items())
    )


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _payload_words(payload: Mapping[str, object]) -> str:
    title = payload.get("title") or payload.get("text")
    return f" ({title})" if isinstance(title, str) else ""


def _rewrite_words(each: Rewrite) -> str:
    if not each.find:
        return f"search for '{each.replace}' instead"
    if not each.replace:
        return f"remove '{each.find}' from the query"
    return f"replace '{each.find}' by '{each.replace}' in the query"


def outdone_words(outdone: Outdone) -> str:
    """Who wins over whom and why, in one sentence."""
    return (
        f"Rule '{outdone.winner}' wins over '{outdone.rule}', which would "
        f"{outdone.what}, because {outdone.why}."
    )


def rule_lines(rule: MerchandisingRule) -> tuple[tuple[str, str], ...]:
    """(what it is called, in words) of everything that a rule says, for lists and differences."""
    reach = "only where an experiment asks for it" if rule.reach is Reach.EXPERIMENTS else ""
    return (
        ("Title", rule.title),
        ("Acts", conditions_words(rule.conditions)),
        *(("Does", consequence_words(each)) for each in rule.consequences),
        ("Priority", str(rule.priority)),
        ("Campaign", rule.campaign or "none"),
        ("Reaches", reach or "everyone"),
    )
