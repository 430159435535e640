"""Two panels on simulated lines, and everything that they post."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from appliance.core.events import AdapterFault, Event, KeyPressed, Press
from appliance.core.ids import KeyId
from appliance.panel.panels import Panels
from appliance.panel.port import KeyLines, Panel, PanelSettings, PanelWiring
from hardware.sim import SimInputs, SimOutputs

ONE, TWO, WEB = KeyId("counter", "1"), KeyId("counter", "2"), KeyId("counter", "web")
YARD = KeyId("yard", "1")
WIRING = PanelWiring(
    (
        KeyLines(ONE, "contact 1", "lamp 1"),
        KeyLines(TWO, "contact 2", "lamp 2"),
        KeyLines(WEB),
        KeyLines(YARD, "yard contact", "yard lamp"),
    ),
    status="status",
)
CONTACTS = ("contact 1", "contact 2", "yard contact", "fire alarm")
LAMPS = ("lamp 1", "lamp 2", "yard lamp")


def after(seconds: float) -> float:
    """When what a contact did so many seconds after the beginning counts."""
    return round(seconds + PanelSettings().debounce, 3)


class Desk:
    """The panels under test, a hand at their contacts, an eye on their lamps."""

    def __init__(self, wiring: PanelWiring = WIRING) -> None:
        loop = asyncio.get_running_loop()
        self.clock = loop.time
        self.begun = loop.time()
        self.inputs = SimInputs(CONTACTS, clock=loop.time)
        self.outputs = SimOutputs((*LAMPS, "status", "amp"), clock=loop.time)
        self.posted: list[tuple[float, Event]] = []
        self.panels = Panels(wiring, self.inputs, self.outputs, PanelSettings(), self._post)
        self.port: Panel = self.panels

    def _post(self, event: Event) -> None:
        self.posted.append((round(self.clock() - self.begun, 3), event))

    def presses(self) -> list[tuple[float, KeyId, Press]]:
        """Every press with the seconds from the beginning."""
        return [(at, event.key, event.press) for at, event in self.posted if isinstance(event, KeyPressed)]

    def faults(self) -> list[tuple[float, str]]:
        """Every fault, likewise."""
        return [(at, event.detail) for at, event in self.posted if isinstance(event, AdapterFault)]

    def changes(self, line: str) -> list[tuple[float, bool]]:
        """Every change of an output line, likewise."""
        return [(round(edge.at - self.begun, 3), edge.active) for edge in self.outputs.history if edge.line == line]

    async def until(self, seconds: float) -> None:
        """Let time pass until so many seconds after the beginning."""
        await asyncio.sleep(max(0.0, self.begun + seconds - self.clock()))

    async def hold(self, line: str, seconds: float) -> None:
        """Press a contact, wait, release it."""
        self.inputs.press(line)
        await asyncio.sleep(seconds)
        self.inputs.release(line)


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """Panels that run."""
    made = Desk()
    await made.panels.start()
    try:
        yield made
    finally:
        await made.panels.stop()
