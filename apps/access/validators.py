"""Field validators over the pure parsers, for models and admin forms."""

from django.core.exceptions import ValidationError

from apps.access.domain.networks import NotANetwork, network_parse
from apps.access.domain.origins import NotAnOrigin, origin_parse


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
