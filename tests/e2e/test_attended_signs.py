"""By what a completed transfer is known: whatever a PBX says of it, or nothing at all, it is one park of one caller (P-3).

Asterisk's usual sign, a re-INVITE with P-Asserted-Identity, and INVITE with Replaces are in `test_attended_moments`.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.e2e.company import (
    CUSTOMER,
    connect,
    consult,
    happened,
    two_way,
    wait_music,
    wait_told,
    with_chord,
)
from tests.lab.box import Box, company_config
from tests.lab.pbx import Asterisk
from tests.lab.pbx_config import Company
from tests.lab.people import pick_up
from tests.lab.phones import Phones
from tests.lab.ports import Ports
from tests.lab.process import until
from tests.lab.sip_text import Party
from tests.lab.sipp import Sipp

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-3")]

CONFIRMED = "Geparkt auf 1 0 2."
DISPLAY_TIME = 2
WHO = f'"Müller" <sip:{CUSTOMER.number}@pbx>'
SIGNS = {
    "701": ("reinvite", {"P-Asserted-Identity": WHO}),
    "702": ("reinvite", {"Remote-Party-ID": f"{WHO};party=calling;privacy=off;screen=yes"}),
    "102": ("update", {"P-Asserted-Identity": WHO}),
    "103": ("update", {"Remote-Party-ID": f"{WHO};party=calling;privacy=off;screen=yes"}),
}
"""The place that each is tried on: the SIPp scenario, and the headers of its request."""


def records(box):
    """Return what `parkdeck history` tells."""
    return box.ask(do="history", since=0.0, place="", limit=1000)["records"]


def ordered_announcements(box):
    return [line for line in box.log.read_text().splitlines() if "order Announce(" in line]


def placed(box):
    """Return who is parked where and by whom."""
    return {
        one["number"]: (one["caller"]["number"], one["parker"]["number"])
        for one in box.status()["places"]
        if one["state"] == "parked"
    }


@pytest.fixture
def direct(pbx, tmp_path) -> Iterator[Box]:
    with Ports() as ports:
        config = company_config(pbx, ports, card="sim", direct=True)
        with_chord(config)
        config["park"]["display_time"] = DISPLAY_TIME
        with Box(tmp_path / "box", config) as box:
            yield box


@pytest.mark.parametrize("after", [0.5, 6.0], ids=["while it is said", "after the display time"])
def test_every_sign_of_a_pbx_is_understood(direct, tmp_path, after):
    """P-3: re-INVITE or UPDATE, P-Asserted-Identity or Remote-Party-ID: the same park of the caller, in time or late."""
    parkers: list[Sipp] = []
    with ExitStack() as stack:
        for place, (scenario, headers) in SIGNS.items():
            settings = {"scenario": scenario, "headers": headers, "hold": after, "caller": ("101", "Peter")}
            parker = Sipp(direct.server, f"*68{place}", tmp_path / place, **settings)
            parkers.append(stack.enter_context(parker).wait_answered())
        for place in SIGNS:
            parked = direct.wait_for("parked", place=place)
            assert parked["by"]["number"] == "101"
            assert parked["caller"]["number"] == (CUSTOMER.number if after < DISPLAY_TIME else "101")
        whole = dict.fromkeys(SIGNS, (CUSTOMER.number, "101"))
        until(lambda: placed(direct) == whole, f"{whole} are parked", tail=direct.tail)
        assert [one.wait().successful for one in parkers] == [1] * len(SIGNS)
        direct.wait_idle()
    assert len(happened(direct, "parked")) == len(happened(direct, "abandoned")) == len(SIGNS)
    assert len(ordered_announcements(direct)) == len(SIGNS)
    found = {one["place"]: (one["caller"]["number"], one["parker"]["number"]) for one in records(direct)}
    assert (found, len(records(direct))) == (whole, len(SIGNS))


def test_a_request_that_names_the_parker_again_is_no_sign(direct, tmp_path):
    """P-3: a session refresh is no transfer, and who hangs up before the display time has parked nothing."""
    same = {"P-Asserted-Identity": '"Peter Berger" <sip:101@pbx>'}
    settings = {"headers": same, "hold": 0.5, "caller": ("101", "Peter")}
    with ExitStack() as stack:
        for number, scenario in (("*68701", "reinvite"), ("*68702", "update")):
            again = Sipp(direct.server, number, tmp_path / scenario, scenario=scenario, **settings)
            assert stack.enter_context(again).wait().successful == 1
    direct.wait_idle()
    assert (direct.events, records(direct), ordered_announcements(direct)) == ([], [], [])


@dataclass(frozen=True, slots=True)
class Shop:
    """A box at an Asterisk that tells it of a transfer in its own way, and the phones of that."""

    pbx: Asterisk
    box: Box
    phones: Phones

    def sent(self, pattern: str) -> bool:
        """Say whether the PBX has sent the box something like that, ever."""
        packets = self.pbx.log.read_text(errors="replace").split("<--- ")
        to = re.compile(rf"Transmitting SIP request .* to UDP:{re.escape(self.box.server)} --->")
        return any(to.match(packet) and re.search(pattern, packet, re.MULTILINE) for packet in packets)


@pytest.fixture
def shop(request, tmp_path) -> Iterator[Shop]:
    company = Company(box_settings=request.param)
    with Asterisk(tmp_path / "pbx", company=company) as pbx, Phones(pbx, tmp_path) as phones, Ports() as ports:
        config = company_config(pbx, ports, card="sim")
        with_chord(config)
        config["park"].update(display_time=DISPLAY_TIME, recall_after=RECALL_AFTER)
        with Box(tmp_path / "box", config) as box:
            yield Shop(pbx, box, phones)
            phones.reset()
            box.wait_idle()


RECALL_AFTER = 30
"""Seconds; no timer may be shorter."""
BY_UPDATE = ("connected_line_method = update",)
BY_REMOTE_PARTY_ID = ("send_pai = no", "send_rpid = yes")
NOT_AT_ALL = ("send_connected_line = no",)


def is_parked_once(box, caller):
    assert placed(box) == {"102": (caller, "101")}
    assert len(happened(box, "parked")) == len(ordered_announcements(box)) == box.status()["legs"] == 1
    (record,) = records(box)
    assert (record["place"], record["caller"]["number"], record["parker"]["number"]) == ("102", caller, "101")


@pytest.mark.parametrize(
    ("shop", "sign"),
    [
        pytest.param(BY_UPDATE, rf"^UPDATE (.|\n)*^P-Asserted-Identity: .*{re.escape(CUSTOMER.number)}", id="UPDATE"),
        pytest.param(
            BY_REMOTE_PARTY_ID,
            rf"^INVITE (.|\n)*^Remote-Party-ID: .*{re.escape(CUSTOMER.number)}",
            id="Remote-Party-ID",
        ),
    ],
    indirect=["shop"],
)
def test_an_asterisk_that_tells_in_another_way_is_understood(shop, sign):
    there, here = connect(*shop.phones.get("customer", "101"))
    asking = consult(here, "*68102")
    here.attended_transfer(asking)
    parked = shop.box.wait_for("parked", place="102")
    assert parked["caller"] == {"number": CUSTOMER.number, "name": CUSTOMER.name}
    asking.wait_ended()
    wait_music(there)
    is_parked_once(shop.box, CUSTOMER.number)
    assert shop.sent(sign)


@pytest.mark.rule("P-3", "P-21", "P-26")
@pytest.mark.parametrize("shop", [NOT_AT_ALL], ids=["nothing"], indirect=True)
def test_an_asterisk_that_tells_nothing_has_parked_after_the_display_time(shop):
    """P-3: "or not at all": the leg stays, so it is parked, and all that is known of the caller is his parker.

    P-26: who has parked him is called back and talks to him.
    """
    box = shop.box
    there, here = connect(*shop.phones.get("customer", "101"))
    asking = consult(here, "*68102")
    began = wait_told(asking, box, CONFIRMED)
    here.attended_transfer(asking)
    asking.wait_ended()
    parked = box.wait_for("parked", place="102")
    assert parked.at - began > DISPLAY_TIME
    assert (parked["caller"]["number"], parked["by"]["number"]) == ("101", "101")
    wait_music(there)
    is_parked_once(box, "101")
    assert not shop.sent(re.escape(CUSTOMER.number))
    back = here.phone.incoming(limit=RECALL_AFTER + 15)
    assert back.shown == Party("101", "Rückruf 102 · Peter Berger")
    pick_up(back)
    two_way(there, back)
    until(lambda: [one["ending"] for one in records(box)] == ["recalled"], "one record, complete", tail=box.tail)
