"""Field validators over the pure parsers, for models and admin forms."""

from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError

from apps.access.domain.networks import NotANetwork, network_parse
from apps.access.domain.origins import NotAnOrigin, origin_parse


def tidied(parse: Callable[[str], object], texts: Iterable[str]) -> list[str]:
    """Each in its one spelling, sorted; what does not parse stays, for full_clean to refuse."""
    spelled = set()
    for text in texts:
        try:
            spelled.add(str(parse(text)))
        except ValueError:
            spelled.add(text)
    return sorted(spelled)


def network_validate(text: str) -> None:
    try:
        network_parse(text)
    except NotANetwork as error:
        raise ValidationError(str(error)) from error


def origin_validate(text: str) -> None:
    try:
        origin_parse(text)
    except NotAnOrigin as error:
        raise ValidationError(str(error)) from error
