"""A shop for each file: the box as `configure(config)` of the file wants it, and whoever is good or bad to it."""

from collections.abc import Iterator

import pytest

from tests.trust.shop import Shop


@pytest.fixture(scope="module")
def _shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    change = getattr(request.module, "configure", lambda _: None)
    verbose = getattr(request.module, "VERBOSE", False)
    with Shop(tmp_path_factory.mktemp("shop"), change, verbose=verbose) as shop:
        yield shop


@pytest.fixture
def shop(_shop: Shop) -> Iterator[Shop]:
    """The shop, one for all tests of a file; after each no leg is left, no place taken, and the stack answers."""
    _shop.begin()
    yield _shop
    _shop.end()
