"""What a reader of features asks for; every fault names its parameter."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from django.http import HttpRequest

from apps.common.api.bodies import body_json
from apps.common.errors import InvalidInput, NotFound
from apps.events.domain.items import fault_of
from apps.features.contracts import USER_ENTITIES, Entity
from apps.features.contracts_store import (
    MOST_ENTITIES,
    Feature,
    FeatureRecord,
    FeatureUnknown,
    FeatureUnsuited,
)
from apps.features.domain.registry import features_wanted

MOST_BODY_BYTES = 512 * 1024
LONGEST_ID = 200
MOST_NAMES = 200
_DESCRIBED = {
    Entity.PRODUCT: (Entity.PRODUCT,),
    Entity.USER: USER_ENTITIES,
}


class FeaturesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Features of many entities.

    Attributes:
        entity: `product` or `user`.
        ids: product ids, or user ids, as the shop names them; 1 to 1,000, each once.
        names: `name` or `name@version`, at most 200; none: every stored feature.
        version: of every feature that is named without one; none: the one that answers.
    """

    entity: str
    ids: list[str]
    names: list[str] = []
    version: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A reading.

    Attributes:
        entity: product or user.
        ids: whose.
        features: which.
        labels: what the answer calls each: its name, or `name@version` where two are of one name.
    """

    entity: Entity
    ids: tuple[str, ...]
    features: tuple[Feature, ...]
    labels: tuple[str, ...]


def one_asked(
    request: HttpRequest, entity: Entity, one: str, records: Mapping[str, FeatureRecord]
) -> Asked:
    """A GET of one product or user.

    Raises:
        InvalidInput: an unknown parameter, an id that nothing can have, or a feature that cannot
            be read here.
        NotFound: no such feature.
    """
    asked = parameters_known(request, "names", "version")
    _id_checked(one, f"{entity}_id")
    names = asked["names"].split(",") if asked.get("names") else []
    return _asked(entity, (one,), names, asked.get("version", ""), records)


def many_asked(request: HttpRequest, records: Mapping[str, FeatureRecord]) -> Asked:
    """A POST of many.

    Raises:
        InvalidInput: naming the field.
        NotFound: no such feature.
        TooLarge: a body over the limit.
    """
    parameters_known(request)
    sent = body_json(request, most_bytes=MOST_BODY_BYTES)
    try:
        body = msgspec.convert(sent, FeaturesBody)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        field = "body" if fault.field == "item" else fault.field
        raise InvalidInput(fault.message, field=field, code=fault.code) from error
    if body.entity not in {Entity.PRODUCT, Entity.USER}:
        raise InvalidInput("'entity' is product or user.", field="entity")
    _ids_checked(body.ids)
    if len(body.names) > MOST_NAMES:
        raise InvalidInput(f"At most {MOST_NAMES} names a request.", field="names")
    return _asked(Entity(body.entity), tuple(body.ids), body.names, body.version, records)


def _ids_checked(ids: list[str]) -> None:
    if not 1 <= len(ids) <= MOST_ENTITIES:
        raise InvalidInput(f"1 to {MOST_ENTITIES} ids a request.", field="ids")
    if len(set(ids)) != len(ids):
        raise InvalidInput("An id stands there twice.", field="ids", code="duplicate")
    for at, one in enumerate(ids):
        _id_checked(one, f"ids[{at}]")


def _id_checked(one: str, field: str) -> None:
    if not 0 < len(one) <= LONGEST_ID or "\x00" in one:
        raise InvalidInput(
            f"An id has 1 to {LONGEST_ID} characters, none of them NUL.", field=field
        )


def parameters_known(request: HttpRequest, *known: str) -> dict[str, str]:
    """The query parameters.

    Raises:
        InvalidInput: one that the route does not read, or one given twice; it is named.
    """
    for name, values in request.GET.lists():
        if name not in known:
            raise InvalidInput(
                f"There is no parameter {name}.", field=name, code="unknown_parameter"
            )
        if len(values) > 1:
            raise InvalidInput(f"'{name}' stands there twice.", field=name)
    return {name: str(value) for name, value in request.GET.items()}


def _asked(
    entity: Entity,
    ids: tuple[str, ...],
    names: list[str],
    version: str,
    records: Mapping[str, FeatureRecord],
) -> Asked:
    try:
        features = features_wanted(_DESCRIBED[entity], names, version, records)
    except FeatureUnknown as error:
        raise NotFound(
            str(error), code="unknown_feature", extra={"field": "names", "feature": error.name}
        ) from error
    except FeatureUnsuited as error:
        raise InvalidInput(
            str(error), field="names", code="unsuited_feature", feature=error.name
        ) from error
    named = [each.spec.name for each in features]
    labels = [
        each.spec.name if named.count(each.spec.name) == 1 else each.spec.key for each in features
    ]
    return Asked(entity, ids, features, tuple(labels))
