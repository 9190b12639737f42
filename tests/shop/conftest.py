from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.access.contracts import PUBLIC_SCOPES
from apps.access.domain.keys import key_new
from apps.access.services import api_key_ensure
from apps.demo.contracts import DemoCatalogue
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.services.catalogue import catalogue_store

AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def small_catalogue() -> DemoCatalogue:
    return catalogue_generate(seed=7, count_wanted=260, as_of=AS_OF)


@pytest.fixture
def stocked(
    db: None, small_catalogue: DemoCatalogue, tmp_path: Path, settings: Settings
) -> DemoCatalogue:
    """A shop with a small catalogue, no index, and no key for events."""
    settings.SHOP_STOREFRONT_KEY_FILE = str(tmp_path / "no-key")
    catalogue_store(small_catalogue)
    return small_catalogue


@pytest.fixture
def live_shop(
    transactional_db: None,
    live_server: LiveServer,
    small_catalogue: DemoCatalogue,
    settings: Settings,
) -> str:
    """The same behind a real server, with a storefront key for its own origin."""
    raw_key = key_new(public=True).joined()
    api_key_ensure(
        raw_key=raw_key,
        name="test storefront",
        scopes=PUBLIC_SCOPES,
        allowed_origins=[live_server.url],
    )
    settings.SHOP_STOREFRONT_KEY = raw_key
    catalogue_store(small_catalogue)
    return live_server.url
