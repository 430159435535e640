"""Places that a group passes over, and a place that is kept for some (P-9)."""

import pytest

from tests.e2e.company import connect, consult, park, two_way, wait_music, wait_told, with_chord
from tests.e2e.test_codes import hears_the_unobtainable_tone
from tests.lab.people import pick_up

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-9")]


def configure(config):
    with_chord(config)
    peter, anna, _ = config["extension"]
    peter["hunted"] = False
    anna["parkers"] = ["104"]


def test_who_may_not_park_there_hears_why_and_keeps_his_caller(box, phones):
    there, here = connect(*phones.get("customer", "103"))
    asking = consult(here, "*68102")
    hears_the_unobtainable_tone(asking)
    wait_told(asking, box, "Auf 1 0 2 dürfen Sie nicht parken.")
    asking.wait_ended()
    two_way(there, here.unhold())


@pytest.mark.rule("P-5", "P-1")
def test_who_may_not_park_there_blindly_is_rung_back(box, phones):
    there, here = connect(*phones.get("customer", "103"))
    here.blind_transfer("*68102")
    box.wait_for("refused")
    back = phones["103"].incoming()
    assert back.shown.name == "102 gesperrt · Müller"
    wait_music(there)
    two_way(there, pick_up(back))


def test_for_whom_it_is_kept_parks(box, phones):
    there, _ = park(box, *phones.get("customer", "104"), "*68102", "102")
    wait_music(there)


@pytest.mark.rule("P-6")
def test_the_group_gives_neither_the_hidden_nor_the_reserved_place(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*58", "103")
    wait_music(there)


@pytest.mark.rule("B-7")
def test_a_key_of_a_reserved_place_is_refused(box):
    box.press("counter", "5")
    refused = box.wait_for("refused", place="102")
    assert refused["detail"] == "101 may not park here: see parkers of place 102"
