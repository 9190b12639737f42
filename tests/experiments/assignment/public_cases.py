"""Adapter between the public specification's case file and this house's functions.

The file is never kept here. `python -m tests.experiments.assignment.public_cases FILE...` counts
what passes.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from apps.experiments.contracts.features import EvaluationContext, ExperimentResult, FeatureResult
from apps.experiments.domain.assignment.buckets import (
    bucket_ranges,
    equal_weights,
    in_namespace,
    variation_choose,
)
from apps.experiments.domain.assignment.conditions import condition_compile
from apps.experiments.domain.assignment.evaluation import FeatureSet
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.domain.assignment.urls import query_override, url_with_query

Case = list[Any]  # rows of the public file: their shape differs by section


def context_of(
    document: dict[str, Any], sticky: dict[str, Any] | None = None
) -> EvaluationContext:
    return EvaluationContext(
        attributes=document.get("attributes", {}),
        url=document.get("url", ""),
        enabled=document.get("enabled", True),
        qa_mode=document.get("qaMode", False),
        forced_variations=document.get("forcedVariations", {}),
        overrides=document.get("overrides", {}),
        sticky=sticky,
    )


def features_of(document: dict[str, Any]) -> FeatureSet:
    return FeatureSet(
        document.get("features"),
        groups=document.get("savedGroups"),
        bandits=document.get("contextualBandits"),
    )


def result_public(result: ExperimentResult) -> dict[str, object]:
    public: dict[str, object] = {
        "key": result.key,
        "featureId": result.feature,
        "inExperiment": result.in_experiment,
        "hashUsed": result.hash_used,
        "variationId": result.index,
        "value": result.value,
        "hashAttribute": result.hash_attribute,
        "hashValue": result.hash_value,
        "stickyBucketUsed": result.sticky_used,
    }
    if result.name:
        public["name"] = result.name
    if result.bucket is not None:
        public["bucket"] = result.bucket
    if result.passthrough:
        public["passthrough"] = True
    if result.bandit is not None:
        public |= {"leafId": result.bandit.leaf, "variationWeights": list(result.bandit.weights)}
        if result.bandit.version is not None:
            public["banditVersion"] = result.bandit.version
    return public


def feature_public(result: FeatureResult) -> dict[str, object]:
    on = result.value not in (None, False, 0, "")
    public: dict[str, object] = {
        "value": result.value,
        "on": on,
        "off": not on,
        "source": str(result.source),
        "ruleId": result.rule,
    }
    if result.experiment is not None and result.result is not None:
        public["experiment"] = dict(result.experiment)
        public["experimentResult"] = result_public(result.result)
    return public


def _rounded(pairs: Any) -> list[list[int]]:
    return [[int(value * 1e8) for value in pair] for pair in pairs]


def condition_case(case: Case) -> bool:
    groups = case[4] if len(case) > 4 else {}
    return condition_compile(case[1], groups)(case[2]) is case[3]


def hash_case(case: Case) -> bool:
    return bool(bucket(case[0], case[1], case[2]) == case[3])


def range_case(case: Case) -> bool:
    return _rounded(bucket_ranges(*case[1])) == _rounded(case[2])


def weights_case(case: Case) -> bool:
    return _rounded([equal_weights(case[0])]) == _rounded([case[1]])


def choice_case(case: Case) -> bool:
    return bool(variation_choose(case[1], case[2]) == case[3])


def query_case(case: Case) -> bool:
    return bool(query_override(case[1], case[2], case[3]) == case[4])


def namespace_case(case: Case) -> bool:
    return in_namespace(case[1], *case[2]) is case[3]


def run_case(case: Case) -> bool:
    _, document, experiment, value, inside, hashed = case
    result = features_of(document).run(experiment, context_of(document))
    return bool((result.value, result.in_experiment, result.hash_used) == (value, inside, hashed))


def feature_case(case: Case) -> bool:
    _, document, key, expected = case
    found = features_of(document).evaluate(key, context_of(document))
    return bool(json.loads(json.dumps(feature_public(found))) == expected)


def sticky_case(case: Case) -> bool:
    _, document, stored, key, expected, expected_documents = case
    features = features_of(document)
    known = {f"{one['attributeName']}||{one['attributeValue']}": one for one in stored}
    wanted = features.sticky_keys(context_of(document))
    documents = {name: known[name] for name in wanted if name in known}
    sticky = {name: one["assignments"] for name, one in documents.items()}
    found = features.evaluate(key, context_of(document, sticky)).result
    if found is not None and found.sticky_write is not None:
        write = found.sticky_write
        documents[write.key] = {
            "attributeName": write.attribute,
            "attributeValue": write.value,
            "assignments": dict(write.assignments),
        }
    public = None if found is None else result_public(found)
    return bool(public == expected and documents == expected_documents)


def redirect_case(case: Case) -> bool:
    _, document, expected = case
    context = context_of(document)
    found = []
    for experiment in document["experiments"]:
        result = features_of(document).run(experiment, context)
        target = result.value.get("urlRedirect") if isinstance(result.value, dict) else None
        if result.in_experiment and isinstance(target, str):
            kept = bool(experiment.get("persistQueryString"))
            address = url_with_query(context.url, target) if kept else target
            found.append({"inExperiment": True, "urlRedirect": target, "urlWithParams": address})
            break
    return bool(found == expected)


CHECKS: dict[str, Callable[[Case], bool]] = {
    "evalCondition": condition_case,
    "hash": hash_case,
    "getBucketRange": range_case,
    "getEqualWeights": weights_case,
    "chooseVariation": choice_case,
    "getQueryStringOverride": query_case,
    "inNamespace": namespace_case,
    "run": run_case,
    "feature": feature_case,
    "contextualBandit": feature_case,
    "stickyBucket": sticky_case,
    "urlRedirect": redirect_case,
}


def cases_of(path: Path) -> Iterator[tuple[str, Case]]:
    document = json.loads(path.read_text())
    for section in CHECKS:
        for case in document.get(section, []):
            yield section, case


def main() -> int:
    failures = 0
    for name in sys.argv[1:]:
        outcomes = [(one, CHECKS[one](case), case) for one, case in cases_of(Path(name))]
        failed = [(section, case[0]) for section, passed, case in outcomes if not passed]
        print(f"{len(outcomes) - len(failed)} of {len(outcomes)} pass", *failed, sep="\n  ")  # noqa: T201 - a command
        failures += len(failed)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
