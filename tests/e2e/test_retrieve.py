"""Taking a parked call by dialling; the PBX joins the two and the box is out of it (P-13 to P-16)."""

import pytest

from tests.e2e.company import (
    CUSTOMER,
    HUBER,
    at_once,
    happened,
    park,
    two_way,
    wait_music,
    wait_silent,
    wait_told,
    wait_voice,
    with_chord,
)
from tests.lab import hearing
from tests.lab.sip_text import Party

pytestmark = pytest.mark.e2e
configure = with_chord


def released(box):
    """Wait until the PBX has joined a pair, and the box has no leg left."""
    event = box.wait_for("released")
    box.wait_idle()
    return event


@pytest.mark.rule("P-13", "P-16")
def test_any_phone_that_dials_the_code_gets_the_call(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    retrieved = box.wait_for("retrieved", place="102")
    assert (retrieved["caller"]["number"], retrieved["by"]["number"]) == (CUSTOMER.number, "103")
    two_way(there, taking)
    released(box)
    assert taking.wait_shown(CUSTOMER.number) == CUSTOMER
    assert there.wait_shown("103") == Party("103", "Jens Kaya")
    two_way(there, taking)
    there.hang_up()
    taking.wait_ended()


@pytest.mark.rule("P-13")
@pytest.mark.parametrize("code", ["*88", "*88#"])
def test_without_digits_it_is_the_call_on_ones_own_extension(box, phones, code):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    park(box, *phones.get("customer2", "101"), "701", "701")
    taking = phones["102"].dial(code).wait_answered()
    box.wait_for("retrieved", place="102")
    two_way(there, taking)
    assert box.place("701")["caller"]["number"] == HUBER.number


@pytest.mark.rule("P-13")
def test_who_has_nobody_waiting_is_asked(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["104"].dial("*88").wait_answered()
    wait_voice(taking)
    taking.dtmf("102")
    box.wait_for("retrieved", place="102")
    two_way(there, taking)


@pytest.mark.rule("P-13")
def test_without_digits_ones_own_parked_call_comes_before_the_groups(box, phones):
    """Peter's own extension is free: he gets the one that he parked, then the one that waits in his group."""
    group, _ = park(box, *phones.get("customer", "103"), "*58", "101")
    box.wait_for("parked", place="101")
    phones["102"].dial("*88101")
    box.wait_for("retrieved", place="101")
    group.hang_up()
    box.wait_idle()
    waiting, _ = park(box, *phones.get("customer2", "102"), "702", "702")
    own, _ = park(box, *phones.get("customer3", "101"), "701", "701")
    one = phones["101"].dial("*88")
    box.wait_for("retrieved", place="701")
    two_way(own, one)
    one.hang_up()
    park(box, *phones.get("customer", "103"), "*58", "101")
    two = phones["102"].dial("*88")
    box.wait_for("retrieved", place="702")
    two_way(waiting, two)
    two.hang_up()
    three = phones["102"].dial("*88")
    assert box.wait_for("retrieved", place="101")["by"]["number"] == "102"
    three.wait_answered()


@pytest.mark.rule("P-14")
def test_an_orbit_that_is_dialled_gives_its_call(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "701", "701")
    two_way(there, phones["103"].dial("701").wait_answered())
    released(box)


@pytest.mark.rule("P-14")
def test_an_empty_orbit_never_parks_who_dials_it_nor_joins_strangers(box, phones):
    one, two = (phone.dial("703").wait_answered() for phone in phones.get("103", "104"))
    for call in (one, two):
        wait_told(call, box, "Auf 7 0 3 ist kein Anruf geparkt.")
        call.wait_ended()
        assert not any(hearing.has_tone(part, 1030.0) or hearing.has_tone(part, 1210.0) for part in seconds(call))
    assert {event.what for event in box.events} == {"refused"}
    assert box.place("703")["state"] == "free"


def seconds(call):
    """Return what was heard, in halves of a second."""
    sound = call.heard()
    count = int(sound.duration / 0.5)
    return [sound.between(sound.start + 0.5 * n, sound.start + 0.5 * (n + 1)) for n in range(count)]


@pytest.mark.rule("P-15", "P-1")
@pytest.mark.parametrize("place", ["701", "702"])
def test_of_two_who_dial_at_once_one_gets_the_call_and_the_other_is_told(box, phones, place):
    there, _ = park(box, *phones.get("customer", "101"), place, place)
    jens, petra = phones.get("103", "104")
    calls = {}
    at_once(*(lambda phone=phone: calls.update({phone.number: phone.dial(f"*88{place}")}) for phone in (jens, petra)))
    retrieved = box.wait_for("retrieved", place=place)
    winner = calls.pop(retrieved["by"]["number"])
    (loser,) = calls.values()
    name = {"103": "Jens", "104": "Petra Lang"}[winner.phone.number]
    wait_told(loser.wait_answered(), box, f"Den Anruf hat schon {name} übernommen.")
    loser.wait_ended()
    two_way(there, winner)
    assert len(happened(box, "retrieved")) == 1


@pytest.mark.rule("P-15")
def test_who_dials_a_moment_later_is_told_who_took_the_call(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    jens, petra = phones.get("103", "104")
    taking = jens.dial("*88102")
    box.wait_for("retrieved", place="102")
    late = petra.dial("*88102").wait_answered()
    wait_told(late, box, "Den Anruf hat schon Jens übernommen.")
    late.wait_ended()
    two_way(there, taking)


@pytest.mark.rule("P-13", "P-21")
def test_the_caller_can_be_parked_again_after_he_was_taken(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    released(box)
    at = taking.blind_transfer("*68101")
    parked = box.wait_for("parked", after=at, place="101")
    assert (parked["caller"]["number"], parked["by"]["number"]) == (CUSTOMER.number, "103")
    wait_music(there)


@pytest.mark.rule("P-18")
def test_a_phone_is_called_by_command(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    done = box.cli("retrieve", "102", "--to", "104")
    assert (done.returncode, done.stderr) == (0, "")
    taking = phones["104"].incoming()
    assert taking.shown == CUSTOMER
    two_way(there, taking.wait_answered())
    refused = box.cli("retrieve", "102", "--to", "104")
    assert refused.returncode == 1
    assert "kein Anruf geparkt" in refused.stderr
    wait_silent(box)
