"""Calls that nobody takes: they ring their parker, again, and at last somebody who always answers (P-19 to P-27).

The shortest recall timer is 30 s, so the stories of the first test are told side by side.
"""

import pytest

from tests.e2e.company import CUSTOMER, at_once, park, two_way, wait_lamp, wait_music, with_chord
from tests.lab.people import pick_up

pytestmark = pytest.mark.e2e

AFTER, LATER = 30.0, 45.0
"""Seconds until a recall, and until it has come even on a machine under load."""

RING = 6.0
"""Seconds that a phone rings, for a recall and when a key has called it."""


def configure(config):
    with_chord(config)
    config["park"].update(recall_after=30, recall_ring=int(RING), busy_retry=2, recall_pattern="short-short-long")
    config["orbit"] = [{"number": "701"}, {"number": "702", "recall_after": 120}]


@pytest.mark.rule("P-18", "P-19", "P-21", "P-22", "P-26", "B-5")
def test_forgotten_calls_come_back_to_their_parkers(box, phones):
    phones.get("customer", "customer2", "customer3", "100", "101", "102", "103", "104", "105")
    stories = (taken_while_it_rings, parker_busy, parker_away, phone_does_not_answer)
    at_once(*(lambda story=story: story(box, phones) for story in stories))


def taken_while_it_rings(box, phones):
    """Peter's phone rings and says why; the caller hears music; Jens takes him, and Peter's phone stops ringing."""
    there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    wait_lamp(box, "office", "5", "fast")
    assert 14 < box.place("102")["recall_in"] < 16
    ringing = phones["101"].incoming(limit=LATER)
    assert (ringing.shown.number, ringing.shown.name) == (CUSTOMER.number, "Rückruf 102 · Müller")
    assert "Bellcore-dr3" in ringing.invite["alert_info"]
    assert not ringing.invite["call_info"]
    assert AFTER - 1 < ringing.invite.at - parked.at < AFTER + 5
    assert (box.place("102")["state"], box.lamp("office", "5")) == ("recalling", "fast")
    wait_music(there)
    taking = phones["103"].dial("*88102")
    assert ringing.wait_ended()["code"] == 487
    assert box.wait_for("retrieved", place="102")["by"]["number"] == "103"
    two_way(there, taking)
    print(f"\nrecall {ringing.invite.at - parked.at:.2f} s after parking")


def parker_busy(box, phones):
    """Petra is busy: her phone is tried again, she answers, and talks to the caller."""
    petra = phones["104"]
    there, parked = park(box, phones["customer2"], petra, "*68103", "103")
    petra.behave(refuse=486)
    first = petra.incoming(limit=LATER)
    first.wait_ended()
    petra.behave(refuse=0)
    second = petra.incoming()
    assert 1.5 < second.invite.at - first.invite.at < 6
    assert box.place("103")["caller"]["number"] == phones["customer2"].number
    wait_music(there)
    pick_up(second)
    assert box.wait_for("recalled", place="103", after=parked.at)["by"]["number"] == "104"
    two_way(there, second)


def parker_away(box, phones):
    """Maria's phone rings in vain: the call stays parked and the next round begins; the caller gives up."""
    there, _ = park(box, *phones.get("customer3", "105"), "701", "701")
    ringing = phones["105"].incoming(limit=LATER)
    ended = ringing.wait_ended()
    assert ended["code"] == 487
    assert RING - 1 < ended.at - ringing.invite.at < RING + 3
    place = box.wait_place("701", "parked")
    assert 20 < place["recall_in"] <= AFTER
    wait_music(there)
    there.hang_up()
    box.wait_for("abandoned", place="701")


def phone_does_not_answer(box, phones):
    """Anna's phone is asked to take a call and rings in vain: the caller stays parked."""
    anna = phones["102"]
    anna.behave(obey_auto_answer=False)
    there, _ = park(box, phones["100"], anna, "702", "702")
    box.ask(do="retrieve", place="702", to="102")
    ringing = anna.incoming()
    assert box.place("702")["state"] == "retrieving"
    ended = ringing.wait_ended(limit=LATER)
    assert RING - 1 < ended.at - ringing.invite.at < RING + 3
    assert box.wait_for("cancelled", place="702")["detail"] == "no answer"
    assert box.place("702")["state"] == "parked"
    wait_music(there)
