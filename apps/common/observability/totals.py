"""What all processes have counted: for Prometheus, and for pages that tell it in passing."""

import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, multiprocess
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


class _Processes(Collector):
    """Sums what every process of several folders has counted."""

    def collect(self) -> Iterable[Metric]:
        folders = [os.environ["PROMETHEUS_MULTIPROC_DIR"], *settings.METRICS_PEERS]
        files = [str(file) for folder in folders for file in Path(folder).glob("*.db")]
        return multiprocess.MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call, no-any-return]  # bare in prometheus_client


def metrics_registry() -> CollectorRegistry:
    """All processes: this machine's, and those of METRICS_PEERS."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    registry.register(_Processes())
    return registry


def counted(names: Iterable[str]) -> dict[str, float]:
    """Totals of these counters over all processes and labels since they started.

    Args:
        names: as Prometheus is told them, `_total` at the end.
    """
    totals = dict.fromkeys(names, 0.0)
    for metric in metrics_registry().collect():
        for sample in metric.samples:
            if sample.name in totals:
                totals[sample.name] += sample.value
    return totals
