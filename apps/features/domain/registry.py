"""Every feature there is, with its computation: registered once, when the process starts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from apps.features.contracts import FEATURES, SOURCES, Entity, FeatureSpec, FeatureStatus
from apps.features.contracts_store import (
    Feature,
    FeatureRecord,
    FeatureUnknown,
    FeatureUnsuited,
)

_SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_features: dict[str, Feature] = {each.key: Feature(each) for each in FEATURES if not each.stored}
_NO_RECORDS: Mapping[str, FeatureRecord] = {}


class FeatureRegistered(ValueError):
    """A registration that contradicts itself or another one."""


def feature_register(feature: Feature) -> None:
    """Make a feature known; registering the same again changes nothing.

    Raises:
        FeatureRegistered: another spec has this name and version; or what is said of it would
            fail later, when it is computed, asked for or drawn.
    """
    fault = next(chain(_own_faults(feature), _faults_beside_others(feature)), None)
    if fault is not None:
        raise FeatureRegistered(f"{feature.spec.key}: {fault}")
    if _features.setdefault(feature.spec.key, feature) != feature:
        raise FeatureRegistered(f"{feature.spec.key}: registered already, with another meaning")


def _own_faults(feature: Feature) -> Iterator[str]:
    spec = feature.spec
    if version_parts(spec.version) is None:
        yield "a version is three numbers"
    few = feature.unseen if spec.entity is Entity.PRODUCT else feature.of_users
    if spec.stored and (feature.compute is None or few is None):
        yield "a stored feature needs its computations"
    if spec.stored and min(spec.fresh_s, spec.ttl_s) <= 0:
        yield "a stored feature says how old its values may become, and how long Redis has them"
    if (spec.status is FeatureStatus.DEPRECATED) != bool(spec.successor):
        yield "a deprecated feature names its successor, and no other does"


def _faults_beside_others(feature: Feature) -> Iterator[str]:
    spec = feature.spec
    made_from = _made_from(spec)
    if spec.name in made_from:
        yield "it is made from itself"
    names = {each.spec.name for each in _features.values()} | {spec.name}
    for strange in sorted(made_from - names - set(SOURCES)):
        yield f"it depends on {strange}, which is not there"
    others = [each for each in _features.values() if each.spec.name == spec.name]
    told = [each.on_demand is not None for each in sorted([*others, feature], key=_age)]
    if told != sorted(told):
        # Whoever asks for the name in a request would have nothing once this version answers.
        yield "requests ask for it: a later version needs a function on demand as well"


def _made_from(spec: FeatureSpec) -> set[str]:
    """Names of all that a feature is made from, and of what that is made from."""
    found: set[str] = set()
    waiting = list(spec.depends_on)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            parents = (each.spec for each in _features.values() if each.spec.name == name)
            waiting += [one for parent in parents for one in parent.depends_on]
    return found


def feature_unregister(key: str) -> None:
    """Forget a feature (tests)."""
    _features.pop(key, None)


def version_parts(version: str) -> tuple[int, int, int] | None:
    """A semantic version's three numbers; None: it is not one."""
    found = _SEMANTIC.fullmatch(version)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def _age(feature: Feature) -> tuple[int, int, int]:
    """What versions are sorted by."""
    return version_parts(feature.spec.version) or (0, 0, 0)


def features_registered() -> tuple[Feature, ...]:
    """Every feature by name, then version."""
    return tuple(sorted(_features.values(), key=lambda each: (each.spec.name, _age(each))))


def features_stored(*entities: Entity) -> tuple[Feature, ...]:
    """Those that the store holds, of these entities (of all when none is named)."""
    return tuple(
        each
        for each in features_registered()
        if each.spec.stored and (not entities or each.spec.entity in entities)
    )


def feature_of(key: str) -> Feature:
    """The feature that is called `name@version`.

    Raises:
        FeatureUnknown: none is.
    """
    try:
        return _features[key]
    except KeyError:
        raise FeatureUnknown(key) from None


def versions_of(name: str) -> tuple[Feature, ...]:
    """Every version of a feature, oldest first.

    Raises:
        FeatureUnknown: there is none.
    """
    found = [each for each in _features.values() if each.spec.name == name]
    if not found:
        raise FeatureUnknown(name)
    return tuple(sorted(found, key=_age) if len(found) > 1 else found)


def feature_answering(name: str, records: Mapping[str, FeatureRecord] = _NO_RECORDS) -> Feature:
    """The version that answers who names none: the oldest active one.

    So a new version changes nothing until the old one is deprecated; when all are, the newest
    answers.

    Raises:
        FeatureUnknown: there is no such feature.
    """
    versions = versions_of(name)
    active = [each for each in versions if status_of(each.spec, records) is FeatureStatus.ACTIVE]
    return active[0] if active else versions[-1]


def status_of(spec: FeatureSpec, records: Mapping[str, FeatureRecord]) -> FeatureStatus:
    """What people say, else what code says."""
    record = records.get(spec.key)
    return spec.status if record is None else record.status


def features_wanted(
    entities: tuple[Entity, ...],
    names: Iterable[str] = (),
    version: str = "",
    records: Mapping[str, FeatureRecord] = _NO_RECORDS,
) -> tuple[Feature, ...]:
    """The stored features that somebody asks for, each once, in the order asked.

    Args:
        entities: what may be described.
        names: `name` or `name@version`; none: every stored feature of these entities.
        version: of every feature that is named without one; empty: the one that answers.
        records: what people say of features.

    Raises:
        FeatureUnknown: no such feature, or not in this version.
        FeatureUnsuited: it describes something else, or is stored nowhere.
    """
    asked = list(names) or sorted({each.spec.name for each in features_stored(*entities)})
    found: dict[str, Feature] = {}
    for name in asked:
        one = _feature_asked(name, version, records)
        if one.spec.entity not in entities:
            raise FeatureUnsuited(name, f"'{name}' describes a {one.spec.entity}.")
        if not one.spec.stored:
            raise FeatureUnsuited(name, f"'{name}' is worked out at each request, and not stored.")
        found[one.spec.key] = one
    return tuple(found.values())


def _feature_asked(name: str, version: str, records: Mapping[str, FeatureRecord]) -> Feature:
    if "@" in name:
        return feature_of(name)
    if version:
        return feature_of(f"{name}@{version}")
    return feature_answering(name, records)
