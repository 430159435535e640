"""The one owner of the state: events in, orders out, views diffed, one timer.

Everything here runs on one asyncio loop; `post` alone may be called from any thread. After each step the views go out
first (what a leg is to hear is known before it is answered), then the orders, in sequence. No lock, no policy.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import assert_never

from appliance.core import engine, views
from appliance.core.events import Event
from appliance.core.ids import Seconds
from appliance.core.orders import Announce, Answer, Dial, Hangup, Order, Refuse, Release, Report, StopPage
from appliance.core.rules import Rules
from appliance.core.state import State
from appliance.pa.port import Pa
from appliance.panel.port import Panel
from appliance.sip.port import Sip

log = logging.getLogger(__name__)

Follower = Callable[[Report], None]


class Runtime:
    """Runs the core between its adapters. `attach` them once, then `begin`."""

    def __init__(self, rules: Rules, loop: asyncio.AbstractEventLoop) -> None:
        self.rules = rules
        self.state = State()
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._followers: list[Follower] = []
        self._views: tuple[object, object] = (None, None)
        self._sip: Sip
        self._pa: Pa
        self._panel: Panel

    def attach(self, sip: Sip, pa: Pa, panel: Panel) -> None:
        """Say who carries out the orders."""
        self._sip, self._pa, self._panel = sip, pa, panel

    def now(self) -> Seconds:
        """Return the instant of the core's clock: the loop's, monotonic."""
        return Seconds(self._loop.time())

    def post(self, event: Event) -> None:
        """Take an event from any thread; it is handled on the loop, in the order of posting."""
        try:
            self._loop.call_soon_threadsafe(self.submit, event)
        except RuntimeError:  # the loop is closed: the process is ending and nobody is left to be told
            log.debug("event after the end: %r", event)

    def submit(self, event: Event) -> tuple[Order, ...]:
        """Handle an event now, on the loop; returns the orders that it led to."""
        log.debug("event %r", event)
        state, orders = engine.step(self.state, event, self.now(), self.rules)
        self._go_on(state, orders)
        return orders

    def change_rules(self, rules: Rules) -> None:
        """Let other settings hold from now on."""
        self.rules = rules
        self._tick()

    @contextmanager
    def following(self, follower: Follower) -> Iterator[None]:
        """Call `follower` with each report while the context lasts."""
        self._followers.append(follower)
        try:
            yield
        finally:
            self._followers.remove(follower)

    def _tick(self) -> None:
        state, orders = engine.advance(self.state, self.now(), self.rules)
        self._go_on(state, orders)

    def _go_on(self, state: State, orders: tuple[Order, ...]) -> None:
        self.state = state
        self._mirror()
        for order in orders:
            log.debug("order %r", order)
            self._obey(order)
        self._arm()

    def _arm(self) -> None:
        """Set the one timer; asyncio may fire it a clock tick early, `_tick` then finds nothing due and arms it again."""
        if self._timer is not None:
            self._timer.cancel()
        due = engine.next_deadline(self.state, self.rules)
        self._timer = None if due is None else self._loop.call_at(due, self._tick)

    def _mirror(self) -> None:
        hearings = views.hearings(self.state, self.rules)
        lamps = views.lamps(self.state, self.rules)
        heard_before, shown_before = self._views
        self._views = (hearings, lamps)
        if hearings != heard_before:
            self._sip.route(hearings)
        if lamps != shown_before:
            self._panel.show(lamps)
        self._panel.show_status(registered=views.reachable(self.state.registrations, self.rules))

    def _obey(self, order: Order) -> None:
        match order:
            case Answer() | Refuse() | Dial() | Hangup() | Release():
                self._sip.obey(order)
            case Announce() | StopPage():
                self._pa.obey(order)
            case Report():
                self._tell(order)
            case _:
                assert_never(order)

    def _tell(self, report: Report) -> None:
        log.info("%s", describe(report))
        for follower in list(self._followers):
            follower(report)


def describe(report: Report) -> str:
    """Return a report as one line of key=value words."""
    words = [report.what.value]
    if report.place is not None:
        words.append(f"place={report.place}")
    if report.caller is not None:
        words.append(f"caller={report.caller.number or 'hidden'}")
    if report.by is not None:
        words.append(f"by={report.by.number or 'hidden'}")
    if report.leg is not None:
        words.append(f"leg={report.leg}")
    if report.detail:
        words.append(f"detail={report.detail!r}")
    return " ".join(words)
