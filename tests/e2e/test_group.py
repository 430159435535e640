"""Park groups: the system finds the place and says which (P-6, P-7)."""

import pytest

from tests.e2e.company import (
    GROUP,
    at_once,
    connect,
    consult,
    happened,
    park,
    rhythm,
    two_way,
    wait_music,
    wait_said,
    wait_told,
    with_chord,
)
from tests.lab.people import pick_up
from tests.lab.sip_text import Party

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-6")]


def configure(config):
    with_chord(config)
    config["group"][0]["places"] = ["101", "102"]
    config["group"][0]["parkers"] = ["103"]


def full(box, phones):
    """Fill both places of the group; return the callers' ends."""
    peter = phones["101"]
    return [
        park(box, caller, peter, "*58", place)[0]
        for caller, place in zip(phones.get("customer", "customer2"), ("101", "102"), strict=True)
    ]


def test_the_parker_is_told_the_place_and_the_loudspeaker_tells_the_group(box, phones, loudspeaker):
    customer, jens = phones.get("customer", "103")
    there, here = connect(customer, jens)
    asking = consult(here, "*58")
    wait_told(asking, box, "Geparkt auf Leitung 1 0 1.")
    assert asking.wait_shown("101") == Party("101", "Geparkt auf 101")
    at = here.attended_transfer(asking)
    parked = box.wait_for("parked", place="101")
    assert (parked["detail"], parked["by"]["number"]) == ("Verkauf", "103")
    wait_music(there)
    wait_said(loudspeaker, box, GROUP.format(group="Verkauf", place="1 0 1"), at)


@pytest.mark.parametrize("code", ["*58", "#58", "*581"])
def test_every_code_of_the_group_parks(box, phones, code):
    _, parked = park(box, *phones.get("customer", "103"), code, "101")
    assert parked["detail"] == "Verkauf"


def test_the_first_free_place_from_the_top_is_taken(box, phones):
    first, _ = full(box, phones)
    first.hang_up()
    box.wait_for("abandoned", place="101")
    again, _ = park(box, phones["customer3"], phones["103"], "*58", "101")
    wait_music(again)


def test_when_all_places_are_taken_the_parker_hears_the_reject_tone(box, phones):
    full(box, phones)
    there, here = connect(*phones.get("customer3", "103"))
    asking = consult(here, "*58")
    asking.wait_ended()
    assert rhythm(asking.heard())[:2] == (pytest.approx(0.24, abs=0.04), pytest.approx(0.24, abs=0.04))
    two_way(there, here.unhold())


def test_when_all_places_are_taken_a_blind_parker_is_rung_back(box, phones):
    full(box, phones)
    there, here = connect(*phones.get("customer3", "103"))
    here.blind_transfer("*58")
    back = phones["103"].incoming()
    assert back.shown.name == "Verkauf belegt · Jansen"
    wait_music(there)
    two_way(there, pick_up(back))


@pytest.mark.rule("P-7")
def test_of_two_parks_on_the_last_place_one_wins(box, phones):
    park(box, *phones.get("customer", "101"), "*58", "101")
    peter, jens = phones.get("101", "103")
    one, two = connect(phones["customer2"], peter), connect(phones["customer3"], jens)
    at_once(lambda: one[1].blind_transfer("*58"), lambda: two[1].blind_transfer("*58"))
    parked = box.wait_for("parked", place="102")
    winner, loser = (one, two) if parked["by"]["number"] == "101" else (two, one)
    back = loser[1].phone.incoming()
    assert back.shown.name.startswith("Verkauf belegt · ")
    two_way(loser[0], pick_up(back))
    wait_music(winner[0])
    assert len(happened(box, "parked")) == 2


def test_who_belongs_to_no_group_cannot_park_in_one(box, phones):
    there, here = connect(*phones.get("customer", "104"))
    asking = consult(here, "*58")
    wait_told(asking, box, "Ihre Nebenstelle gehört zu keiner Parkgruppe.")
    asking.wait_ended()
    two_way(there, here.unhold())
