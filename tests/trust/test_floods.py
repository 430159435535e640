"""Floods: strangers as fast as the line allows, and a PBX gone mad. Who waits notices nothing (S-10, S-12)."""

import itertools
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.bench.process import cpu_seconds
from tests.e2e.company import happened, wait_lamp
from tests.lab.process import until
from tests.trust.recorded import Blanks, write

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10", "S-12")]

PACKETS = 10_000
"""Of each kind, at the least."""
KINDS = ("INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE", "garbage")
RING = 6
SOON = 5.0
"""Seconds that what is due may come late on a machine that is busy with a flood."""
MAD, MAD_SECONDS = 50, 10
"""INVITEs a second, and for how long (S-12)."""


def configure(config):
    config["park"] |= {"recall_mode": "parker-then-alternate", "alternate": "104", "recall_ring": RING}
    config["sip"]["account"][0]["retrieve"] = "anchor"
    config["zone"][0]["chime"] = "off"


class Flood:
    """Strangers who send as fast as they can, until they are stopped and have sent enough."""

    def __init__(self, shop):
        self.shop = shop
        self.sent = 0
        self._enough = threading.Event()
        blanks = Blanks(shop.box.server, str(shop.stranger), "flood", "stranger", "<sip:*68702@127.0.0.1>")
        self._texts = [write(kind, blanks) for kind in KINDS if kind != "garbage"] + [bytes(range(256)) * 4]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._enough.set()
        self._thread.join()

    def _run(self):
        for number in itertools.count():
            if self._enough.is_set() and self.sent >= PACKETS * len(KINDS):
                return
            text = self._texts[number % len(self._texts)].replace(b"flood", b"flood%d" % number)
            self.shop.stranger.send(text.replace(b"135d0310", b"%x" % number), self.shop.address)
            self.sent += 1


def dropped(port):
    """Return how many datagrams the kernel has dropped at a port because nobody fetched them in time."""
    rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return sum(int(row[-1]) for row in rows if int(row[1].rpartition(":")[2], 16) == port)


def test_strangers_are_not_heard_and_nobody_waits_longer(shop):
    """S-10: no answer and no line in the log for a stranger's packet; meanwhile a call is parked, shown, and retrieved."""
    box = shop.box
    guest = shop.caller("*68701")
    taker = shop.caller("*88701", caller="103", parker="103")
    port, used, began = shop.address[1], cpu_seconds(box.pid), time.monotonic()
    lost = dropped(port)
    with Flood(shop) as flood:
        guest.park()
        wait_lamp(box, "counter", "1", "slow")
        guest.wait_music()
        assert taker.call("fresh INVITE").code == 200
        box.wait_for("retrieved", place="701")
        wait_lamp(box, "counter", "1", "off")
    shop.alive()
    heard = flood.sent - (dropped(port) - lost)
    spent = cpu_seconds(box.pid) - used
    print(
        f"\n{flood.sent} packets of strangers in {time.monotonic() - began:.1f} s, {heard} reached the stack, "
        f"{1e6 * spent / max(heard, 1):.0f} us of CPU for each"
    )
    assert shop.stranger.came == []
    assert [line for line in box.log.read_text().splitlines() if not line.startswith("<")] == []  # the library's lines
    assert {event.what for event in box.events} == {"parked", "retrieved"}


def test_a_pbx_gone_mad_is_refused_and_no_timer_is_missed(shop):
    """S-12: all places taken, 50 INVITEs a second for 10 s: each gets an answer, lamps live, and who is due is rung.

    A fourth caller is rung back to his parker before the flood; in the middle of it the parker has not answered in
    time, and the alternate is due.
    """
    box = shop.box
    guests = [shop.caller(f"*68{place}").park() for place in ("701", "702", "703")]
    guests.append(shop.caller("*68701").park())
    parker = shop.pbx.wait_request("INVITE")
    mad = [shop.caller("*68702", shop.friend) for _ in range(MAD * MAD_SECONDS)]
    begin = time.monotonic()
    for number, caller in enumerate(mad):
        until(lambda due=begin + number / MAD: time.monotonic() >= due, "its turn")
        caller.say("fresh INVITE")
        shop.acknowledge(shop.friend)
    alternate = shop.pbx.wait_request("INVITE")
    late = alternate.at - parker.at - RING
    codes = [shop.friend.wait(caller.is_final, "a final answer").code for caller in mad]
    print(f"\n{len(mad)} calls: {sorted(Counter(codes).items())}; who was due was rung {late:+.2f} s late")
    assert (parker.target, alternate.target) == ("101", "104")
    assert -1.0 < late < SOON
    assert set(codes) == {200, 486}
    wait_lamp(box, "counter", "1", "slow")
    for guest in guests:
        guest.wait_music()
        guest.hang_up()
    shop.wait_legs()
    wait_lamp(box, "counter", "1", "off")
    assert len(happened(box, "parked")) == len(guests) - 1
