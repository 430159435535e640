"""What staff dial: one's own place, digits after a prompt, numbers that nobody knows, the box's own number (P-8)."""

import pytest

from tests.e2e.company import (
    connect,
    consult,
    park,
    two_way,
    wait_music,
    wait_told,
    wait_voice,
    with_chord,
)
from tests.lab import hearing
from tests.lab.box import Box, company_config
from tests.lab.pbx import Asterisk
from tests.lab.pbx_config import Company
from tests.lab.people import pick_up
from tests.lab.phones import Phones
from tests.lab.ports import Ports

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-8")]
configure = with_chord

ASK = "Auf welcher Nebenstelle? Bitte eingeben und mit Raute abschließen."
MENU = "Zum Parken die 1, zum Parken in der Gruppe die 2, zum Übernehmen die 3."
SPECIAL = (950.0, 1400.0, 1800.0)
"""Hz; Germany's special information tone, 330 ms each and a second of silence (ITU-T E.180 Supplement 2)."""


def hears_the_unobtainable_tone(call):
    """Wait until the three tones were heard one after the other."""
    return call.wait_heard(
        lambda sound: None not in (at := [hearing.first_tone(sound, tone) for tone in SPECIAL]) and at == sorted(at),
        "the number-unobtainable tone",
    )


def test_the_hash_parks_on_the_parkers_own_extension(box, phones):
    there, _ = park(box, *phones.get("customer", "103"), "*68#", "103")
    wait_music(there)
    assert box.lamp("office", "6") == "steady"


def test_digits_are_asked_for(box, phones):
    there, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "*68")
    wait_told(asking, box, ASK)
    asking.dtmf("102")
    wait_told(asking, box, "Geparkt auf 1 0 2.")
    here.attended_transfer(asking)
    box.wait_for("parked", place="102")
    wait_music(there)


def test_digits_may_come_before_the_prompt_is_over(box, phones):
    _, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "*68")
    wait_voice(asking)
    asking.dtmf("701#")
    wait_told(asking, box, "Geparkt auf 7 0 1.")
    asking.hang_up()


def test_without_digits_it_is_ones_own_extension(box, phones):
    there, here = connect(*phones.get("customer", "103"))
    asking = consult(here, "*68")
    began = wait_told(asking, box, ASK)
    told = wait_told(asking, box, "Geparkt auf 1 0 3.")
    assert told - began > 4
    here.attended_transfer(asking)
    box.wait_for("parked", place="103")
    wait_music(there)


def test_an_extension_that_nobody_knows_is_told(box, phones):
    there, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "*68999")
    hears_the_unobtainable_tone(asking)
    wait_told(asking, box, "Die Nummer 9 9 9 gibt es hier nicht.")
    asking.wait_ended()
    two_way(there, here.unhold())


@pytest.mark.rule("P-1")
def test_a_blind_transfer_to_an_extension_that_nobody_knows_comes_back(box, phones):
    there, here = connect(*phones.get("customer", "101"))
    here.blind_transfer("*68999")
    box.wait_for("refused")
    back = phones["101"].incoming()
    assert back.shown.name == "999 unbekannt · Müller"
    wait_music(there)
    two_way(there, pick_up(back))


def test_the_menu_at_the_boxs_own_number_parks(box, phones):
    there, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "800")
    wait_told(asking, box, MENU)
    asking.dtmf("68102")
    wait_told(asking, box, "Geparkt auf 1 0 2.")
    here.attended_transfer(asking)
    box.wait_for("parked", place="102")
    wait_music(there)


def test_digits_of_the_parked_caller_do_nothing(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    wait_music(there)
    there.dtmf("102#")
    wait_music(there, seconds=1.5)
    assert [event.what for event in box.events] == ["parked"]


@pytest.fixture
def pbx_with_info(tmp_path_factory):
    """A PBX that passes digits on as SIP INFO, and a phone book of its own."""
    with (
        Asterisk(tmp_path_factory.mktemp("info"), company=Company(dtmf="info")) as pbx,
        Phones(pbx, tmp_path_factory.mktemp("phones")) as phones,
    ):
        yield pbx, phones


def test_digits_as_sip_info_are_understood_by_the_box(pbx_with_info, tmp_path):
    pbx, phones = pbx_with_info
    with Ports() as ports, Box(tmp_path, company_config(pbx, ports, card="sim")) as box:
        asking = phones["101"].dial("*68").wait_answered()
        wait_voice(asking)
        asking.dtmf("102")
        wait_told(asking, box, "Geparkt auf 1 0 2.")
        asking.hang_up()
        box.wait_idle()
