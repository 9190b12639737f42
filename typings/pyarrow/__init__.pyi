# What Endcap uses of pyarrow, which ships no types.
from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

class Array:
    def to_pylist(self) -> list[Any]: ...

class RecordBatch:
    def column(self, name: str) -> Array: ...

def table(columns: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> Any: ...
