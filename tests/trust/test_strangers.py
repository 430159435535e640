"""A stranger who knows everything: the Call-ID and both tags of a live dialog, every number, every method (S-10).

He speaks from an address that is not the PBX's. Out of scope is who can send UDP with the PBX's own address as the source:
against that stand the switch and the firewall (or TLS), not we.
"""

import pytest

from tests.e2e.company import happened, wait_silent
from tests.trust.recorded import TEXTS

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10")]

NUMBERS = ("*68102", "*68", "*58", "*581", "#581", "*88703", "*88", "703", "102", "800", "*80", "*81", "4711", "")
"""One of each kind: park, park in a group, retrieve, a place, our own, nobody's."""


@pytest.fixture
def guest(shop):
    """Return a caller who waits on 703."""
    return shop.caller("*68703").park()


def untouched(shop, guest, what):
    """See that nobody has noticed anything: no answer, no event, no page, every relay open, his call goes on."""
    shop.alive()
    status = shop.box.status()
    assert shop.stranger.came == [], what
    assert shop.box.events == [], what
    assert (status["legs"], status["pages"], guest.over) == (1, [], False), what
    assert [relay["closed"] for relay in status["relays"]] == [False], what


def test_nothing_that_a_stranger_says_is_heard(shop, guest):
    """S-10: he cannot park, page, retrieve, ask, take over, move, hold or hang up, and learns nothing."""
    wait_silent(shop.box)
    shop.box.events.clear()
    for number in NUMBERS:
        for kind in ("INVITE", "fresh INVITE", "late offer"):
            shop.caller(number, shop.stranger).say(kind)
        untouched(shop, guest, f"a call to {number}")
    for kind in TEXTS:  # with the right Call-ID, tags and CSeq; responses pass the door, but belong to no transaction
        for cseq in (guest.cseq, guest.cseq + 1, guest.cseq + 100):
            text = guest.text(kind, cseq=cseq, pbx=str(shop.stranger), replaces=guest.replaces)
            shop.stranger.send(text, shop.address)
        untouched(shop, guest, f"{kind} in the dialog")
    thief = shop.caller("800", shop.stranger)
    for replaces in (guest.replaces, f"{guest.replaces};early-only"):
        thief.say("REPLACES", replaces=replaces)
        untouched(shop, guest, f"Replaces: {replaces}")
    guest.wait_music()


def test_what_the_pbx_asks_in_a_dialog_is_answered(guest):
    """S-10, S-6: never silence to the PBX, and no REFER moves a caller."""
    assert guest.ask("REFER") == 603
    assert guest.ask("REFER with Replaces") == 603
    assert guest.ask("OPTIONS") == 200
    assert guest.ask("UPDATE") == 200
    assert guest.ask("re-INVITE") == 200
    assert guest.ask("INFO") == 200
    assert guest.ask("MESSAGE") == 200
    assert guest.ask("SUBSCRIBE") in range(400, 600)
    assert guest.ask("NOTIFY talk") in range(400, 600)
    assert guest.ask("NOTIFY") in range(400, 600)
    assert guest.ask("REGISTER") in (405, 501)
    assert guest.ask("PRACK") in range(400, 600)
    assert not guest.over
    guest.wait_music()


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("OPTIONS", {200}),
        ("BYE", {481}),
        ("CANCEL", {481}),
        ("UPDATE", {481}),
        ("PRACK", {481}),
        ("INFO", {481}),
        ("NOTIFY", {481}),
        ("REFER", {405}),
        ("REGISTER", {405}),
        ("SUBSCRIBE", {405, 489}),
        ("MESSAGE", {200, 405}),
    ],
)
def test_what_the_pbx_asks_outside_a_dialog_is_answered(shop, kind, codes):
    """S-10: RFC 3261 section 8.2.1: never silence."""
    caller = shop.caller("800")
    assert caller.ask(kind, to="<sip:800@127.0.0.1>") in codes
    assert shop.box.status()["legs"] == 0


def test_an_unknown_method_is_501(shop):
    """S-10: RFC 3261 section 8.2.1."""
    caller = shop.caller("800")
    shop.pbx.send(caller.text("OPTIONS").replace(b"OPTIONS", b"DANCE"), shop.address)
    assert shop.pbx.wait(lambda one: one["Call-ID"] == caller.call_id, "an answer").code == 501


def test_an_invite_with_replaces_for_nobody_is_481(shop, guest):
    """S-10: RFC 3891 section 3."""
    caller = shop.caller("800", replaces=guest.replaces.replace("from-tag=", "from-tag=x"))
    assert caller.call("REPLACES").code == 481
    assert not happened(shop.box, "retrieved")
    assert not guest.over
