"""A surface for tests, as an upper app would register one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.surfaces import (
    PayloadField,
    PayloadProblem,
    Shipment,
    ShipReceipt,
    ShipRefused,
    surface_register,
    surface_unregister,
)


class Shelf:
    """Reads `{"rows": n}` and ships it once; more than nine rows cannot be made permanent."""

    name = "shelf"
    title = "Shelf"

    def __init__(self) -> None:
        self.shipped: list[Shipment] = []

    def payload_check(self, payload: Json) -> tuple[PayloadProblem, ...]:
        if payload is None or (isinstance(payload, dict) and set(payload) <= {"rows"}):
            return ()
        return (PayloadProblem("payload.rows", "Say how many rows."),)

    def payload_words(self, payload: Json) -> str:
        return str(payload)

    def payload_fields(self) -> tuple[PayloadField, ...]:
        return ()

    def payload_from_form(self, values: Mapping[str, str]) -> Json:
        return {"rows": int(values["rows"])}

    def payload_to_form(self, payload: Json) -> Mapping[str, str]:
        return {"rows": str(payload["rows"])} if isinstance(payload, dict) else {}

    def ship(self, shipment: Shipment) -> ShipReceipt:
        rows = shipment.payload["rows"] if isinstance(shipment.payload, dict) else None
        if not isinstance(rows, int) or rows > 9:
            raise ShipRefused("A shelf holds nine rows at most.")
        self.shipped.append(shipment)
        return ShipReceipt(f"{rows} rows from now on.", {"rows": rows})


@contextmanager
def shelf_registered() -> Iterator[Shelf]:
    """The surface, for as long as the block lasts."""
    shelf = Shelf()
    surface_register(shelf)
    try:
        yield shelf
    finally:
        surface_unregister(shelf.name)
