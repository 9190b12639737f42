from enum import Enum
from pathlib import Path

class QuantType(Enum):
    QInt8 = 0

def quantize_dynamic(
    model_input: str | Path,
    model_output: str | Path,
    *,
    per_channel: bool = False,
    weight_type: QuantType = ...,
) -> None: ...
