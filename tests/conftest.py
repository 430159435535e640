"""What every test may be: a function, or a coroutine; and which tests go one behind the other when several workers share them."""

import asyncio
import inspect

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a coroutine test in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep a folder that shares one PBX on one worker, and a file on one; the longest come first."""
    for item in items:
        shared = item.path.parent if item.get_closest_marker("e2e") else item.path
        item.add_marker(pytest.mark.xdist_group(str(shared)))
    items.sort(key=lambda item: not item.get_closest_marker("e2e"))
