"""The box with one number: its menu, wrong digits at every prompt, and goodbye (P-8, P-13)."""

import pytest

from tests.e2e.company import (
    PHONE_RATE,
    connect,
    consult,
    find,
    happened,
    park,
    spoken,
    two_way,
    wait_music,
    wait_told,
    wait_voice,
    with_chord,
)
from tests.e2e.test_codes import ASK, MENU, SPECIAL
from tests.lab import hearing

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-8")]
configure = with_chord

ASK_RETRIEVE = "Welche Nebenstelle soll übernommen werden? Bitte eingeben und mit Raute abschließen."


def test_the_keys_of_the_menu_park_in_the_group_and_on_a_place(box, phones):
    there, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "800")
    wait_told(asking, box, MENU)
    asking.dtmf("1")
    wait_told(asking, box, ASK)
    asking.dtmf("701")
    wait_told(asking, box, "Geparkt auf 7 0 1.")
    here.attended_transfer(asking)
    box.wait_for("parked", place="701")
    wait_music(there)
    _, second = connect(*phones.get("customer2", "103"))
    grouped = consult(second, "800")
    wait_voice(grouped)
    grouped.dtmf("2")
    wait_told(grouped, box, "Geparkt auf Leitung 1 0 1.")


@pytest.mark.rule("P-13")
def test_the_key_of_the_menu_retrieves(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["102"].dial("800").wait_answered()
    wait_voice(taking)
    taking.dtmf("3")
    box.wait_for("retrieved", place="102")
    two_way(there, taking)


def test_a_wrong_extension_is_told_and_asked_again_three_times_in_all(box, phones):
    there, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "*68")
    wait_voice(asking)
    asking.dtmf("199#")
    wait_told(asking, box, f"Die Nummer 1 9 9 gibt es hier nicht. {ASK}")
    for wrong in ("5", "6"):
        asking.dtmf(f"{wrong}#")
        box.wait_for("refused", detail=f"Die Nummer {wrong} gibt es hier nicht.")
    asking.wait_ended()
    heard = asking.heard()
    goodbye = spoken(box, "Die Nummer 6 gibt es hier nicht. Auf Wiederhören.", PHONE_RATE)
    last = heard.between(heard.end - goodbye.duration - 3, heard.end)
    assert None not in [hearing.first_tone(last, tone) for tone in SPECIAL]
    assert find(last, goodbye).complete
    two_way(there, here.unhold())
    assert [event.what for event in box.events] == ["refused"] * 3


def test_after_a_wrong_extension_the_right_one_parks(box, phones):
    there, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "800")
    wait_voice(asking)
    asking.dtmf("68199#")
    wait_told(asking, box, f"Die Nummer 1 9 9 gibt es hier nicht. {ASK}")
    asking.dtmf("19*102")
    wait_told(asking, box, "Geparkt auf 1 0 2.")
    here.attended_transfer(asking)
    box.wait_for("parked", place="102")
    wait_music(there)


@pytest.mark.rule("P-13")
def test_a_wrong_extension_to_retrieve_from_is_told_and_asked_again(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["104"].dial("*88").wait_answered()
    wait_voice(taking)
    taking.dtmf("103")
    wait_told(taking, box, f"Auf 1 0 3 ist kein Anruf geparkt. {ASK_RETRIEVE}")
    taking.dtmf("102")
    box.wait_for("retrieved", place="102")
    two_way(there, taking)


def test_whoever_says_nothing_to_the_menu_is_asked_three_times(box, phones):
    silent = phones["104"].dial("800").wait_answered()
    wait_told(silent, box, MENU)
    began = silent.wait_for("answered").at
    ended = silent.wait_ended(limit=90)
    assert ended.at - began > 3 * 4
    wait_told(silent, box, "Auf Wiederhören.")
    assert not happened(box, "refused")
