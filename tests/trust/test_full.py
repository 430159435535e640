"""All legs used: who comes then gets a code, who is there keeps his call, and we can still call (S-12).

486 and not 503: the PBX shall take this call elsewhere, not believe for minutes that we are out of order (RFC 3261 section
21.5.4), and a person who dials hears what he knows: busy.
"""

import pytest

from tests.e2e.company import wait_lamp
from tests.lab.process import until

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-12")]

CALLS = 8
PLACES = [str(number) for number in range(7101, 7101 + CALLS)]


def configure(config):
    first = config["sip"]["rtp_ports"][0]
    config["sip"]["rtp_ports"] = [first, first + 4 * CALLS - 1]
    config["orbit"] = [{"numbers": PLACES}]
    config["group"] = []
    for panel in config["panel"]:
        panel["keys"] = {"1": {"place": PLACES[0]}}


def test_who_comes_when_all_legs_are_used_is_told_busy(shop):
    """S-12: the limit is told with a code; earlier calls are untouched, a key still rings its phone, then there is room."""
    guests = []
    for place in PLACES:
        caller = shop.caller(f"*68{place}")
        code = caller.call().code
        if code != 200:
            break
        guests.append(caller)
    assert code == 486
    assert len(guests) in range(CALLS // 2, CALLS)
    assert shop.box.status()["legs"] == len(guests)
    for _ in range(3):
        assert shop.caller(f"*68{PLACES[-1]}").call().code == 486
    for guest in guests:
        guest.wait_music()
    wait_lamp(shop.box, "counter", "1", "slow")
    until(lambda: shop.box.place(PLACES[0])["since"] >= 0.5, "somebody has seen the lamp")
    shop.box.press("counter", "1")
    shop.pbx.wait_request("INVITE")
    guests.pop(0).hang_up()
    shop.pbx.wait_request("CANCEL")
    shop.wait_legs(len(guests))
    late = shop.caller(f"*68{PLACES[0]}")
    until(lambda: late.again().call().code == 200, "there is room again")
    guests.append(late)
    for guest in guests:
        guest.wait_music()
    assert shop.faults() == []
