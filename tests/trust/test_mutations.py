"""Messages of real calls, made wrong by the thousand: the box neither crashes nor leaks, and keeps whom it has (S-10).

PARKDECK_MUTATIONS says how many (2000), PARKDECK_SEED which (1). Two callers wait all the while. Strangers know
everything about the dialog of the first and can do nothing to him; the PBX itself talks nonsense in that of the second.
The box is bound to 127.0.0.1: whatever address a mutant names, the kernel lets no packet leave the machine.
"""

import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.trust.mutations import mutate
from tests.trust.recorded import TEXTS
from tests.trust.shop import resident

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10"), pytest.mark.timeout(0)]

FEW = 2_000
MUTATIONS = int(os.environ.get("PARKDECK_MUTATIONS", FEW))
SEED = int(os.environ.get("PARKDECK_SEED", "1"))
BATCH = 100
WARM = 5
SETTLED = 40.0
"""Batches, and seconds, after which the library has the pools that it will keep: transactions live for 32 s."""
MOST_GROWTH = 60.0
"""MB that the process may grow after that."""
LISTEN = 4
"""Batches from one listening to the next."""
STAY = 50
"""Batches that the first caller waits: nobody waits for ever, and nobody shall be recalled meanwhile."""
MOST_LEFT = 12
"""Legs whose answer went where a wrong Via says: each ends after 32 s, for which only the long form waits."""
_FAULT = re.compile(r"^<[0-3]>(.*)", re.MULTILINE)


def configure(config):
    config["park"]["recall_after"] = 600


@pytest.fixture
def shop(_shop):
    """The shop; a leg may be left when the test is over."""
    return _shop


class Nonsense:
    """Makes mutants of everything that a PBX says, and sends them."""

    def __init__(self, shop, seed):
        self.shop = shop
        self.chance = random.Random(seed)  # noqa: S311 - the same again, no secret
        self.batches = 0
        self.guest = shop.caller("*68703").park()
        self.victim = shop.caller("*68702").park()

    def batch(self):
        """Send a batch; a fifth of it by a stranger."""
        for number in range(BATCH):
            if self.chance.random() < 0.2:
                self._send(self.shop.stranger, self.guest)
            else:
                self._send(self.shop.friend, self.victim)
            if number % 20 == 19:
                self.shop.alive(self.shop.friend)

    def _send(self, wire, dialog):
        kind = self.chance.choice(list(TEXTS))
        if self.chance.random() < 0.6:
            dialog.cseq += 1
            text = dialog.text(kind, pbx=str(wire), branch=self._token())
        else:
            text = self._apart(kind, wire)
        wire.send(mutate(self.chance, text), self.shop.address)

    def _apart(self, kind, wire):
        number = self.chance.choice(("*68102", "*58", "800", "701", "*88102", "4711"))
        more = {"to": f"<sip:{number}@127.0.0.1>", "number": number, "call_id": self._token(), "tag": self._token()}
        return self.victim.text(kind, pbx=str(wire), branch=self._token(), **more, replaces=self.victim.replaces)

    def _token(self):
        return f"{self.chance.randrange(1 << 64):x}"

    def after(self):
        """See that all is well, clear up, have the second caller parked again if one of them has ended his call."""
        shop = self.shop
        assert shop.stranger.came == []
        shop.dismiss_now(shop.friend)
        shop.alive()
        assert shop.box.place("703")["state"] == "parked"
        if self.victim.over or shop.box.place("702")["state"] == "free":
            self.victim = shop.replace(self.victim, "*68702")
        self.batches += 1
        if self.batches % LISTEN == 0:
            self.guest.wait_music()

    def renew(self):
        """Let the first caller go and another one come."""
        self.guest.hang_up()
        self.guest = self.shop.replace(self.guest, "*68703")


def faults(shop) -> Iterator[str]:
    """Return what the box logs as an error, without what differs from one to the next."""
    return (re.sub(r"\d+", "N", line) for line in _FAULT.findall(shop.box.log.read_text(errors="replace")))


def test_wrong_messages_neither_crash_it_nor_leak(shop):
    """S-10: after each batch the stack answers, legs and memory are bounded, the caller hears his music."""
    nonsense = Nonsense(shop, SEED)
    warm, settled, began = 0.0, False, time.monotonic()
    for batch in range(max(MUTATIONS // BATCH, WARM + 1)):
        nonsense.batch()
        nonsense.after()
        if batch == WARM or (not settled and time.monotonic() > began + SETTLED):
            warm, settled = resident(shop.box.pid), batch > WARM
        if batch % STAY == STAY - 1:
            nonsense.renew()
    nonsense.guest.hang_up()
    nonsense.victim.hang_up()
    shop.dismiss_now(shop.friend)
    if MUTATIONS > FEW:
        shop.wait_legs()
    assert shop.box.status()["legs"] <= MOST_LEFT
    grown = resident(shop.box.pid) - warm
    print(f"\n{MUTATIONS} mutants, seed {SEED}: {warm:.0f} MB, {grown:+.1f} MB; faults: {dict(Counter(faults(shop)))}")
    assert grown < MOST_GROWTH
    assert not list(faults(shop))
    assert shop.faults() == []
