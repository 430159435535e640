"""The conference bridge's own clock: what a leg has been given to hear is told by it, not by the clock on the wall.

On a busy machine it runs late, and then catches up. The C is `scripts/wheel/clock.c`, inside our wheel.
"""

import ctypes

import _pjsua2

from appliance.errors import AdapterError


class BridgeClock:
    """How much sound the bridge has made."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(_pjsua2.__file__)
        if not hasattr(self._library, "parkdeck_clock_now"):
            raise AdapterError(
                "this pjsua2 does not tell the bridge's time: install the wheel that scripts/wheel builds"
            )
        self._library.parkdeck_clock_now.restype = ctypes.c_longlong

    def start(self) -> None:
        """After libInit: count from now on."""
        if status := self._library.parkdeck_clock_start():
            raise AdapterError(f"the bridge of the SIP stack has no clock: pjsip status {status}")

    def now(self) -> float:
        """Return the seconds of sound that were made since the start."""
        return int(self._library.parkdeck_clock_now()) / 1000
