"""Whom experiments on following expose: those whom the arms follow differently, in every arm."""

import pytest

from tests.events.sessions import event_of, ingest
from tests.recommendations.shelves.conftest import Json, Shelf
from tests.recommendations.shelves.test_serving import exposures, shelves

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.mark.parametrize(
    ("changed", "exposed"), [("session", ["visitor"]), ("history", ["regular", "visitor"])]
)
def test_those_are_exposed_of_whom_that_part_is_known(
    shelf: Shelf, changed: str, exposed: list[str]
) -> None:
    """What this visit did is history too; one that only searched says nothing of products."""
    shelves("follows", None, {"personalisation": {changed: False}})
    regular: Json = {"user_id": "regular", "client_id": "c1"}
    visitor: Json = {"client_id": "c2", "session_id": "now"}
    ingest(
        event_of("view", "p-3-0", **regular, session_id="earlier"),
        event_of("search", query="mouse", **regular, session_id="searches"),
        event_of("view", "p-3-0", **visitor),
    )
    shelf(**regular, session_id="searches")
    shelf(**visitor)
    shelf(user_id="stranger", client_id="c3", session_id="other")
    names = {"c1": "regular", "c2": "visitor", "c3": "stranger"}
    assert sorted(names[one.client_id or ""] for one in exposures()) == exposed
