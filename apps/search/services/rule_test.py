"""From a rule to the experiment that tells whether it does good."""

from django.db import transaction

from apps.access.services import Actor
from apps.common.errors import Conflict, NotFound
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.services.design import experiment_create
from apps.merchandising.domain.rules.wording import rule_words
from apps.merchandising.selectors_rules import rules_published
from apps.ranking.domain.switching import FIELD
from apps.search.domain.overrides import PART

_MOST_KEYS = 50
_METRICS: tuple[dict[str, Json], ...] = (
    {"key": "ctr", "role": "primary"},
    {"key": "conversion_rate", "role": "secondary"},
    {"key": "revenue_per_visitor", "role": "secondary"},
    {"key": "zero_result_rate", "role": "guardrail", "margin": 0.05},
)
_PLAN: dict[str, Json] = {"minimum_runtime_days": 7, "minimum_units": 200, "mde": 0.1}


def rule_test_create(*, key: str, actor: Actor) -> ExperimentView:
    """A draft of an experiment: the control without the rule, the treatment with it.

    A rule whose reach is `experiments` acts in the treatment alone; one that is live for
    everyone goes on acting for everyone outside of the experiment.

    Args:
        key: of a published rule.
        actor: becomes its maker.

    Raises:
        NotFound: no such rule is published.
        Conflict: it has been tested too often under names of its own.
    """
    rule = next((each for each in rules_published() if each.key == key), None)
    if rule is None:
        raise NotFound(f"No rule {key} is published: publish it for experiments first.")
    design: dict[str, Json] = {
        "name": f"Rule: {rule.title}",
        "hypothesis": f"Shoppers find sooner what they want with the rule '{key}'. "
        f"{rule_words(rule)}",
        "template": "feature",
        "surface": "search",
        "variants": [
            _variant("without", "Without the rule", {"without": [key]}),
            _variant("with", "With the rule", {"with": [key]}),
        ],
        "metrics": [dict(each) for each in _METRICS],
        "plan": dict(_PLAN),
    }
    for number in range(1, _MOST_KEYS):
        name = f"rule-{key}"[:80] + ("" if number == 1 else f"-{number}")
        try:
            with transaction.atomic():
                return experiment_create(key=name, design=design, actor=actor)
        except Conflict:
            continue
    raise Conflict(f"There are {_MOST_KEYS - 1} experiments about the rule {key} already.")


def _variant(key: str, name: str, switches: dict[str, Json]) -> Json:
    return {"key": key, "name": name, "weight": 0.5, "payload": {PART: {FIELD: switches}}}
