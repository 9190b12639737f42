"""Computing the shop's features, and what is read of them."""

from prometheus_client import REGISTRY

from apps.features.contracts import USER_ENTITIES, Entity
from apps.features.contracts_store import Feature
from apps.features.domain.registry import features_wanted
from apps.features.services import FeaturesReport, features_refresh
from tests.features.shop import NOW, happen, shop_create, shown

IDS = ("a", "b", "c")


def refresh(**options: object) -> FeaturesReport:
    given = {"as_of": NOW, "progress": lambda _done, _all, _words: None, **options}
    return features_refresh(**given)  # type: ignore[arg-type]  # by keyword


def products(*names: str) -> tuple[Feature, ...]:
    return features_wanted((Entity.PRODUCT,), names)


def users(*names: str) -> tuple[Feature, ...]:
    return features_wanted(USER_ENTITIES, names)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def shop_with_a_past() -> None:
    """mara bought a and looked at b; a was found and clicked."""
    shop_create()
    happen(("purchase", "a", 1), ("view", "b", 2), user_id="mara")
    happen(("click", "a", 1), query_id=shown(["b", "a"], 1))
