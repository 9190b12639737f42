# What Endcap uses of pyarrow, which ships no types.
from typing import Any

class Array:
    def to_pylist(self) -> list[Any]: ...

class RecordBatch:
    def column(self, name: str) -> Array: ...

def table(columns: dict[str, list[Any]]) -> Any: ...
