"""Whose turn it is: the pages of the zones that share one card, one at a time, first come first served (A-3).

Pure: facts and instants in, a tuple of steps out; no clock, no thread, no sound. Whoever carries the steps out tells the
facts that follow and calls `advance` at `deadline`. Every fact is legal at any time; a stale one gives no steps. Each page
gets one `Over`, whatever happens, and one `Begun` before it if it was ever heard. A page that loses its card is said again
from its start when the card is back (A-17).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from appliance.core.ids import PageId
from appliance.pa import relay
from appliance.pa.port import PaSettings, Reason, ZoneSettings
from appliance.pa.relay import Relay

Now = float
"""Monotonic seconds."""

GRACE = 0.5
"""Seconds that a page may take to fade at its limit before its relay opens regardless."""

FAULTS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.LIMIT: "cut off, it reached the longest time of a page",
        Reason.FULL: "as many pages wait as may",
        Reason.SILENT: "there was neither voice nor chime",
        Reason.SHUTDOWN: "the service stops",
    }
)
"""What a page that ended so says of it."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close a zone's relay."""

    zone: str


@dataclass(frozen=True, slots=True)
class Open:
    """Open a zone's relay."""

    zone: str


@dataclass(frozen=True, slots=True)
class Sound:
    """Hand the page's samples to the card, the first of them not before `at`; `begun` and `played` follow."""

    page: PageId
    at: Now


@dataclass(frozen=True, slots=True)
class Hush:
    """Fade the page out; `played` follows."""

    page: PageId


@dataclass(frozen=True, slots=True)
class Begun:
    """The page is heard now, for the first time."""

    page: PageId


@dataclass(frozen=True, slots=True)
class Over:
    """The page is over; it is not known from now on. `fault` is empty when all went well."""

    page: PageId
    zone: str
    reason: Reason
    relay_at: Now | None
    """When its relay had closed; None: it never had, or there is none."""
    fault: str = ""


Step = Close | Open | Sound | Hush | Begun | Over
Steps = tuple[Step, ...]


@dataclass(slots=True)
class _Turn:
    """The page whose turn it is."""

    page: PageId
    zone: str
    limit_at: Now
    handed: bool = False
    """Its samples are at the card thread, which will say when they were played."""
    ending: Reason | None = None
    """It fades; why."""


class Turns:
    """The queue of one card. The zones' relays are all open, and the card is not there, until told otherwise."""

    def __init__(self, zones: Iterable[ZoneSettings], settings: PaSettings) -> None:
        self._zones = {zone.name: zone for zone in zones}
        self._relays = {name: _relay(zone) for name, zone in self._zones.items()}
        self._settings = settings
        self._queue: list[tuple[PageId, str]] = []
        self._ready: dict[PageId, bool] = {}
        self._begun: set[PageId] = set()
        self._turn: _Turn | None = None
        self._rest_until: Now = 0.0
        self._card = False
        self._closing = False

    def announce(self, page: PageId, zone: str, now: Now) -> Steps:
        """Take a page; ValueError for a zone of another card. One that is known already changes nothing."""
        if zone not in self._zones:
            raise ValueError(f"zone {zone} plays on another card")
        if self._knows(page):
            return ()
        if self._closing:
            return (self._over(page, zone, Reason.SHUTDOWN),)
        if len(self.waiting(zone)) >= self._settings.queue:
            return (self._over(page, zone, Reason.FULL),)
        self._queue.append((page, zone))
        return self._next(now)

    def prepared(self, page: PageId, now: Now, *, sound: bool) -> Steps:
        """Learn that the samples of a page are made; `sound`: there are any."""
        if not self._knows(page):
            return ()
        self._ready[page] = sound
        return self._hand_over(now)

    def begun(self, page: PageId) -> Steps:
        """Learn that the first sample of a page went to the card."""
        if self._turn is None or self._turn.page != page or page in self._begun:
            return ()
        self._begun.add(page)
        return (Begun(page),)

    def played(self, page: PageId, now: Now) -> Steps:
        """Learn that the last sample of a page was heard, or that it fell silent."""
        turn = self._turn
        if turn is None or turn.page != page:
            return ()
        return self._finish(turn, turn.ending or Reason.SAID, now)

    def stop(self, page: PageId, now: Now) -> Steps:
        """Stop a page in mid-word, or take it out of the queue."""
        turn = self._turn
        if turn is not None and turn.page == page:
            return self._fade(turn, Reason.STOPPED, now)
        for waiting, zone in self._queue:
            if waiting == page:
                self._queue.remove((page, zone))
                return (self._over(page, zone, Reason.STOPPED),)
        return ()

    def card(self, now: Now, *, there: bool) -> Steps:
        """Learn that the card was opened, or that it is gone and with it everything that had been handed over."""
        self._card = there
        turn = self._turn
        if there or turn is None:
            return self._next(now)
        if turn.ending is not None:
            return self._finish(turn, turn.ending, now)
        self._queue.insert(0, (turn.page, turn.zone))
        self._release(turn.zone, now)
        self._turn = None
        return ()

    def advance(self, now: Now) -> Steps:
        """Do what is due: relays whose tail is over, a page that has reached its limit."""
        steps = self._cut_off(now)
        for zone, each in self._relays.items():
            self._relays[zone] = relay.advance(each, now)
            if each.closed and not self._relays[zone].closed:
                steps += (Open(zone),)
        return steps

    def deadline(self) -> Now | None:
        """Return when `advance` is due next."""
        due = [each.open_at for each in self._relays.values() if each.open_at is not None]
        if self._turn is not None:
            due.append(self._turn.limit_at)
        return min(due, default=None)

    def wind_down(self, now: Now) -> Steps:
        """Take no more pages, end those that wait, fade the one that is heard."""
        self._closing = True
        over = tuple(self._over(page, zone, Reason.SHUTDOWN) for page, zone in self._queue)
        self._queue.clear()
        return over if self._turn is None else (*over, *self._fade(self._turn, Reason.SHUTDOWN, now))

    def shutdown(self, now: Now) -> Steps:
        """End everything now, heard to its end or not: no page is left, every relay is open."""
        steps = self.wind_down(now)
        if self._turn is not None:
            steps += self._finish(self._turn, Reason.SHUTDOWN, now)
        steps += tuple(Open(zone) for zone, each in self._relays.items() if each.closed)
        self._relays = {zone: relay.cut(each) for zone, each in self._relays.items()}
        return steps

    @property
    def idle(self) -> bool:
        """Say whether no page has the turn and none waits."""
        return self._turn is None and not self._queue

    def current(self, zone: str) -> tuple[PageId | None, bool]:
        """Return the page whose turn it is in a zone, and whether it has been heard."""
        turn = self._turn
        if turn is None or turn.zone != zone:
            return None, False
        return turn.page, turn.page in self._begun

    def waiting(self, zone: str) -> tuple[PageId, ...]:
        """Return the pages that wait for a zone, the next one first."""
        return tuple(page for page, of in self._queue if of == zone)

    def _knows(self, page: PageId) -> bool:
        return any(page == waiting for waiting, _ in self._queue) or (
            self._turn is not None and self._turn.page == page
        )

    def _next(self, now: Now) -> Steps:
        """Give the turn to the first page that waits: its relay closes now, those of the card's other zones open."""
        if self._turn is not None or not self._card or not self._queue:
            return ()
        page, zone = self._queue.pop(0)
        self._turn = _Turn(page, zone, now + self._zones[zone].max_page)
        others = [name for name, each in self._relays.items() if each.closed and name != zone]
        for name in others:
            self._relays[name] = relay.cut(self._relays[name])
        self._relays[zone] = relay.close(self._relays[zone], now)
        return (Close(zone), *(Open(name) for name in others), *self._hand_over(now))

    def _hand_over(self, now: Now) -> Steps:
        turn = self._turn
        if turn is None or turn.handed or turn.page not in self._ready:
            return ()
        if not self._ready[turn.page]:
            return self._finish(turn, Reason.SILENT, now)
        turn.handed = True
        return (Sound(turn.page, max(now, relay.ready_at(self._relays[turn.zone]), self._rest_until)),)

    def _fade(self, turn: _Turn, reason: Reason, now: Now) -> Steps:
        if turn.ending is not None:
            return ()
        if not turn.handed:
            return self._finish(turn, reason, now)
        turn.ending = reason
        return (Hush(turn.page),)

    def _cut_off(self, now: Now) -> Steps:
        """End a page that has reached its limit; when the card hangs, without waiting for its last sample (A-2)."""
        turn = self._turn
        if turn is None or now < turn.limit_at:
            return ()
        if not turn.handed or turn.ending is not None:
            return self._finish(turn, Reason.LIMIT, now)
        turn.limit_at = now + GRACE
        return self._fade(turn, Reason.LIMIT, now)

    def _finish(self, turn: _Turn, reason: Reason, now: Now) -> Steps:
        """End the turn. A limit or a shutdown has no tail."""
        steps: Steps = (self._over(turn.page, turn.zone, reason),)
        if reason in (Reason.LIMIT, Reason.SHUTDOWN):
            steps += (Open(turn.zone),)
            self._relays[turn.zone] = relay.cut(self._relays[turn.zone])
        self._release(turn.zone, now)
        self._rest_until = now + self._settings.pause
        self._turn = None
        return (*steps, *self._next(now))

    def _release(self, zone: str, now: Now) -> None:
        self._relays[zone] = relay.release(self._relays[zone], now)

    def _over(self, page: PageId, zone: str, reason: Reason) -> Over:
        held = self._turn is not None and self._turn.page == page and self._zones[zone].relay != ""
        self._ready.pop(page, None)
        self._begun.discard(page)
        fault = f"zone {zone}: {FAULTS[reason]}" if reason in FAULTS else ""
        return Over(page, zone, reason, self._relays[zone].closed_at if held else None, fault)


def _relay(zone: ZoneSettings) -> Relay:
    return Relay(zone.lead if zone.relay else 0.0, zone.tail)
