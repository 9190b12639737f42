"""What the fixtures of these tests are."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Ask = Callable[..., Any]  # the test client's response
Search = Callable[..., Json]
Build = Callable[[], None]
