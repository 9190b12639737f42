from collections.abc import Iterator
from dataclasses import replace
from pkgutil import resolve_name

import numpy as np
import pytest

from apps.features.contracts import (
    FEATURES,
    POPULARITY_SCORE,
    SOURCES,
    Entity,
    FeatureSpec,
    FeatureStatus,
)
from apps.features.contracts_store import (
    Computed,
    Feature,
    FeatureRecord,
    FeatureUnknown,
    FeatureUnsuited,
)
from apps.features.domain.affinities import session_affinity
from apps.features.domain.definitions import (
    CTR,
    CTR_SPEC,
    SESSION_CATEGORY_SPEC,
    USER_BRAND_AFFINITY,
    USER_CATEGORY_AFFINITY,
)
from apps.features.domain.registry import (
    FeatureRegistered,
    feature_answering,
    feature_of,
    feature_register,
    feature_unregister,
    features_registered,
    features_stored,
    features_wanted,
    status_of,
    version_parts,
    versions_of,
)

SECOND = replace(CTR_SPEC, version="2.0.0")
RETIRED = FeatureStatus.DEPRECATED
POPULARITY = next(each for each in FEATURES if each.name == POPULARITY_SCORE)


def _feature(spec: FeatureSpec) -> Feature:
    return Feature(
        spec,
        lambda _context: [Computed((), np.zeros(0))],
        lambda context, _constants: np.zeros(len(context.columns), dtype=np.float32),
    )


@pytest.fixture
def two_versions() -> Iterator[None]:
    feature_register(_feature(SECOND))
    yield
    feature_unregister(SECOND.key)


def _record(key: str, status: FeatureStatus) -> dict[str, FeatureRecord]:
    return {key: FeatureRecord(key, "somebody", status, "ctr@2.0.0")}


def _colon(function: str) -> str:
    module, _, name = function.rpartition(".")
    return f"{module}:{name}"


def test_every_feature_is_told_in_full() -> None:
    names = {each.spec.name for each in features_registered()}
    assert names >= {each.name for each in FEATURES} | {CTR, USER_CATEGORY_AFFINITY}
    for spec in (each.spec for each in features_registered()):
        assert spec.title and spec.description and spec.computation and spec.owner  # noqa: PT018 - one row
        assert spec.depends_on
        assert set(spec.depends_on) <= names | set(SOURCES)
        assert version_parts(spec.version) is not None
        assert spec.stored == (spec.fresh_s > 0)
        # What the store does not hold is worked out by something that is there.
        assert spec.stored or spec.function
        assert not spec.function or callable(resolve_name(_colon(spec.function)))


def test_stored_ones_by_what_they_describe() -> None:
    products = {each.spec.name for each in features_stored(Entity.PRODUCT)}
    assert products == {
        "popularity_score", "freshness_score", "ctr", "conversion_rate", "return_rate",
        "price_band", "stock_pressure",
    }  # fmt: skip
    assert [each.spec.name for each in features_stored(Entity.USER_CATEGORY)] == [
        USER_CATEGORY_AFFINITY
    ]
    assert [each.spec.name for each in features_stored(Entity.USER_BRAND)] == [USER_BRAND_AFFINITY]
    assert len(features_stored()) == len(products) + 2


def test_the_oldest_active_version_answers(two_versions: None) -> None:
    assert [each.spec.version for each in versions_of(CTR)] == ["1.0.0", "2.0.0"]
    assert feature_answering(CTR).spec.version == "1.0.0"
    retired = _record("ctr@1.0.0", FeatureStatus.DEPRECATED)
    assert status_of(CTR_SPEC, retired) is FeatureStatus.DEPRECATED
    assert feature_answering(CTR, retired).spec.version == "2.0.0"
    # All deprecated: the newest still answers.
    both = {**retired, **_record("ctr@2.0.0", FeatureStatus.DEPRECATED)}
    assert feature_answering(CTR, both).spec.version == "2.0.0"


def test_readers_name_versions(two_versions: None) -> None:
    def keys(*names: str, version: str = "") -> list[str]:
        wanted = features_wanted((Entity.PRODUCT,), names, version)
        return [each.spec.key for each in wanted]

    assert keys("ctr", "ctr@2.0.0", "ctr@1.0.0") == ["ctr@1.0.0", "ctr@2.0.0"]
    assert keys("ctr", version="2.0.0") == ["ctr@2.0.0"]
    assert len(keys()) == len({each.spec.name for each in features_stored(Entity.PRODUCT)})
    with pytest.raises(FeatureUnknown, match=r"price_band@2\.0\.0"):
        keys("price_band", version="2.0.0")


@pytest.mark.parametrize("name", ["nothing", "ctr@9.0.0", ""])
def test_what_is_not_registered_is_an_error(name: str) -> None:
    with pytest.raises(FeatureUnknown) as unknown:
        features_wanted((Entity.PRODUCT,), [name])
    assert unknown.value.name == name
    with pytest.raises(FeatureUnknown):
        feature_of(name)


@pytest.mark.parametrize("name", [USER_CATEGORY_AFFINITY, "search_score"])
def test_what_describes_something_else_is_an_error(name: str) -> None:
    with pytest.raises(FeatureUnsuited, match=name):
        features_wanted((Entity.PRODUCT, Entity.QUERY)[:1], [name])


def test_what_is_not_stored_cannot_be_read() -> None:
    with pytest.raises(FeatureUnsuited, match="at each request"):
        features_wanted((Entity.QUERY,), ["search_score"])


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (_feature(replace(CTR_SPEC, version="2")), "three numbers"),
        (_feature(replace(CTR_SPEC, version="01.0.0")), "three numbers"),
        (_feature(replace(CTR_SPEC, version="3.0.0", depends_on=("dreams",))), "dreams"),
        (Feature(replace(CTR_SPEC, version="3.0.0")), "computations"),
        (_feature(CTR_SPEC), "another meaning"),
        (_feature(replace(CTR_SPEC, version="3.0.0", fresh_s=0)), "how old"),
        (_feature(replace(CTR_SPEC, version="3.0.0", ttl_s=0)), "how long"),
        (_feature(replace(CTR_SPEC, version="3.0.0", successor="ctr@1.0.0")), "successor"),
        (_feature(replace(CTR_SPEC, version="3.0.0", status=RETIRED)), "successor"),
        (_feature(replace(CTR_SPEC, name="loop", depends_on=("loop",))), "made from itself"),
        # By way of cf_score, which is made from popularity.
        (_feature(replace(POPULARITY, version="2.0.0", depends_on=("cf_score",))), "from itself"),
        (Feature(replace(SESSION_CATEGORY_SPEC, version="2.0.0")), "on demand"),
    ],
)
def test_registrations_that_contradict_are_refused(feature: Feature, words: str) -> None:
    with pytest.raises(FeatureRegistered, match=words):
        feature_register(feature)


def test_a_later_version_may_answer_requests_where_the_first_did_not() -> None:
    later = replace(_feature(SECOND), on_demand=session_affinity)
    feature_register(later)
    try:
        with pytest.raises(FeatureRegistered, match="on demand"):
            feature_register(_feature(replace(SECOND, version="2.1.0")))
    finally:
        feature_unregister(SECOND.key)


def test_registering_again_changes_nothing() -> None:
    feature_register(feature_of("ctr@1.0.0"))
    assert len(versions_of(CTR)) == 1
