"""Keys that the library does not tell by itself: those in an INFO, and those that are to be heard as tones (P-12).

The C is `scripts/wheel/digits.c`, inside our wheel. Ears cost (about half a millisecond of every second, for each leg): only
those legs have one whose keys matter just now and whose far side cannot tell them as telephone-events. An ear belongs
to a port on the conference bridge, so every change of the media makes a new one. Belongs to the SIP thread.
"""

import ctypes
from collections.abc import Set as AbstractSet
from typing import Any

import _pjsua2

from appliance.core.ids import LegId
from appliance.errors import AdapterError
from appliance.sip.digits import Way


class Ears:
    """Who is listened to. `stack` is the SipThread (a weak reference to it)."""

    def __init__(self, stack: Any) -> None:
        self._stack = stack
        self._library = ctypes.CDLL(_pjsua2.__file__)
        if not hasattr(self._library, "parkdeck_digits_take"):
            raise AdapterError("this pjsua2 has no ears: install the wheel that scripts/wheel builds")
        self._library.parkdeck_digits_open.argtypes = [ctypes.c_int, ctypes.c_longlong]
        self._library.parkdeck_digits_take.restype = ctypes.c_char
        self._wanted: AbstractSet[LegId] = frozenset()
        self._ears: dict[LegId, int] = {}
        """Each one's place on the conference bridge."""
        self._whose, self._heard = ctypes.c_longlong(), ctypes.c_int()

    def start(self) -> None:
        """After libInit: read INFO from now on."""
        if status := self._library.parkdeck_digits_start():
            raise AdapterError(f"the SIP stack cannot read digits: pjsip status {status}")

    def listen(self, legs: AbstractSet[LegId]) -> None:
        """Have the keys of these legs told, and of no others, where they come as tones."""
        self._wanted = legs
        for leg in {*self._ears, *legs}:
            self._look_after(leg)

    def media_changed(self, leg: LegId) -> None:
        """Listen to a leg anew: its port is another one, though perhaps in the same place."""
        self._close(leg)
        self._look_after(leg)

    def leg_ended(self, leg: LegId) -> None:
        """Forget a leg."""
        self._close(leg)

    def take(self) -> None:
        """Pass on what has been told since the last time."""
        while (
            key := self._library.parkdeck_digits_take(ctypes.byref(self._whose), ctypes.byref(self._heard))
        ) != b"\0":
            way, whose = (Way.TONES, self._whose.value) if self._heard.value else (Way.INFO, self._whose.value)
            leg = self._stack.legs.get(whose) if way is Way.TONES else self._by_call(whose)
            if leg is not None:
                leg.pressed(way, key.decode())

    def close(self) -> None:
        """Listen to nobody any more."""
        for leg in list(self._ears):
            self._close(leg)

    def owned(self) -> int:
        """Return how many ears there are (for tests that look for leaks)."""
        return len(self._ears)

    def _by_call(self, call: int) -> Any:
        return next((leg for leg in self._stack.legs.values() if leg.getId() == call), None)

    def _look_after(self, number: LegId) -> None:
        leg = self._stack.legs.get(number)
        slot = leg.slot if leg is not None and self._is_wanted(leg) else -1
        if slot < 0:
            self._close(number)
        elif number not in self._ears:
            place = self._library.parkdeck_digits_open(slot, number)
            if place < 0:
                self._stack.fault(f"leg {number}: there is no room for another ear")
            else:
                self._ears[number] = place

    def _is_wanted(self, leg: Any) -> bool:
        """Whether a leg's keys matter, and can come as tones only."""
        return (
            leg.leg in self._wanted and leg.media.speaks and not self._library.parkdeck_digits_has_events(leg.getId())
        )

    def _close(self, leg: LegId) -> None:
        place = self._ears.pop(leg, None)
        if place is not None:
            self._library.parkdeck_digits_close(place)
