"""The demo stays up: keys of the keyboard press the keys of the panel at the counter, customers call as often as one likes."""

import contextlib
import os
import re
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator

from appliance.errors import ParkdeckError
from tests.lab import demo_lamps
from tests.lab.box import Event
from tests.lab.demo_ears import aloud
from tests.lab.demo_screen import Screen
from tests.lab.demo_shop import KEYS, SPOKEN, Shop
from tests.lab.phone import Call
from tests.lab.process import LabError

PARKER = "101"
CUSTOMERS = ("customer", "customer2", "customer3")
TALK = 6.0
"""Seconds that two talk who found each other; then the customer hangs up."""
PATIENCE = 3.0
"""Seconds that Peter lets his phone ring when a call comes back."""

_ANNOUNCE = re.compile(r"order Announce\(.*text='(.*)'\)")
_SAID: dict[str, str] = {
    "parked": "{caller} is parked on {place}",
    "fetching": "the box calls phone {by} for {caller} on {place}",
    "retrieved": "{by} has taken {caller} from {place}",
    "ringing_back": "nobody came: {caller} rings back at {by}",
    "recalled": "{by} has {caller} back",
    "handed_over": "{caller} was handed over to {by}",
    "released": "the PBX has joined them, the box is out of the call",
    "abandoned": "{caller} has hung up",
    "cancelled": "cancelled, {caller} stays on {place}",
    "armed": "armed: the next call that {by} transfers to the box goes to {place}",
    "disarmed": "disarmed",
    "lobby": "{caller} waits in the lobby: press a dark key",
    "refused": "refused: {detail}",
}


class Live:
    """What happens between two keys."""

    def __init__(self, shop: Shop, screen: Screen) -> None:
        self._shop = shop
        self._screen = screen
        self._began = time.monotonic()
        self._told = len(shop.box.events)
        self._calls: dict[str, Call] = {}
        self._goodbye: list[tuple[float, str]] = []
        self._log = shop.box.log.open(encoding="utf-8", errors="replace")
        self._log.seek(0, os.SEEK_END)
        shop.phone(PARKER).behave(answer_after=PATIENCE)

    def run(self) -> None:
        """Obey the keyboard until `q`, or until it is closed."""
        self.help()
        if sys.stdin.isatty():
            termios.tcflush(sys.stdin, termios.TCIFLUSH)  # what was typed during the story
        orders: dict[str, Callable[[], None]] = {"c": self.customer, "s": self.status, "?": self.help}
        orders |= {key: self._presser(key) for key in KEYS}
        with self._screen.live(lambda: demo_lamps.counter(self._shop)):
            while (key := _key(0.1)) != "q":
                if key in orders:
                    self._try(orders[key])
                self._news()
                self._part()

    def help(self) -> None:
        """Tell which key does what."""
        line, keys = self._screen.line, [f"{key} {SPOKEN.get(place, place)}" for key, place in KEYS.items()]
        line()
        line(("title", " Your turn"), ("dim", "   at the counter, beside Peter's phone"))
        self._screen.rule()
        line(
            "   ",
            ("where", "1-9"),
            "  press a key of the panel: a lit one fetches the call, a dark one parks Peter's next",
        )
        line("         ", ("where", "   ".join(keys)))
        line("   ", ("where", "c"), "    a customer calls Peter, who parks him on the next free place")
        line("   ", ("where", "s"), "    status      ", ("where", "?"), "  this      ", ("where", "q"), "  quit")
        line()

    def customer(self) -> None:
        """Let a customer call Peter, who parks him: where a key is armed there, else on the next free place."""
        account = next((one for one in CUSTOMERS if one not in self._calls or self._calls[one].over), None)
        target = self._target()
        if account is None or target is None:
            self._say("bad", "nobody else wants to call" if account is None else "every place is taken")
            return
        customer, peter = self._shop.phone(account), self._shop.phone(PARKER)
        since = time.monotonic()
        call = self._calls[account] = customer.dial(PARKER)
        ringing = Call(peter, peter.wait_for("invite", after=since, number=customer.number).call).answer()
        call.wait_answered()
        self._say("", f"{customer.line.name} calls Peter, and Peter transfers him to {target}")
        ringing.blind_transfer(target)
        ringing.wait_ended()

    def status(self) -> None:
        """Tell what `parkdeck status` tells."""
        for line in self._shop.box.cli("status").stdout.splitlines():
            self._screen.line("      ", ("dim", line))

    def _presser(self, key: str) -> Callable[[], None]:
        def press() -> None:
            self._say("where", f"key {key}, {KEYS[key]}")
            self._shop.box.press("counter", key)

        return press

    def _target(self) -> str | None:
        lamps = {key: lamp for key, (lamp, _) in self._shop.watch.lamps("counter").items()}
        if "flicker" in lamps.values():
            return "800"
        place = next((place for key, place in KEYS.items() if lamps[key] == "off"), None)
        return f"*68{place}" if place in SPOKEN else place

    def _try(self, order: Callable[[], None]) -> None:
        try:
            order()
        except (LabError, ParkdeckError) as error:
            self._say("bad", str(error).splitlines()[0])

    def _news(self) -> None:
        """Tell what has happened at the box since."""
        events = self._shop.box.events
        for event in events[self._told :]:
            self._say("", _sentence(event))
            if event.what in ("retrieved", "recalled", "handed_over") and event["caller"] is not None:
                self._goodbye.append((time.monotonic() + TALK, event["caller"]["number"]))
        self._told = len(events)
        for line in self._log:
            if (order := _ANNOUNCE.search(line)) is not None:
                self._say("voice", f"the loudspeaker: „{aloud(order[1])}“")

    def _part(self) -> None:
        """Let customers hang up who have talked long enough."""
        now = time.monotonic()
        due = [number for at, number in self._goodbye if at <= now]
        self._goodbye = [(at, number) for at, number in self._goodbye if at > now]
        for call in self._calls.values():
            if call.phone.number in due and not call.over:
                call.hang_up()
                self._say("dim", f"{call.phone.line.name} thanks and hangs up")

    def _say(self, style: str, text: str) -> None:
        self._screen.line(("dim", f"{time.monotonic() - self._began:8.1f} s  "), (style, text))


def _sentence(event: Event) -> str:
    who = {role: _name(event[role]) for role in ("caller", "by")}
    return _SAID.get(event.what, event.what).format(place=event["place"] or "the lobby", detail=event["detail"], **who)


def _name(party: dict[str, str] | None) -> str:
    if party is None:
        return "nobody"
    return SPOKEN.get(party["number"], party["name"] or party["number"])


@contextlib.contextmanager
def keyboard() -> Iterator[None]:
    """Have every key at once and unseen, not at the end of a line, where there is a keyboard."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)


def _key(wait: float) -> str:
    """Return the next key, nothing when none was pressed, `q` when the keyboard is closed."""
    ready, _, _ = select.select([sys.stdin], [], [], wait)
    if not ready:
        return ""
    return os.read(sys.stdin.fileno(), 1).decode(errors="replace").lower() or "q"
