"""The edge to the library: the guard that every callback wears, and the door that keeps strangers out.

An exception that leaves a director method is printed and lost at best; from one that returns a value it is a
segmentation fault. So none leaves: it is logged, becomes an AdapterFault, and C++ gets a value of the right type.
"""

import contextlib
import ctypes
import functools
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any

import _pjsua2
import pjsua2 as pj

from appliance.errors import AdapterError

log = logging.getLogger(__name__)

EARLIER = 20
"""Seconds after the start in which we say nothing to requests in dialogs that we do not know: a session timer that the PBX
refreshes in the second between two processes of ours would get 481, and the caller would be gone before he is taken over."""
LOG_LEVEL = 2
"""Of the library: errors and warnings; from 3 on every call that ends prints a page."""


def told(error: BaseException) -> str:
    """Return what an exception says; `str` of a pjsua2 error is empty."""
    if isinstance(error, pj.Error):
        return f"{error.title}: {error.reason}"
    return f"{type(error).__name__}: {error}"


def guarded(default: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wrap a callback; `default` is what C++ gets when it fails, and must have the type that C++ expects."""

    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def guard(self: Any, *arguments: Any) -> Any:
            try:
                return method(self, *arguments)
            except BaseException as error:
                log.exception("%s", method.__qualname__)
                with contextlib.suppress(ReferenceError):  # the stack is gone already
                    self.stack.fault(f"{method.__qualname__}: {told(error)}")
                error.__traceback__ = None  # its frames would keep the call and the parameters alive
                return default

        return guard

    return wrap


class Door:
    """The C guard inside our wheel: drops requests of strangers before anything answers them (S-10)."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(_pjsua2.__file__)
        if not hasattr(self._library, "parkdeck_guard_start"):
            raise AdapterError("this pjsua2 has no door: install the wheel that scripts/wheel builds")
        self._library.parkdeck_guard_trust.argtypes = self._library.parkdeck_guard_names.argtypes = [ctypes.c_char_p]

    def hush(self) -> None:
        """Let the library print errors and warnings only, from its very first line on."""
        self._library.pj_log_set_level(LOG_LEVEL)

    def close(self) -> None:
        """Put the guard in: from now on nobody is let in who is not trusted, and behind it the judge of what is wrong."""
        if status := self._library.parkdeck_guard_start() or self._library.parkdeck_judge_start():
            raise AdapterError(f"the guard of the SIP stack does not start: pjsip status {status}")
        self._library.parkdeck_guard_wait(EARLIER)

    def trust(self, sources: frozenset[str]) -> None:
        """Let requests from these sources in, and from nobody else."""
        if self._library.parkdeck_guard_trust(",".join(sorted(sources)).encode()) < 0:
            raise AdapterError(f"the guard of the SIP stack does not understand {sorted(sources)}")

    def know(self, names: Mapping[str, Collection[str]]) -> None:
        """Tell the addresses of names to the library, which asks no DNS: a name that is not told here does not exist."""
        known = [f"{name}={address}" for name in sorted(names) for address in names[name]]
        if self._library.parkdeck_guard_names(",".join(known).encode()) < 0:
            raise AdapterError(f"the guard of the SIP stack does not understand {known}")

    def dropped(self) -> int:
        """Return how many requests of strangers were dropped so far."""
        return int(self._library.parkdeck_guard_dropped()) & 0xFFFFFFFF

    def calls_in_library(self) -> int:
        """Return how many dialogs pjsua still has, hung up or not."""
        return int(self._library.pjsua_call_get_count())
