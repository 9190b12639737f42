"""Which rules act in a variant of an experiment: read, written, compared, told.

`{"enabled": false}` turns all of them off; `without` names rules that do not act, `with` those
that act although they are for experiments only. A rule is named by its key, a campaign as
`campaign:<name>`.
"""

import re
from collections.abc import Iterable, Sequence

from apps.experiments.contracts.assignment import Json
from apps.merchandising.contracts_rules import MerchandisingRule, RuleSwitches

FIELD = "rules"
CAMPAIGN = "campaign:"
MOST_NAMES = 200
_NAMES = ("enabled", "without", "with")
_NAME = re.compile(r"(?:campaign:)?[a-z0-9][a-z0-9_-]{0,99}")


class SwitchesInvalid(ValueError):
    """Switches that mean nothing; `field` is a dotted path."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the path beside the message."""
        super().__init__(message)
        self.field = field
        self.message = message


def switches_read(value: Json) -> RuleSwitches | None:
    """The switches of a payload; None: it leaves rules as they are.

    Raises:
        SwitchesInvalid: naming the field.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SwitchesInvalid(FIELD, "'rules' must be an object.")
    for name in value:
        if name not in _NAMES:
            raise SwitchesInvalid(f"{FIELD}.{name}", f"There is no '{name}'.")
    enabled = value.get("enabled", True)
    if not isinstance(enabled, bool):
        raise SwitchesInvalid(f"{FIELD}.enabled", "'enabled' is true or false.")
    without, with_ = (_names(name, value.get(name)) for name in ("without", "with"))
    if not enabled and (without or with_):
        raise SwitchesInvalid(f"{FIELD}.enabled", "Without any rule none can be named besides.")
    if both := without & with_:
        message = f"'{min(both)}' cannot act and not act."
        raise SwitchesInvalid(f"{FIELD}.with", message)
    return RuleSwitches(not enabled, without, with_)


def _names(name: str, value: Json) -> frozenset[str]:
    if value is None:
        return frozenset()
    path = f"{FIELD}.{name}"
    if not isinstance(value, list) or len(value) > MOST_NAMES:
        raise SwitchesInvalid(path, f"There must be a list of at most {MOST_NAMES} names here.")
    for place, each in enumerate(value):
        if not isinstance(each, str) or not _NAME.fullmatch(each):
            message = "A rule's key, or campaign:<name>, has to stand here."
            raise SwitchesInvalid(f"{path}.{place}", message)
    return frozenset(each for each in value if isinstance(each, str))


def switches_written(switches: RuleSwitches) -> dict[str, Json]:
    """As a payload has them under `rules`; read back they are the same."""
    written: dict[str, Json] = {"enabled": not switches.off}
    for name, names in (("without", switches.without), ("with", switches.with_)):
        if names:
            written[name] = [*sorted(names)]
    return written


def names_toggled(arms: Iterable[RuleSwitches | None]) -> frozenset[str] | None:
    """Names that one arm treats otherwise than another; None: all rules, off in some arm only.

    Args:
        arms: of every variant; None leaves rules as they are.
    """
    given = [each or RuleSwitches() for each in arms]
    if len({each.off for each in given}) > 1:
        return None
    toggled: frozenset[str] = frozenset()
    for names in ([each.without for each in given], [each.with_ for each in given]):
        toggled |= frozenset[str]().union(*names) - frozenset.intersection(*names)
    return toggled


def names_unknown(names: Iterable[str], rules: Sequence[MerchandisingRule]) -> list[str]:
    """Names that are no rule's key and no campaign, sorted."""
    known = {rule.key for rule in rules}
    known |= {f"{CAMPAIGN}{rule.campaign}" for rule in rules if rule.campaign}
    return sorted({*names} - known)


def rules_named(
    names: Iterable[str], rules: Sequence[MerchandisingRule]
) -> tuple[MerchandisingRule, ...]:
    """The rules that are called so, or are in a campaign called so, in their order."""
    wanted = frozenset(names)
    return tuple(rule for rule in rules if {rule.key, f"{CAMPAIGN}{rule.campaign}"} & wanted)


def switches_words(switches: RuleSwitches) -> str:
    """In plain sentences."""
    if switches.off:
        return "No rule acts."
    told = []
    if switches.without:
        told.append(f"Without the rules {_listed(switches.without)}.")
    if switches.with_:
        told.append(f"With the rules {_listed(switches.with_)}.")
    return " ".join(told) or "Rules act as published."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(
        f"of campaign '{name.removeprefix(CAMPAIGN)}'" if name.startswith(CAMPAIGN) else name
        for name in sorted(names)
    )
