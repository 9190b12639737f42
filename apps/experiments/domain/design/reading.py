"""A design as JSON becomes values, and values become JSON."""

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import DesignInvalid, ExperimentDesign


def design_read(document: Json) -> ExperimentDesign:
    """The design that a document means.

    Raises:
        DesignInvalid: naming the field.
    """
    raise DesignInvalid("design", "being written")
