"""Calls that come to a hunt group by transfer, and members who are not at their phones: forwarded, or gone (P-28, P-29, P-31)."""

import pytest

from tests.e2e.company import CUSTOMER, chord_file, connect, happened, rhythm, two_way, wait_music, with_chord
from tests.lab import hearing
from tests.lab.people import pick_up

pytestmark = pytest.mark.e2e

GROUP, ALL, NIGHT = "860", "861", "862"
RINGBACK = 425.0
LATER = 45.0
"""Seconds; two periods of the ringing tone have been heard, even on a machine under load."""
PROMPT, SOON = 4.0, 8.0
"""Seconds until a phone answers by itself, and until the next member is rung: a group that waits rings for 15 s first."""


def configure(config):
    with_chord(config)
    music = str(chord_file())
    config["hunt_group"] = [
        {"number": GROUP, "name": "Service", "policy": "regular", "members": ["102", "101"]},
        {"number": ALL, "name": "Alle", "policy": "simultaneous", "members": ["101", "102", "103"], "music": music},
        {"number": NIGHT, "name": "Nacht", "members": ["102"], "rings": 1, "timeout": 3, "forward": "104"},
    ]


@pytest.mark.rule("P-31")
def test_a_call_that_is_transferred_to_the_group_is_served(box, phones):
    phones.get("customer", "104", "102")
    there, here = connect(phones["customer"], phones["104"])
    here.blind_transfer(GROUP)
    hunting = box.wait_for("hunting")
    assert (hunting["by"]["number"], hunting["caller"]["number"]) == ("104", CUSTOMER.number)
    ringing = phones["102"].incoming()
    assert ringing.shown.number == CUSTOMER.number
    two_way(there, pick_up(ringing))


@pytest.mark.rule("P-31")
def test_the_caller_hears_the_ringing_tone_of_the_country(box, phones):
    phones.get("customer", "102")
    there = phones["customer"].dial(GROUP).wait_answered()
    sound = there.wait_heard(lambda sound: rhythm(sound)[2] >= 2, "two ringing tones", limit=LATER)
    assert rhythm(sound)[:2] == (pytest.approx(1.0, abs=0.1), pytest.approx(4.0, abs=0.1))
    there.wait_heard(lambda sound: hearing.has_tone(sound, RINGBACK), "425 Hz", last=0.3)
    there.hang_up()
    box.wait_for("abandoned")


@pytest.mark.rule("P-29")
def test_a_members_own_forwarding_is_not_followed(box, phones):
    """P-29: the PBX itself rings Maria for Anna and says so with a 181; Maria would take the call, and does not get it."""
    anna, peter, maria = phones.get("102", "101", "105")
    anna.behave(forward="105")
    maria.behave(answer_after=PROMPT)
    there = phones["customer"].dial(GROUP).wait_answered()
    sent_on, ringing = anna.incoming(), peter.incoming()
    assert ringing.invite.at - sent_on.invite.at < SOON
    two_way(there, pick_up(ringing))
    assert box.wait_for("answered")["by"]["number"] == "101"
    assert not [one for one in maria.happenings if one.what == "answered"]


@pytest.mark.rule("P-28", "P-31")
def test_simultaneous_rings_all_and_who_answers_first_has_him(box, phones):
    """P-31: meanwhile the caller hears the music of the group."""
    members = phones.get("101", "102", "103")
    there = phones["customer"].dial(ALL).wait_answered()
    ringing = [member.incoming() for member in members]
    wait_music(there)
    pick_up(ringing[1])
    two_way(there, ringing[1])
    assert [one.wait_ended()["code"] for one in (ringing[0], ringing[2])] == [487, 487]
    assert len(happened(box, "answered")) == 1


@pytest.mark.rule("P-29")
def test_after_the_groups_time_the_forward_number_has_him(box, phones):
    phones.get("customer", "102", "104")
    there = phones["customer"].dial(NIGHT).wait_answered()
    missed = phones["102"].incoming()
    assert missed.wait_ended()["code"] == 487
    forwarded = pick_up(phones["104"].incoming())
    assert box.wait_for("handed_over")["detail"] == "forward"
    two_way(there, forwarded)
