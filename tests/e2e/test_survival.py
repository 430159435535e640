"""The box dies, and nobody notices for long: kills and restarts with real calls at a real PBX (S-1 to S-4)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.company import (
    consult,
    happened,
    park,
    two_way,
    wait_lamp,
    wait_music,
    wait_told,
    with_chord,
)
from tests.lab.people import pick_up

pytestmark = pytest.mark.e2e


def anchored(config):
    with_chord(config)
    config["sip"]["account"][0]["retrieve"] = "anchor"


def kill(box):
    """Kill the box; return when."""
    at = time.monotonic()
    box.kill()
    box.events.clear()
    return at


@pytest.mark.rule("S-1", "S-2")
def test_a_parked_caller_has_music_again_after_a_crash_and_can_be_taken(start_box, phones):
    box = start_box(with_chord)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    wait_music(there)
    before = box.place("102")
    kill(box)
    box.start()
    wait_music(there)
    after = box.wait_place("102", "parked")
    assert (after["caller"], after["parker"]) == (before["caller"], before["parker"])
    assert after["since"] > before["since"]

    taking = phones["103"].dial("*88102").wait_answered()
    box.wait_for("retrieved", place="102")
    two_way(there, taking)


@pytest.mark.rule("S-2")
def test_the_lamp_says_that_a_call_is_coming_back_and_the_timer_goes_on(start_box, phones):
    box = start_box(lambda config: (with_chord(config), config["park"].update(recall_after=30)))
    there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    kill(box)
    right = box.file.read_text()
    account = box.config["sip"]["account"][0]
    box.file.write_text(right.replace(account["password"], "wrong"))  # the box cannot register
    box.start(registered=False)
    wait_lamp(box, "office", "5", "double_slow")
    assert box.place("102")["state"] == "coming_back"

    kill(box)
    box.file.write_text(right)
    box.start()
    wait_music(there)
    ringing = phones["101"].incoming(limit=60)
    assert ringing.invite.at - parked.at == pytest.approx(30, abs=4)
    pick_up(ringing)
    two_way(there, ringing)


@pytest.mark.rule("S-2")
def test_two_people_who_talked_through_the_box_are_joined_again(start_box, phones):
    box = start_box(anchored)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    two_way(there, taking)
    kill(box)
    box.start()
    box.wait_status(lambda status: status["legs"] == 2 and not status["health"], "both are back")
    two_way(there, taking)
    there.hang_up()
    taking.wait_ended()


@pytest.mark.rule("S-2")
def test_a_phone_that_was_ringing_rings_anew_and_only_once(start_box, phones):
    box = start_box(lambda config: (with_chord(config), config["park"].update(recall_after=30)))
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    before = phones["101"].incoming(limit=60)
    kill(box)
    box.start()
    before.wait_ended()
    again = pick_up(phones["101"].incoming())
    two_way(there, again)


@pytest.mark.rule("S-2")
def test_an_attended_parker_who_was_hearing_his_confirmation_hears_it_again(start_box, phones):
    box = start_box(with_chord)
    caller, parker = phones.get("customer", "101")
    there = caller.dial(parker.number)
    here = parker.incoming().answer()
    there.wait_for("rtp")
    asking = consult(here, "*68102")
    kill(box)
    box.start()
    wait_told(asking, box, "Geparkt auf 1 0 2.")
    here.attended_transfer(asking)
    box.wait_for("parked", place="102")
    wait_music(there)


@pytest.mark.rule("S-2")
def test_who_dials_for_a_call_that_is_coming_back_gets_it_then(start_box, phones):
    box = start_box(with_chord)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    kill(box)
    box.start()
    taking = phones["103"].dial("*88102").wait_answered()
    two_way(there, taking)


@pytest.mark.rule("S-3")
def test_a_caller_who_hung_up_meanwhile_is_lost_and_his_parker_is_called(start_box, phones):
    box = start_box(with_chord)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    kill(box)
    there.hang_up()
    box.start()
    box.wait_place("102", "free", limit=60)  # 33 s if the ACK was not on the disk yet: his INVITE might be repeated
    assert "lost place=102" in box.log.read_text(), "told perhaps before anybody could follow its events"
    telling = phones["101"].incoming()
    assert "Abgerissen" in telling.shown.name
    assert telling.shown.number == there.phone.line.number
    telling.answer()
    wait_told(telling, box, "Der geparkte Anruf von Müller ist abgerissen. Bitte zurückrufen.")
    telling.wait_ended()


@pytest.mark.rule("S-4")
def test_a_restart_hangs_nobody_up(start_box, phones):
    box = start_box(with_chord)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    assert box.stop() == 0
    assert not there.over
    box.start()
    wait_music(there)
    assert not happened(box, "lost")


@pytest.mark.rule("S-4")
def test_drain_hands_everybody_over_and_parks_nobody_any_more(start_box, phones):
    box = start_box(with_chord)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    with ThreadPoolExecutor(1) as thread:
        draining = thread.submit(box.cli, "drain")
        ringing = pick_up(phones["101"].incoming())
        two_way(there, ringing)
        assert draining.result().returncode == 0, draining.result()
    assert box.status()["draining"]
    refused = phones["103"].dial("*68101").wait_answered()
    refused.wait_ended()
    assert not happened(box, "parked", since=ringing.invite.at)
    assert box.stop() == 0
    two_way(there, ringing)
    box.start()
