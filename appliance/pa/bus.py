"""The PA bus: orders to the outlet of their zone, faults and proofs of all of them. See `port.Pa`.

Lives on the loop's thread. Each card has one outlet and one thread; nothing is shared between them but the relay lines,
which the loop owns.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import assert_never

from appliance.core.events import PageEnded
from appliance.core.orders import Announce, StopPage
from appliance.pa.faults import Faults
from appliance.pa.lines import Lines
from appliance.pa.outlet import Outlet, Surroundings
from appliance.pa.port import NO_CARD, SIM_CARD, PaOrder, PaSettings, Post, Proof, Speaker, ZoneSettings, ZoneStatus
from appliance.pa.silent import SilentCards
from hardware.ports import Outputs, SoundCards

RETRY = 1.0
"""Seconds between two tries of a relay that did not obey: an amplifier must not stay on (A-2)."""


class PaBus:
    """The zones of this box.

    `cards` are the real ones, `simulated` the simulator's, for zones on `SIM_CARD`. Raises ValueError for two zones of one
    name, and for a simulated zone without a simulator.
    """

    def __init__(
        self,
        zones: Sequence[ZoneSettings],
        settings: PaSettings,
        *,
        cards: SoundCards,
        outputs: Outputs,
        speaker: Speaker,
        post: Post,
        simulated: SoundCards | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if len({zone.name for zone in zones}) != len(zones):
            raise ValueError("two zones of one name")
        self._zones = tuple(zones)
        self._post = post
        self._clock = clock
        self._faults = Faults(post)
        self._lines = Lines(zones, outputs, self._faults)
        self._proofs: deque[Proof] = deque(maxlen=settings.proofs)
        self._retry: asyncio.TimerHandle | None = None
        self._running = False
        self._outlets: dict[str, Outlet] = {}
        site = Surroundings(settings, self._lines, self._faults, self._proofs, speaker, post, clock)
        for sharing in _by_card(zones):
            outlet = Outlet(sharing, *_source(sharing[0], cards, simulated), site)
            self._outlets |= dict.fromkeys((zone.name for zone in sharing), outlet)

    async def start(self) -> None:
        """See `Pa.start`."""
        self._lines.reset()
        for outlet in self._distinct():
            await outlet.start()
        self._running = True
        self._try_again()

    def obey(self, order: PaOrder) -> None:
        """See `Pa.obey`."""
        match order:
            case Announce():
                self._announce(order)
            case StopPage(page):
                for outlet in self._distinct():
                    outlet.stop_page(page)
            case _:
                assert_never(order)

    def zones(self) -> tuple[ZoneStatus, ...]:
        """See `Pa.zones`."""
        return tuple(self._outlets[zone.name].status(zone.name) for zone in self._zones)

    def proofs(self) -> tuple[Proof, ...]:
        """See `Pa.proofs`."""
        return tuple(self._proofs)

    def beat(self) -> float:
        """See `Pa.beat`; now when there is no zone."""
        return min((outlet.beat for outlet in self._distinct()), default=self._clock())

    async def stop(self) -> None:
        """See `Pa.stop`. A second time it does nothing."""
        if not self._running:
            return
        self._running = False
        await asyncio.gather(*(outlet.wind_down() for outlet in self._distinct()))
        if self._retry is not None:
            self._retry.cancel()
        await asyncio.gather(*(outlet.close() for outlet in self._distinct()))
        self._lines.retry()

    def _announce(self, order: Announce) -> None:
        outlet = self._outlets.get(order.zone)
        if outlet is None:
            self._post(PageEnded(order.page, f"there is no zone {order.zone} on this box"))
        elif not self._running:
            self._post(PageEnded(order.page, f"zone {order.zone}: the service does not run"))
        else:
            outlet.announce(order)

    def _distinct(self) -> tuple[Outlet, ...]:
        return tuple(dict.fromkeys(self._outlets.values()))

    def _try_again(self) -> None:
        self._lines.retry()
        self._retry = asyncio.get_running_loop().call_later(RETRY, self._try_again)


def _by_card(zones: Sequence[ZoneSettings]) -> tuple[tuple[ZoneSettings, ...], ...]:
    """Group the zones that share a card; zones without a real one stand alone."""
    groups: dict[tuple[str, str], list[ZoneSettings]] = {}
    for zone in zones:
        alone = zone.name if zone.card in (NO_CARD, SIM_CARD) else ""
        groups.setdefault((zone.card, alone), []).append(zone)
    return tuple(tuple(group) for group in groups.values())


def _source(zone: ZoneSettings, cards: SoundCards, simulated: SoundCards | None) -> tuple[SoundCards, str]:
    """Return where a zone's card is opened, and by which name."""
    if zone.card == NO_CARD:
        return SilentCards(), zone.name
    if zone.card != SIM_CARD:
        return cards, zone.card
    if simulated is None:
        raise ValueError(f"zone {zone.name} plays to the simulator, but there is none")
    return simulated, zone.name
