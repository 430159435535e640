"""Callers whom a machine answers, who press a key, or whom nobody takes at all (P-10, P-11, P-20 to P-25, P-27).

The shortest recall timer is 30 s, so the stories are told side by side.
"""

import pytest

from tests.e2e.company import CUSTOMER, at_once, happened, park, two_way, wait_music, wait_told, with_chord
from tests.lab.people import pick_up

pytestmark = pytest.mark.e2e

LATER = 45.0
"""Seconds until a recall has come even on a machine under load."""
SOON = 30.0
"""Seconds until somebody who was asked in vain is hung up."""
RING = 8
WAIT = "Bitte haben Sie noch einen Moment Geduld."


def configure(config):
    with_chord(config)
    config["park"] |= {"recall_after": 30, "recall_ring": RING, "busy_retry": 2, "recall_mode": "parker-then-alternate"}
    config["park"] |= {"alternate": "105", "alternate_after": 30, "rounds": 1}
    config["park"] |= {"exit_key": "0", "exit_to": "104", "comfort": WAIT, "comfort_every": 10}
    config["orbit"] = [{"number": "701"}, {"number": "702", "recall_after": 300}]


@pytest.mark.rule("P-10", "P-11", "P-20", "P-22", "P-24", "P-25", "P-26", "P-27")
def test_callers_whom_a_machine_answers_and_who_press_a_key(box, phones):
    phones.get("customer", "customer2", "customer3", "100", "101", "102", "103", "104", "105")
    stories = (a_voicemail_does_not_get_him, a_person_presses_the_key, he_presses_the_exit_key)
    at_once(*(lambda story=story: story(box, phones) for story in stories))


def a_voicemail_does_not_get_him(box, phones):
    """P-25: Peter's voicemail answers at once, is asked twice and hung up; then the alternate, then the last resort."""
    there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    phones["101"].behave(answer_after=0.0)
    voicemail = phones["101"].incoming(limit=LATER)
    wait_told(voicemail, box, "Rückruf von Müller. Zum Annehmen bitte die Eins drücken.")
    assert box.place("102")["state"] == "recalling"
    wait_music(there)
    ended = voicemail.wait_ended(limit=SOON)
    in_vain = box.wait_for("cancelled", place="102")
    assert (in_vain["by"]["number"], in_vain["detail"]) == ("101", "answered, but pressed no key")
    alternate = phones["105"].incoming()
    assert alternate.invite.at - ended.at < 3
    assert alternate.shown.number == CUSTOMER.number
    assert alternate.wait_ended()["code"] == 487
    reception = phones["100"].incoming()
    wait_music(there)
    reception.answer()
    assert box.wait_for("handed_over", place="102")["detail"] == "last_resort"
    two_way(there, reception)
    rung = [event["by"]["number"] for event in happened(box, "ringing_back", parked.at) if event["place"] == "102"]
    assert rung == ["101", "105", "100"]


def a_person_presses_the_key(box, phones):
    """P-25: Jens's headset answers by itself; he presses 2, which means nothing, and then 1."""
    there, _ = park(box, *phones.get("customer2", "103"), "701", "701")
    phones["103"].behave(answer_after=0.0)
    headset = phones["103"].incoming(limit=LATER)
    wait_told(headset, box, "Rückruf von Huber. Zum Annehmen bitte die Eins drücken.")
    headset.dtmf("2")
    wait_music(there)
    headset.dtmf("1")
    assert box.wait_for("recalled", place="701")["by"]["number"] == "103"
    two_way(there, headset)


def he_presses_the_exit_key(box, phones):
    """P-10, P-11: Jansen is told to be patient and presses 0; Petra does not answer, and he goes on waiting; then she does."""
    there, _ = park(box, *phones.get("customer3", "102"), "702", "702")
    wait_told(there, box, WAIT)
    wait_music(there)
    there.dtmf("0")
    first = phones["104"].incoming()
    assert first.shown.number == phones["customer3"].number
    wait_music(there)
    assert first.wait_ended()["code"] == 487
    assert box.wait_for("cancelled", place="702")["by"]["number"] == "104"
    assert box.place("702")["state"] == "parked"
    wait_music(there)
    there.dtmf("5")
    there.dtmf("0")
    second = phones["104"].incoming()
    assert len(happened(box, "ringing_back")) >= 2
    pick_up(second)
    assert box.wait_for("handed_over", place="702")["detail"] == "exit"
    two_way(there, second)
