"""A visit's pull on a small real catalogue with a real encoder."""

import numpy as np
import pytest

from apps.catalog.models import Product
from apps.events.contracts import EventType
from apps.events.contracts_sessions import SessionEntry, SessionState
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.recommendations.contracts import Int32
from apps.recommendations.selectors import affinity, session_signals
from apps.recommendations.selectors.session_signals import (
    session_because,
    session_boosts,
    session_taste,
)
from tests.embeddings.conftest import (  # noqa: F401 - fixtures, found by their names
    export_folder,
    exported_once,
    transformer,
)
from tests.recommendations.affinity_stage import model_of
from tests.search.conftest import (  # noqa: F401 - the same
    _own_stores,
    catalogue,
    embedded,
)
from tests.search.types import Build


def visit(*looks: tuple[str, EventType]) -> SessionState:
    entries = [SessionEntry(kind, float(-at), name) for at, (name, kind) in enumerate(looks)]
    return SessionState("s", tuple(entries))


def seen(*names: str) -> SessionState:
    return visit(*((name, EventType.VIEW) for name in names))


def rows_of(snapshot: ServingSnapshot, *names: str) -> Int32:
    return snapshot.columns.product_ids.rows_of(names)


def boosts(session: SessionState, *names: str) -> list[float]:
    snapshot = serving_snapshot()
    found = session_boosts(session, snapshot, rows_of(snapshot, *names))
    assert found is not None
    assert found.dtype == np.float32
    rounded: list[float] = found.round(4).tolist()
    return rounded


@pytest.mark.usefixtures("catalogue")
def test_a_visit_without_known_products_says_nothing() -> None:
    snapshot = serving_snapshot()
    rows = rows_of(snapshot, "p-0-0")

    for session in (None, seen(), visit(("", EventType.SEARCH)), seen("gone")):
        assert session_boosts(session, snapshot, rows) is None
        assert session_because(session, snapshot, rows).tolist() == [-1]


@pytest.mark.usefixtures("catalogue")
def test_without_an_index_category_and_brand_still_speak() -> None:
    # p-0-0: a mouse of Acme.
    same, category, brand, neither = boosts(seen("p-0-0"), "p-0-3", "p-0-1", "p-3-0", "p-3-1")

    assert [same, category, brand, neither] == pytest.approx([0.40, 0.25, 0.15, 0.0])


@pytest.mark.usefixtures("catalogue")
def test_products_like_the_ones_looked_at_are_pulled(embedded: Build) -> None:  # noqa: F811 - the fixture
    embedded()
    session = seen("p-0-0")

    itself, like, other_brand, shoes = boosts(session, "p-0-0", "p-0-3", "p-0-1", "p-3-1")

    assert itself > 0.99
    assert itself > like > other_brand > shoes
    assert shoes < 0.2


@pytest.mark.usefixtures("catalogue")
def test_what_was_looked_at_last_pulls_more(embedded: Build) -> None:  # noqa: F811 - the fixture
    embedded()

    mouse, shoes = boosts(seen("p-0-0", "p-3-0"), "p-0-4", "p-3-4")
    mouse_before, shoes_now = boosts(seen("p-3-0", "p-0-0"), "p-0-4", "p-3-4")

    assert mouse > mouse_before
    assert shoes_now > shoes


@pytest.mark.usefixtures("catalogue")
def test_what_was_bought_is_not_pulled_itself(embedded: Build) -> None:  # noqa: F811 - the fixture
    embedded()
    bought = visit(("p-0-0", EventType.PURCHASE))

    itself, like = boosts(bought, "p-0-0", "p-0-3")

    assert itself == 0.0
    assert like > 0.5


@pytest.mark.usefixtures("catalogue")
def test_a_product_without_category_and_brand_shares_none(embedded: Build) -> None:  # noqa: F811 - the fixture
    Product.objects.filter(product_id__in=["p-0-0", "p-3-1"]).update(category=None, brand="")
    snapshot = serving_snapshot()

    assert boosts(seen("p-0-0"), "p-3-1", "p-0-3") == [0.0, 0.0]
    assert session_taste(seen("p-0-0"), snapshot) is not None


@pytest.mark.usefixtures("catalogue")
def test_the_product_that_speaks_is_named(embedded: Build) -> None:  # noqa: F811 - the fixture
    embedded()
    snapshot = serving_snapshot()
    session = seen("p-3-0", "p-0-0")
    shown = rows_of(snapshot, "p-0-3", "p-3-4", "p-0-0")

    because = session_because(session, snapshot, shown)

    names = [snapshot.columns.product_ids.get(row) for row in because.tolist()]
    assert names == ["p-0-0", "p-3-0", "p-0-0"]


@pytest.mark.usefixtures("catalogue")
def test_what_is_chosen_together_is_pulled_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    # A model's factors are drawn at chance: two products share theirs, and nobody knows p-3-4.
    model = model_of(["p-0-0", "p-3-1", "p-2-1"])
    model.item_factors[1] = 3 * model.item_factors[0]
    model.item_factors[2] = [-1, 0, 0, 0]
    before = boosts(seen("p-0-0"), "p-3-1", "p-2-1", "p-3-4")
    for module in (affinity, session_signals):
        monkeypatch.setattr(module, "recommender_now", lambda: model)

    chosen, unlike, unknown = boosts(seen("p-0-0"), "p-3-1", "p-2-1", "p-3-4")

    assert chosen == pytest.approx(before[0] + 0.6, abs=1e-4)
    assert [unlike, unknown] == before[1:]


@pytest.mark.usefixtures("catalogue")
def test_a_visit_is_read_once_a_state() -> None:
    snapshot = serving_snapshot()

    first = session_taste(seen("p-0-0"), snapshot)
    assert session_taste(seen("p-0-0"), snapshot) is first
    assert session_taste(seen("p-0-1", "p-0-0"), snapshot) is not first
