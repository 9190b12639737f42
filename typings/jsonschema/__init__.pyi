# What Endcap's tests use of jsonschema.
from collections.abc import Mapping
from typing import Any

class ValidationError(Exception): ...

def validate(instance: object, schema: Mapping[str, Any]) -> None: ...
