"""A flag's definition as JSON becomes values, and values become JSON."""

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.contracts.lifecycle import FlagDefinition


def flag_read(document: Json) -> FlagDefinition:
    """The definition that a document means.

    Raises:
        DesignInvalid: naming the field.
    """
    raise DesignInvalid("definition", "being written")
