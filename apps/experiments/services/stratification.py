"""The salt of a new phase; balanced over the declared strata where a design names them."""

import secrets
from datetime import datetime

from apps.experiments.contracts.design import ExperimentDesign
from apps.experiments.domain.stratified import salt_choose
from apps.experiments.selectors.strata import strata_known


def salt_for(
    *,
    key: str,
    salt_version: int,
    design: ExperimentDesign,
    as_of: datetime,
    weights: tuple[float, ...] | None = None,
    coverage: float | None = None,
) -> str:
    """A fresh salt, the key in front: of many, the best balanced, when the design stratifies.

    Args:
        key: of the experiment.
        salt_version: of the salt.
        design: the one that the phase runs.
        as_of: strata are read as events before this moment said them.
        weights: when they differ from the design's.
        coverage: when it differs from the design's (ramps); balance is sought at this share.
    """
    if not design.stratify_by:
        return f"{key}:{salt_version}:{secrets.token_hex(8)}"
    return salt_choose(
        key=key,
        salt_version=salt_version,
        weights=weights or tuple(variant.weight for variant in design.variants),
        coverage=design.coverage if coverage is None else coverage,
        strata=strata_known(unit=design.unit, attribute=design.stratify_by, as_of=as_of),
    )
