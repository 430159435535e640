"""Hunt groups of the box at a real PBX: members ring in turn, a key parks their call, who logs out is not rung (P-28 to P-31).

A recall may go to a hunt group of the box or to one of the PBX (P-20, P-24). The shortest recall timer is 30 s, so these two
stories are told side by side, by phones of their own.
"""

import pytest

from tests.e2e.company import CUSTOMER, HUBER, at_once, park, two_way, wait_music, wait_told, with_chord
from tests.lab import hearing
from tests.lab.people import pick_up
from tests.lab.process import until

pytestmark = pytest.mark.e2e

GROUP, NIGHT, PBX = "860", "861", "850"
LATER = 45.0
"""Seconds until a recall has come even on a machine under load."""
RINGBACK = 425.0


def configure(config):
    with_chord(config)
    config["park"] |= {"recall_after": 30, "recall_mode": "alternate", "alternate": NIGHT, "busy_retry": 2}
    config["park"]["recall_ring"] = 6
    config["group"][0]["alternate"] = PBX
    config["hunt_group"] = [
        {"number": GROUP, "name": "Service", "policy": "regular", "members": ["102", "101", "103"], "rings": 1},
        {"number": NIGHT, "name": "Notdienst", "members": ["104"], "rings": 1, "timeout": 5},
    ]


def members(box, number=GROUP):
    """Each member's state, as the status shows it."""
    (group,) = [one for one in box.status()["hunt_groups"] if one["number"] == number]
    return {member["number"]: member["state"] for member in group["members"]}


@pytest.mark.rule("P-28", "P-29", "P-31", "B-2")
def test_members_ring_in_turn_and_a_key_parks_their_call(box, phones):
    anna, peter = phones.get("102", "101")
    there = phones["customer"].dial(GROUP).wait_answered()
    first = anna.incoming()
    assert (first.shown.number, first.shown.name) == (CUSTOMER.number, "Service · Müller")
    there.wait_heard(lambda sound: hearing.has_tone(sound, RINGBACK), "ringback", last=0.3)
    assert members(box) == {"102": "ringing", "101": "free", "103": "free"}
    assert first.wait_ended()["code"] == 487
    second = peter.incoming()
    assert 4 < second.invite.at - first.invite.at < 9
    pick_up(second)
    assert box.wait_for("answered")["by"]["number"] == "101"
    two_way(there, second)
    assert members(box)["101"] == "busy"

    at = box.press("counter", "1")
    parked = box.wait_for("parked", place="701")
    second.wait_ended()
    assert parked["by"]["number"] == "101"
    wait_music(there)
    print(f"\nparked {1000 * (parked.at - at):.0f} ms after the key went down (held for 100)")
    taking = phones["103"].dial("*88701")
    box.wait_for("retrieved", place="701")
    two_way(there, taking)


@pytest.mark.rule("P-29")
def test_busy_members_are_passed_over_and_a_caller_who_hangs_up_ends_the_ringing(box, phones):
    anna, peter = phones.get("102", "101")
    anna.behave(refuse=486)
    there = phones["customer"].dial(GROUP).wait_answered()
    ringing = peter.incoming()
    there.hang_up()
    assert ringing.wait_ended()["code"] == 487
    box.wait_for("abandoned")


@pytest.mark.rule("P-29", "P-25")
def test_a_members_voicemail_does_not_get_the_caller(box, phones):
    anna, peter = phones.get("102", "101")
    anna.behave(answer_after=0.0)
    there = phones["customer"].dial(GROUP).wait_answered()
    voicemail = anna.incoming()
    wait_told(voicemail, box, "Anruf von Müller. Zum Annehmen bitte die Eins drücken.")
    there.wait_heard(lambda sound: hearing.has_tone(sound, RINGBACK), "ringback", last=0.3)
    voicemail.hang_up()
    pick_up(peter.incoming())
    box.wait_for("answered")


@pytest.mark.rule("P-30")
def test_who_logs_out_by_code_is_rung_no_more_not_even_after_a_crash(box, phones):
    anna, peter = phones.get("102", "101")
    out = anna.dial(f"*79{GROUP}").wait_answered()
    wait_told(out, box, "Abgemeldet von Service.")
    out.wait_ended()
    assert box.wait_for("logged_out")["by"]["number"] == "102"
    until((box.state / "logouts.json").exists, "it is on the disk")
    box.kill()
    box.start()
    assert members(box) == {"102": "away", "101": "free", "103": "free"}
    there = phones["customer"].dial(GROUP).wait_answered()
    ringing = peter.incoming()
    there.hang_up()
    ringing.wait_ended()
    back = anna.dial("*78").wait_answered()
    wait_told(back, box, "Angemeldet bei Service.")
    until(lambda: members(box)["102"] == "free", "she can be rung again", tail=box.tail)
    wrong = phones["104"].dial(f"*78{GROUP}").wait_answered()
    wait_told(wrong, box, "Sie sind kein Mitglied von Service.")


@pytest.mark.rule("P-20", "P-24")
def test_a_recall_to_a_group_that_does_not_answer_comes_back_to_its_place(box, phones):
    phones.get("customer", "customer2", "101", "102", "103", "104", "105")
    stories = (taken_in_the_next_round, fetched_after_the_pbx_has_rung_in_vain)
    at_once(*(lambda story=story: story(box, phones) for story in stories))


def taken_in_the_next_round(box, phones):
    """Our group: Petra does not answer, is rung again when the next round's timer is over, and has him."""
    petra = phones["104"]
    there, parked = park(box, *phones.get("customer", "105"), "*68103", "103")
    ringing = petra.incoming(limit=LATER)
    assert ringing.shown.name == "Notdienst · Müller"
    wait_music(there)
    assert ringing.wait_ended()["code"] == 487
    place = box.wait_place("103", "parked", limit=LATER)
    assert place["recall_in"] > 10
    wait_music(there)
    again = petra.incoming(limit=LATER)
    pick_up(again)
    handed = box.wait_for("handed_over", place="103")
    assert (handed["by"]["number"], handed["detail"]) == ("104", "hunt")
    two_way(there, again)
    print(f"\ntaken {handed.at - parked.at:.0f} s after it was parked")


def fetched_after_the_pbx_has_rung_in_vain(box, phones):
    """The PBX's group: all its phones ring, nobody answers; he is parked again where he was, and Peter fetches him."""
    members = phones.get("101", "102", "103")
    there, parked = park(box, *phones.get("customer2", "102"), "*58", "101")
    ringing = [phone.incoming(limit=LATER) for phone in members]
    assert {call.shown.number for call in ringing} == {HUBER.number}
    assert all("101" in call.shown.name for call in ringing)
    assert box.place("101")["state"] == "recalling"
    wait_music(there)
    assert {call.wait_ended()["code"] for call in ringing} == {487}
    place = box.wait_place("101", "parked")
    assert (place["caller"]["number"], place["parker"]["number"]) == (HUBER.number, "102")
    assert place["recall_in"] > 20
    wait_music(there)
    taking = members[0].dial("*88")
    assert box.wait_for("retrieved", place="101", after=parked.at)["by"]["number"] == "101"
    two_way(there, taking)
