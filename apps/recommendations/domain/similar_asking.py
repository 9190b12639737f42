"""Reading the parameters of similar products: every unknown or unusable one is named."""

from collections.abc import Sequence

from apps.recommendations.contracts import PlacementName
from apps.recommendations.contracts_relations import SimilarKind
from apps.recommendations.contracts_similar import USUAL_ITEMS, SimilarRequest
from apps.recommendations.domain.asking import (
    PRODUCT_ID,
    AskInvalid,
    Parameters,
    request_parse,
    text_checked,
)

_SHARED = frozenset({"k", "explain"})
_KIND = "kind"


def similar_parse(product_id: str, parameters: Parameters) -> SimilarRequest:
    """A checked request; what it shares with shelves is read as there.

    Args:
        product_id: from the address.
        parameters: every parameter with all its values, as `QueryDict.lists()` gives them.

    Raises:
        AskInvalid: naming the parameter.
    """
    shared = {name: values for name, values in parameters.items() if name != _KIND}
    for name in shared:
        if name not in _SHARED and not name.startswith("filter["):
            raise AskInvalid(name, f"There is no parameter {name!r}.", "unknown_parameter")
    asked = request_parse({**shared, "placement": (PlacementName.PRODUCT.value,)})
    return SimilarRequest(
        product_id=text_checked(PRODUCT_ID, product_id),
        kind=_kind(parameters.get(_KIND, (SimilarKind.BLENDED.value,))),
        k=asked.k or USUAL_ITEMS,
        filters=asked.filters,
        explain=asked.explain,
    )


def _kind(values: Sequence[str]) -> SimilarKind:
    if len(values) != 1:
        raise AskInvalid(_KIND, f"{_KIND} is given more than once.")
    try:
        return SimilarKind(values[0])
    except ValueError:
        raise AskInvalid(_KIND, f"{_KIND} is one of {', '.join(SimilarKind)}.") from None
