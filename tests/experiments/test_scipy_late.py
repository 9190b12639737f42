"""scipy takes 50 MB: a process that only serves must not load it."""

import subprocess
import sys

from scipy import special

from apps.experiments.domain import scipy_late

_IMPORTED = """
import sys
import apps.experiments.domain.analysis.analyse
import apps.experiments.domain.bandits
import apps.experiments.domain.interleaving
from apps.experiments.domain.statistics.bayesian import ndtr
print(sorted(name for name in sys.modules if name.split(".")[0] == "scipy"))
ndtr(0.0)
print("scipy.special" in sys.modules)
"""


def test_scipy_is_loaded_by_the_first_call_and_not_by_imports() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["[]", "True"]


def test_each_name_calls_its_own_function() -> None:
    assert scipy_late.bdtr(3, 10, 0.4) == special.bdtr(3, 10, 0.4)
    assert scipy_late.stdtrit(7, 0.9) == special.stdtrit(7, 0.9)
    assert abs(scipy_late.brentq(lambda x: x * x - 2.0, 0.0, 2.0) - 2.0**0.5) < 1e-9
    assert scipy_late.PchipInterpolator([0.0, 1.0], [0.0, 2.0])(0.5) == 1.0
