"""Blind park: Peter transfers a caller to a place and is out of it; the caller hears music from then on."""

import statistics

import pytest

from tests.e2e.company import (
    CUSTOMER,
    MUSIC,
    ORBIT,
    PERSON,
    connect,
    happened,
    milliseconds,
    park,
    wait_music,
    wait_said,
    with_chord,
)
from tests.lab import hearing

pytestmark = pytest.mark.e2e
configure = with_chord

GAP = 0.3
"""Seconds that a machine under load may tear out of the music; healthy ones have none."""
SOON = 3.0
"""Seconds in which what is due at once has happened even on a machine under load."""


@pytest.mark.rule("P-2", "P-4", "P-32", "B-5")
def test_a_blind_transfer_parks_the_caller_and_tells_everybody(box, phones, loudspeaker):
    customer, peter = phones.get("customer", "101")
    there, here = connect(customer, peter)
    at = here.blind_transfer("*68102")
    parked = box.wait_for("parked", place="102")
    assert (parked["caller"], parked["by"]["number"]) == ({"number": CUSTOMER.number, "name": CUSTOMER.name}, "101")
    place = box.place("102")
    assert (place["state"], place["caller"], place["parker"]["number"]) == ("parked", parked["caller"], "101")
    assert {(panel, key): box.lamp(panel, key) for panel in ("counter", "office") for key in "56"} == {
        ("counter", "5"): "slow",
        ("office", "5"): "slow",
        ("counter", "6"): "off",
        ("office", "6"): "off",
    }
    assert here.wait_for("transfer", final=True)["code"] == 200
    here.wait_ended()
    wait_music(there)
    wait_said(loudspeaker, box, PERSON.format(name="Anna, Filialleitung", place="1 0 2"), at)
    assert len(happened(box, "parked")) == 1
    print(f"\nparked {1000 * (parked.at - at):.0f} ms after the REFER")
    assert parked.at - at < SOON


@pytest.mark.rule("B-5")
def test_the_lamp_beside_the_owners_phone_is_steady(box, phones):
    park(box, *phones.get("customer", "102"), "*68101", "101")
    assert [box.lamp(panel, "4") for panel in ("counter", "office")] == ["steady", "slow"]


@pytest.mark.rule("P-14")
def test_a_transfer_to_an_orbit_parks_there(box, phones, loudspeaker):
    there, parked = park(box, *phones.get("customer", "101"), "701", "701")
    wait_music(there)
    wait_said(loudspeaker, box, ORBIT.format(place="7 0 1"), parked.at)


@pytest.mark.rule("P-10")
def test_the_music_lasts_while_the_caller_waits(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    began = wait_music(there).start
    heard = there.wait_heard(lambda sound: sound.end > began + 4, "four seconds of music")
    waiting = heard.between(began, began + 4)
    assert all(hearing.longest_gap(waiting, tone) <= GAP for tone in MUSIC)
    assert hearing.share_of_tones(waiting, MUSIC) > 0.9


@pytest.mark.rule("P-10")
def test_the_caller_behind_the_pbx_hears_music_at_once(box, phones):
    gaps = []
    for _ in range(3):
        there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
        heard = wait_music(there)
        began = hearing.first_tone(there.heard().between(parked.at, heard.end), MUSIC[1], window=0.02)
        assert began is not None
        gaps.append(began - parked.at)
        there.hang_up()
        box.wait_for("abandoned", after=parked.at)
    print(f"\nmusic at the caller's ear after parking, through the PBX: {milliseconds(gaps)}")
    assert statistics.median(gaps) < SOON
