"""What every lamp shall show in, the levels of the lines out; all panels of the box.

Runs on the loop, but has no clock of its own: every call says what time it is, and `next_change` says when the levels
change by themselves. Seconds are monotonic. Lamps that are set by one call flash together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.core.ids import KeyId
from appliance.core.lamp import Lamp
from appliance.panel.port import PanelWiring
from hardware.patterns import Pattern, Shown, shown


@dataclass(frozen=True, slots=True)
class _Showing:
    """A pattern and the instant when the lamp began to show it."""

    pattern: Pattern
    began: float

    def then(self, pattern: Pattern, now: float) -> "_Showing":
        """Show a pattern from now on; the same one goes on without a break."""
        return self if pattern is self.pattern else _Showing(pattern, now)


class Lamps:
    """The lamps of all keys, and the status lamp; all dark, and not registered, at the start."""

    def __init__(self, wiring: PanelWiring) -> None:
        self._wiring = wiring
        self._lamps = dict.fromkeys((lines.key for lines in wiring.keys), Lamp.OFF)
        self._showing = {key: _Showing(Pattern.OFF, 0.0) for key in self._lamps}
        self._status = _Showing(Pattern.TWO_SHORT, 0.0)
        self._test_until = 0.0

    def show(self, lamps: Mapping[KeyId, Lamp], now: float) -> None:
        """Show the whole picture from now on: lamps that are not named are off."""
        for key in self._lamps:
            self._lamps[key] = lamps.get(key, Lamp.OFF)
            self._showing[key] = self._showing[key].then(Pattern(self._lamps[key].value), now)

    def show_status(self, now: float, *, registered: bool) -> None:
        """Show heartbeat or two short flashes at the status lamp from now on."""
        self._status = self._status.then(Pattern.HEARTBEAT if registered else Pattern.TWO_SHORT, now)

    def test(self, until: float) -> None:
        """Light every lamp until an instant, whatever it shows."""
        self._test_until = until

    def shown(self) -> Mapping[KeyId, Lamp]:
        """What every lamp shows; a lamp test does not count."""
        return dict(self._lamps)

    def levels(self, now: float) -> dict[str, bool]:
        """Level of every lamp line now."""
        testing = now < self._test_until
        return {line: testing or each.lit for line, each in self._lines(now).items()}

    def next_change(self, now: float) -> float | None:
        """When a level may change by itself after `now`; None: not before another picture."""
        if now < self._test_until:
            return self._test_until
        return min((each.until for each in self._lines(now).values() if each.until is not None), default=None)

    def _lines(self, now: float) -> dict[str, Shown]:
        """Every lamp line with what it shows without a lamp test."""
        wired = {lines.lamp: self._showing[lines.key] for lines in self._wiring.keys if lines.lamp is not None}
        if self._wiring.status is not None:
            wired[self._wiring.status] = self._status
        return {line: shown(showing.pattern, showing.began, now) for line, showing in wired.items()}
