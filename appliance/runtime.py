"""The one owner of the state: events in, orders out, views diffed, one timer.

Everything here runs on one asyncio loop; `post` alone may be called from any thread. What a step lets out goes in sequence:
the views first (what a leg is to hear is known before it is answered), then the orders. A step that promises somebody
that a call is parked lets nothing out before the journal has it on the disk (S-1), and later steps wait behind it. No
lock, no policy.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from appliance.core import engine, journal, removed, views
from appliance.core.events import Event, Recovered
from appliance.core.hearing import Hearing
from appliance.core.ids import KeyId, LegId, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import (
    Announce,
    Answer,
    Dial,
    Hangup,
    Message,
    Order,
    Refuse,
    Release,
    Report,
    Show,
    StopPage,
    TakeOver,
    Transfer,
    Withdraw,
)
from appliance.core.rules import Rules
from appliance.core.state import Leg, State
from appliance.pa.port import Pa
from appliance.panel.port import Panel
from appliance.recorder import Recorder
from appliance.sip.port import Sip
from appliance.store.port import Journal

log = logging.getLogger(__name__)

Follower = Callable[[Report], None]


@dataclass(slots=True)
class _Output:
    """What one step lets out."""

    hearings: Mapping[LegId, Hearing]
    listening: frozenset[LegId]
    lamps: Mapping[KeyId, Lamp]
    registered: bool
    orders: tuple[Order, ...]
    held: bool
    """The journal does not have it yet."""


class Runtime:
    """Runs the core between its adapters. `attach` them once, then give it events."""

    def __init__(self, rules: Rules, loop: asyncio.AbstractEventLoop, recorder: Recorder) -> None:
        self.rules = rules
        self.state = State()
        self._loop = loop
        self._recorder = recorder
        self._timer: asyncio.TimerHandle | None = None
        self._followers: list[Follower] = []
        self._outputs: deque[_Output] = deque()
        self._shown: tuple[object, object, object] = (None, frozenset(), None)
        self._sip: Sip
        self._pa: Pa
        self._panel: Panel
        self._journal: Journal

    def attach(self, sip: Sip, pa: Pa, panel: Panel, journal: Journal) -> None:
        """Say who carries out the orders, and who keeps the legs."""
        self._sip, self._pa, self._panel, self._journal = sip, pa, panel, journal

    def recover(self, legs: tuple[Leg, ...]) -> None:
        """Begin with what an earlier process has left (S-2); before anything else happens."""
        if legs:
            self.submit(Recovered(legs))

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
        now = self.now()
        try:
            state, orders = engine.step(self.state, event, now, self.rules)
        except Exception as error:
            self._recorder.failed(now, event, self.state, self.rules, error)
            raise
        self._go_on(now, event, state, orders)
        return orders

    def change_rules(self, rules: Rules) -> None:
        """Let other settings hold from now on; who waits on a place that they have no more is kept there."""
        self.rules = removed.kept(rules, self.rules, self.state)
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
        now = self.now()
        try:
            state, orders = engine.advance(self.state, now, self.rules)
        except Exception as error:
            self._recorder.failed(now, None, self.state, self.rules, error)
            raise
        self._go_on(now, None, state, orders)

    def _go_on(self, now: Seconds, event: Event | None, state: State, orders: tuple[Order, ...]) -> None:
        before, self.state = self.state, state
        self._recorder.stepped(now, event, before, state, orders, self.rules)
        output = _Output(
            views.hearings(state, self.rules),
            views.listening(state, self.rules),
            views.lamps(state, self.rules),
            views.reachable(state.registrations, self.rules),
            orders,
            held=False,
        )
        self._outputs.append(output)
        self._keep(journal.difference(before, state), output)
        self._let_out()
        self._arm()

    def _keep(self, difference: journal.Difference, output: _Output) -> None:
        """Write down what changed; what promises something waits until that is on the disk."""
        if difference.promised:
            output.held = True
            self._journal.write(difference.changed, difference.gone, partial(self._landed, output))
        elif difference.changed or difference.gone:
            self._journal.write(difference.changed, difference.gone)

    def _landed(self, output: _Output) -> None:
        output.held = False
        self._let_out()

    def _let_out(self) -> None:
        while self._outputs and not self._outputs[0].held:
            output = self._outputs.popleft()
            self._mirror(output)
            for order in output.orders:
                log.debug("order %r", order)
                self._obey(order)

    def _arm(self) -> None:
        """Set the one timer; asyncio may fire it a clock tick early, `_tick` then finds nothing due and arms it again."""
        if self._timer is not None:
            self._timer.cancel()
        due = engine.next_deadline(self.state, self.rules)
        self._timer = None if due is None else self._loop.call_at(due, self._tick)

    def _mirror(self, output: _Output) -> None:
        heard_before, listened_before, shown_before = self._shown
        self._shown = (output.hearings, output.listening, output.lamps)
        if output.hearings != heard_before:
            self._sip.route(output.hearings)
        if output.listening != listened_before:
            self._sip.listen(output.listening)
        if output.lamps != shown_before:
            self._panel.show(output.lamps)
        self._panel.show_status(registered=output.registered)

    def _obey(self, order: Order) -> None:
        match order:
            case Answer() | Refuse() | Dial() | Hangup() | Release() | TakeOver() | Withdraw() | Transfer():
                self._sip.obey(order)
            case Show() | Message():
                self._sip.obey(order)
            case Announce() | StopPage():
                self._pa.obey(order)
            case Report():
                self._tell(order)
            case _:
                assert_never(order)

    def _tell(self, report: Report) -> None:
        fields = {"PARKDECK_EVENT": report.what.value, "PARKDECK_PLACE": report.place, "PARKDECK_LEG": report.leg}
        log.info("%s", describe(report), extra=fields)
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
