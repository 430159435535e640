"""A short ring at the phone of a place's owner, when somebody else parks a call there (P-32)."""

import pytest

from tests.e2e.company import CUSTOMER, park, two_way, wait_music, with_chord
from tests.lab.people import pick_up
from tests.lab.sip_text import Party

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-32")]


def configure(config):
    with_chord(config)
    config["park"]["owner_alert"] = "splash"


def test_the_owners_phone_rings_for_a_moment_and_shows_who_waits(box, phones):
    anna = phones["102"]
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    ringing = anna.incoming()
    assert ringing.shown == Party(CUSTOMER.number, "Geparkt 102 · Müller")
    assert not ringing.invite["call_info"], "it must not answer by itself"
    ended = ringing.wait_ended()
    assert 2.5 < ended.at - ringing.invite.at < 5
    wait_music(there)
    assert box.place("102")["state"] == "parked"
    assert [event.what for event in box.events] == ["parked"]
    print(f"\nthe owner's phone rings for {ended.at - ringing.invite.at:.2f} s")


def test_an_owner_who_answers_has_the_caller(box, phones):
    anna = phones["102"]
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = pick_up(anna.incoming())
    retrieved = box.wait_for("retrieved", place="102")
    assert (retrieved["by"]["number"], retrieved["detail"]) == ("102", "splash")
    two_way(there, taking)


def test_the_ringing_ends_when_somebody_else_takes_the_call(box, phones):
    anna, jens = phones.get("102", "103")
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    ringing = anna.incoming()
    taking = jens.dial("*88102")
    retrieved = box.wait_for("retrieved", place="102")
    ended = ringing.wait_ended()
    assert ended.at - retrieved.at < 1
    two_way(there, taking)


def test_an_owner_who_is_busy_is_left_alone(box, phones):
    phones["102"].behave(refuse=486)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    phones["102"].incoming().wait_ended()
    wait_music(there, seconds=1.0)
    assert [event.what for event in box.events] == ["parked"]


def test_who_parks_on_his_own_extension_is_not_rung(box, phones):
    there, _ = park(box, *phones.get("customer", "103"), "*68#", "103")
    wait_music(there, seconds=2.0)
    assert len([one for one in phones["103"].happenings if one.what == "invite"]) == 1
