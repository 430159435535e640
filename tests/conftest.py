"""What every test may be: a function, or a coroutine; which come first; and that none is too slow."""

import asyncio
import inspect

import pytest
from hypothesis import settings

settings.register_profile("parkdeck", deadline=None)  # the machine is not ours alone
settings.load_profile("parkdeck")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a coroutine test in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


def pytest_collection_modifyitems(items):
    """The longest come first, so that no worker is left with them alone."""
    items.sort(key=lambda item: not item.get_closest_marker("e2e"))
