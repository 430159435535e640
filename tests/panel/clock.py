"""A loop whose clock jumps: nobody waits, and what happens does not depend on the speed of the machine."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

START = 1000.0
"""Seconds on the clock when a test begins."""


class _Jumper(selectors.DefaultSelector):
    """Lets the time pass that the loop would have slept; what foreign threads posted comes first."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout:
            self.now += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop over that clock."""

    def __init__(self) -> None:
        self._jumper = _Jumper()
        super().__init__(self._jumper)

    def time(self) -> float:
        return self._jumper.now


def play(scene: Coroutine[Any, Any, None], errors: tuple[str, ...] = ()) -> None:
    """Run a scene to its end; an error in a callback of the loop fails it, unless it is one of those expected."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        failures: list[dict[str, Any]] = []
        runner.get_loop().set_exception_handler(lambda _, context: failures.append(context))
        runner.run(scene)
        assert tuple(repr(context.get("exception")) for context in failures) == errors


def scene(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a coroutine as a test."""

    def run() -> None:
        play(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    run.pytestmark = getattr(test, "pytestmark", [])
    return run
