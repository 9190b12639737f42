"""scipy's functions, loaded at the first call of one: a web worker that only serves needs none.

All of scipy that experiments use takes about 50 MB and a third of a second to import. Who only
assigns, drafts and searches never calls any of it; who opens an experiment's results does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator
    from scipy.optimize import brentq
    from scipy.special import bdtr, betainc, betaincinv, chdtrc, ndtr, ndtri, stdtr, stdtrit
else:

    class _Late:
        """Stands for a function (or class) of a module that is imported when it is called."""

        __slots__ = ("_found", "_module", "_name")

        def __init__(self, module: str, name: str) -> None:
            self._module, self._name, self._found = module, name, None

        def __call__(self, *args: object, **named: object) -> object:
            if self._found is None:
                self._found = getattr(import_module(self._module), self._name)
            return self._found(*args, **named)

    PchipInterpolator = _Late("scipy.interpolate", "PchipInterpolator")
    brentq = _Late("scipy.optimize", "brentq")
    bdtr = _Late("scipy.special", "bdtr")
    betainc = _Late("scipy.special", "betainc")
    betaincinv = _Late("scipy.special", "betaincinv")
    chdtrc = _Late("scipy.special", "chdtrc")
    ndtr = _Late("scipy.special", "ndtr")
    ndtri = _Late("scipy.special", "ndtri")
    stdtr = _Late("scipy.special", "stdtr")
    stdtrit = _Late("scipy.special", "stdtrit")

__all__ = [
    "PchipInterpolator",
    "bdtr",
    "betainc",
    "betaincinv",
    "brentq",
    "chdtrc",
    "ndtr",
    "ndtri",
    "stdtr",
    "stdtrit",
]
