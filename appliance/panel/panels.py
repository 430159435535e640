"""The panels of this box on the loop: edges in, `KeyPressed` out; lamps in, levels out.

Everything runs on the loop except `_on_edge`, which runs in the back end's thread and does nothing but post. One timer
serves debounce, presses, patterns and the re-read of levels. The hardware may fail at any time: that is reported as an
AdapterFault and tried again at each re-read; lamps and keys that still work go on.
"""

import asyncio
import logging
import math
from collections.abc import Mapping
from typing import assert_never

from appliance.core.events import KeyPressed, Press
from appliance.core.ids import KeyId
from appliance.core.lamp import Lamp
from appliance.errors import AdapterError
from appliance.faults import Faults
from appliance.panel.keyboard import Keyboard, KeyOutcome
from appliance.panel.lamps import Lamps
from appliance.panel.port import PanelSettings, PanelWiring, Post
from hardware.ports import Edge, HardwareError, Inputs, Outputs
from hardware.presses import Chord, Freed, Long, Short, Stuck

_log = logging.getLogger(__name__)


class Panels:
    """All panels of this box; implements `port.Panel`.

    `inputs` and `outputs` have every line that `wiring` names, and are closed by whoever opened them. `post` is called on
    the loop. The loop's clock must be the one that stamps edges (`time.monotonic`, asyncio's own).
    """

    def __init__(
        self, wiring: PanelWiring, inputs: Inputs, outputs: Outputs, settings: PanelSettings, post: Post
    ) -> None:
        self._wiring = wiring
        self._inputs = inputs
        self._outputs = outputs
        self._settings = settings
        self._post = post
        self._keys = frozenset(lines.key for lines in wiring.keys)
        self._lamps = Lamps(wiring)
        self._faults = Faults(post, "panel")
        self._keyboard: Keyboard | None = None
        """None before the start and after the stop."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._written: dict[str, bool] = {}
        """Levels that the lamp lines are known to have."""
        self._reread_at = 0.0
        self._beat = 0.0

    async def start(self) -> None:
        """See `Panel.start`. Once only. A key that is down already means nothing before its release."""
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._inputs.listen(self._on_edge)
        self._keyboard = Keyboard(self._wiring, self._settings, self._first_levels(), now)
        self._reread_at = now + self._settings.reread
        try:
            self._work(now)
        except KeyError as error:
            await self.stop()
            raise AdapterError(f"panel: no output line is called {error}: wire it in [hardware.keys]") from error

    def show(self, lamps: Mapping[KeyId, Lamp]) -> None:
        """See `Panel.show`."""
        for key in lamps:
            self._check(key)
        self._lamps.show(lamps, _now())
        self._work(_now())

    def show_status(self, *, registered: bool) -> None:
        """See `Panel.show_status`."""
        self._lamps.show_status(_now(), registered=registered)
        self._work(_now())

    def press(self, key: KeyId, hold: float) -> None:
        """See `Panel.press`. Pressed again while it is held, the key is released first; a hold of 0 is a tap."""
        self._check(key)
        if not math.isfinite(hold) or hold < 0:
            raise AdapterError(f"a key cannot be held for {hold} seconds: say 0 or more")
        if self._keyboard is None:
            raise AdapterError("the panels are not running")
        now = _now()
        self._understand(self._keyboard.press(key, hold, now), now)
        self._work(_now())

    def lamps(self) -> Mapping[KeyId, Lamp]:
        """See `Panel.lamps`."""
        return self._lamps.shown()

    def beat(self) -> float:
        """See `Panel.beat`; 0 before the start. At most `PanelSettings.reread` old while the loop is well."""
        return self._beat

    async def stop(self) -> None:
        """See `Panel.stop`. Later calls do nothing."""
        self._keyboard = None
        if self._timer is not None:
            self._timer.cancel()
        for line in tuple(self._written):
            self._write(line, active=False)

    def _check(self, key: KeyId) -> None:
        if key not in self._keys:
            there = ", ".join(sorted(f"{each.panel}.{each.key}" for each in self._keys)) or "none"
            raise AdapterError(f"there is no key {key.panel}.{key.key}; keys there are: {there}")

    def _first_levels(self) -> Mapping[str, bool]:
        """Read the contacts at the start, when a failure is still the wiring's fault and fatal."""
        try:
            levels = self._inputs.levels()
        except HardwareError as error:
            raise AdapterError(f"panel: {error}") from error
        for lines in self._wiring.keys:
            if lines.contact is not None and lines.contact not in levels:
                raise AdapterError(f"panel: no input line is called {lines.contact}: wire it in [hardware.keys]")
        return levels

    def _on_edge(self, edge: Edge) -> None:
        """Post an edge to the loop; runs in the thread of the back end."""
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._take, edge)
        except RuntimeError:  # the loop is closed: the process is ending and nobody is left to be told
            _log.debug("edge after the end line=%s", edge.line)

    def _take(self, edge: Edge) -> None:
        if self._keyboard is not None:
            now = _now()
            self._understand(self._keyboard.sample(edge.line, min(edge.at, now), active=edge.active), now)
            self._work(now)

    def _on_timer(self, when: float) -> None:
        """Do what was due at an instant; asyncio may wake a clock tick early, so that instant counts as reached."""
        self._work(max(_now(), when))

    def _work(self, now: float) -> None:
        """Bring keys and lamps up to now, then arm the timer, whatever happened: it is the panels' only life."""
        keyboard, due = self._keyboard, now + self._settings.reread
        if keyboard is None:
            return
        try:
            if now >= self._reread_at:
                self._reread(keyboard, now)
            self._understand(keyboard.advance(now), now)
            self._refresh(now)
            self._beat = now
            deadlines = (keyboard.next_deadline(), self._lamps.next_change(now), self._reread_at)
            due = min(each for each in deadlines if each is not None)
        finally:
            self._arm(due)

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._on_timer, when)

    def _reread(self, keyboard: Keyboard, now: float) -> None:
        """Read all contacts anew: an edge that was not told is found here, and a dead expander."""
        self._reread_at = now + self._settings.reread
        try:
            levels = self._inputs.levels()
        except HardwareError as error:
            self._faults.stand("inputs", str(error))
            return
        self._faults.clear("inputs")
        for line in keyboard.differs(levels):
            _log.debug("level found by the re-read line=%s", line)
            self._understand(keyboard.sample(line, now, active=levels[line]), now)

    def _understand(self, outcomes: list[KeyOutcome], now: float) -> None:
        for each in outcomes:
            self._act(each, now)

    def _act(self, told: KeyOutcome, now: float) -> None:
        key = f"{told.key.panel}.{told.key.key}"
        match told.outcome:
            case Short():
                self._post(KeyPressed(told.key, Press.SHORT))
            case Long():
                self._post(KeyPressed(told.key, Press.LONG))
            case Chord():
                _log.info("lamp test panel=%s", told.key.panel)
                self._lamps.test(now + self._settings.lamp_test)
            case Stuck():
                held = f"key {key} has been down for {self._settings.stuck:.0f} s and is ignored until it is released"
                self._faults.stand(f"key {key}", held)
            case Freed():
                self._faults.clear(f"key {key}")
            case _:
                assert_never(told.outcome)

    def _refresh(self, now: float) -> None:
        for line, active in self._lamps.levels(now).items():
            if self._written.get(line) is not active:
                self._write(line, active=active)

    def _write(self, line: str, *, active: bool) -> None:
        """Drive a lamp; one that cannot be driven is tried again at the next change of any, or at the next re-read."""
        try:
            self._outputs.write(line, active=active)
        except HardwareError as error:
            self._written.pop(line, None)
            self._faults.stand(f"lamp {line}", str(error))
        else:
            self._written[line] = active
            self._faults.clear(f"lamp {line}")


def _now() -> float:
    return asyncio.get_running_loop().time()
