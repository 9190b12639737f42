"""The catalogue of search's tests, and its fixtures."""

from tests.embeddings.conftest import (  # noqa: F401 - fixtures, found by their names
    export_folder,
    exported_once,
    transformer,
)
from tests.search.conftest import (  # noqa: F401 - the same
    _own_stores,
    ask,
    catalogue,
    embedded,
    lasting_catalogue,
    search,
)
