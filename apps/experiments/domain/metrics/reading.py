"""A metric's definition as JSON becomes values, and values become JSON."""

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.metrics import MetricDefinition, MetricInvalid


def metric_read(document: Json) -> MetricDefinition:
    """The definition that a document means.

    Raises:
        MetricInvalid: naming the field.
    """
    raise MetricInvalid("definition", "being written")
