"""Keys and lamps: a press does the obvious thing, and shows it (B-1 to B-7, P-18)."""

import time

import pytest

from tests.e2e.company import (
    CUSTOMER,
    connect,
    consult,
    happened,
    park,
    press,
    two_way,
    wait_lamp,
    wait_music,
    wait_said,
    wait_silent,
    wait_told,
    with_chord,
)
from tests.lab.process import until

pytestmark = pytest.mark.e2e

SHORT = "Jens, bitte."
TOGETHER = 0.15
"""Seconds in which all lamps go out (B-5)."""


def configure(config):
    with_chord(config)
    config["zone"][0].update(tail=0.2, chime="ding")
    config["extension"][2]["announcement"] = SHORT
    config["panel"].append({"name": "wall", "keys": {"1": {"place": "102"}}})


@pytest.mark.rule("B-3", "P-18", "P-16")
def test_a_lit_key_calls_the_phone_beside_it_and_connects_when_it_answers(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    jens = phones["103"]
    jens.behave(obey_auto_answer=False)
    at = press(box, "office", "5", "102")
    ringing = jens.incoming()
    assert ringing.shown == CUSTOMER
    assert "answer-after=0" in ringing.invite["call_info"]
    assert "alert-autoanswer" in ringing.invite["alert_info"]
    box.wait_for("fetching", place="102")
    assert box.place("102")["state"] == "retrieving"
    wait_music(there)
    ringing.answer()
    retrieved = box.wait_for("retrieved", place="102")
    assert retrieved["by"]["number"] == "103"
    two_way(there, ringing)
    print(f"\nthe phone rings {1000 * (ringing.invite.at - at):.0f} ms after the key went down (held for 100)")


@pytest.mark.rule("B-3")
def test_a_phone_that_may_answers_by_itself(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    press(box, "office", "5", "102")
    two_way(there, phones["103"].incoming().wait_answered())


@pytest.mark.rule("B-3", "P-18")
def test_a_key_pressed_again_cancels_and_the_call_stays_parked(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    jens = phones["103"]
    jens.behave(obey_auto_answer=False)
    press(box, "office", "5", "102")
    ringing = jens.incoming()
    box.press("office", "5")
    assert ringing.wait_ended()["code"] == 487
    box.wait_for("cancelled", place="102")
    assert (box.place("102")["state"], box.lamp("office", "5")) == ("parked", "slow")
    wait_music(there)


@pytest.mark.rule("P-18")
@pytest.mark.parametrize("code", [486, 480])
def test_a_phone_that_does_not_take_the_call_leaves_it_parked(box, phones, code):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    phones["103"].behave(refuse=code)
    press(box, "office", "5", "102")
    box.wait_for("cancelled", place="102")
    assert (box.place("102")["state"], box.lamp("office", "5")) == ("parked", "slow")
    wait_music(there)


@pytest.mark.rule("B-5")
def test_the_lamps_of_all_panels_go_out_together(box, phones):
    took = []
    for _ in range(3):
        there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
        lamps = [("counter", "5"), ("office", "5"), ("wall", "1")]
        assert {box.lamp(*lamp) for lamp in lamps} == {"slow"}
        taking = phones["104"].dial("*88102")
        retrieved = box.wait_for("retrieved", after=parked.at)
        assert {box.lamp(*lamp) for lamp in lamps} == {"off"}
        took.append(time.monotonic() - retrieved.at)
        two_way(there, taking)
        there.hang_up()
        taking.wait_ended()
    print(f"\nall lamps dark after the resolution: {1000 * sorted(took)[1]:.1f} ms (median of 3)")
    assert sorted(took)[1] <= TOGETHER


@pytest.mark.rule("B-2", "B-5")
def test_a_dark_key_is_armed_for_the_next_call_that_its_phone_transfers(box, phones):
    there, here = connect(*phones.get("customer", "103"))
    box.press("office", "2")
    box.wait_for("armed", place="702")
    assert [box.lamp(panel, "2") for panel in ("office", "counter")] == ["flicker", "off"]
    here.blind_transfer("800")
    parked = box.wait_for("parked", place="702")
    assert (parked["caller"]["number"], parked["by"]["number"]) == (CUSTOMER.number, "103")
    assert box.lamp("office", "2") == "slow"
    wait_music(there)


@pytest.mark.rule("B-2", "P-3")
def test_an_armed_key_also_serves_an_attended_transfer(box, phones):
    there, here = connect(*phones.get("customer", "103"))
    box.press("office", "3")
    box.wait_for("armed", place="703")
    asking = consult(here, "800")
    wait_told(asking, box, "Geparkt auf 7 0 3.")
    here.attended_transfer(asking)
    assert box.wait_for("parked", place="703")["caller"]["number"] == CUSTOMER.number
    wait_music(there)


@pytest.mark.rule("B-2")
def test_an_armed_key_pressed_again_is_disarmed(box, phones):
    there, here = connect(*phones.get("customer", "103"))
    box.press("office", "4")
    box.wait_for("armed", place="101")
    box.press("office", "4")
    box.wait_for("disarmed", place="101")
    assert box.lamp("office", "4") == "off"
    here.blind_transfer("800")
    box.wait_for("lobby")
    assert not happened(box, "parked")
    wait_music(there)


@pytest.mark.rule("B-2")
def test_a_place_is_armed_by_command(box, phones):
    there, here = connect(*phones.get("customer", "104"))
    done = box.cli("park", "703", "--station", "104")
    assert (done.returncode, done.stderr) == (0, "")
    here.blind_transfer("800")
    assert box.wait_for("parked", place="703")["by"]["number"] == "104"
    wait_music(there)


@pytest.mark.rule("B-2")
def test_a_key_parks_the_call_that_waits_in_the_lobby(box, phones):
    there, here = connect(*phones.get("customer", "103"))
    here.blind_transfer("800")
    assert box.wait_for("lobby")["caller"]["number"] == CUSTOMER.number
    wait_music(there)
    done = box.cli("press", "office", "1")
    assert (done.returncode, done.stderr) == (0, "")
    parked = box.wait_for("parked", place="701")
    assert (parked["caller"]["number"], parked["by"]["number"]) == (CUSTOMER.number, "103")
    wait_music(there)


@pytest.mark.rule("B-7", "B-5")
def test_a_press_that_cannot_be_served_double_blinks_and_says_why(box, phones):
    park(box, *phones.get("customer", "101"), "*68102", "102")
    at = press(box, "wall", "1", "102")
    refused = box.wait_for("refused", after=at)
    assert "station" in refused["detail"]
    assert box.lamp("wall", "1") == "double_blink"
    assert box.lamp("office", "5") == "slow"
    wait_lamp(box, "wall", "1", "slow")


@pytest.mark.rule("B-1", "B-7")
def test_a_press_means_what_the_lamp_showed_before(box, phones):
    there, here = connect(*phones.get("customer", "101"))
    here.blind_transfer("*68102")
    box.wait_for("parked", place="102")
    box.press("office", "5", hold=0.05)
    refused = box.wait_for("refused", place="102")
    assert "taken a moment ago" in refused["detail"]
    assert box.place("102")["state"] == "parked"
    wait_music(there)


@pytest.mark.rule("B-4")
def test_a_long_press_on_a_lit_key_says_the_announcement_again(box, phones, loudspeaker):
    _, parked = park(box, *phones.get("customer", "101"), "*68103", "103")
    wait_said(loudspeaker, box, SHORT, parked.at)
    wait_silent(box)
    at = box.press("counter", "6", hold=1.6)
    assert wait_said(loudspeaker, box, SHORT, at) > at + 1.5
    assert [event.what for event in box.events] == ["parked"]


@pytest.mark.rule("B-4")
def test_a_long_press_on_a_dark_key_does_nothing(box):
    box.press("office", "1", hold=1.6)
    until(lambda: "key='1'), press=<Press.LONG" in box.log.read_text(), "the long press was understood", tail=box.tail)
    box.press("wall", "1")
    box.wait_for("refused", place="102")
    assert [event.what for event in box.events] == ["refused"]
    assert box.lamp("office", "1") == "off"
