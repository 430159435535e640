"""An English box in Germany: it speaks English, and its tones are those that the phones there know (P-5, P-8, P-9, P-13)."""

import pytest

from tests.e2e.company import (
    connect,
    consult,
    park,
    rhythm,
    wait_music,
    wait_said,
    wait_told,
    wait_voice,
    with_chord,
)
from tests.e2e.test_codes import hears_the_unobtainable_tone
from tests.lab import hearing

pytestmark = pytest.mark.e2e


def configure(config):
    with_chord(config)
    config["site"].update(language="en", country="de")
    config["extension"][0]["parkers"] = []


@pytest.mark.rule("A-7", "P-6")
def test_it_announces_and_confirms_in_english(box, phones, loudspeaker):
    there, here = connect(*phones.get("customer", "103"))
    asking = consult(here, "*58")
    wait_told(asking, box, "Parked on line 1 0 2.")
    at = here.attended_transfer(asking)
    wait_music(there)
    wait_said(loudspeaker, box, "Would a member of Verkauf please take a call on line 1 0 2.", at)


@pytest.mark.rule("P-5")
def test_its_reject_tone_is_germanys(box, phones):
    park(box, *phones.get("customer", "101"), "*68102", "102")
    _, here = connect(*phones.get("customer2", "103"))
    refused = consult(here, "*68102")
    refused.wait_ended()
    assert rhythm(refused.heard())[:2] == (pytest.approx(0.24, abs=0.04), pytest.approx(0.24, abs=0.04))
    assert hearing.first_tone(refused.heard(), 425.0) is not None


@pytest.mark.rule("P-5", "P-1")
def test_a_parker_who_is_rung_back_reads_english(box, phones):
    park(box, *phones.get("customer", "101"), "*68102", "102")
    _, here = connect(*phones.get("customer2", "103"))
    here.blind_transfer("*68102")
    assert phones["103"].incoming().shown.name == "Place 102 taken · Huber"


@pytest.mark.rule("P-9", "P-8")
def test_who_may_not_park_is_told_in_english_after_germanys_tone(box, phones):
    _, here = connect(*phones.get("customer", "103"))
    asking = consult(here, "*68101")
    hears_the_unobtainable_tone(asking)
    wait_told(asking, box, "You may not park on 1 0 1.")


@pytest.mark.rule("P-8", "P-13")
def test_its_menu_and_prompts_are_english(box, phones):
    asking = phones["104"].dial("800").wait_answered()
    wait_told(asking, box, "To park press 1, to park to the group press 2, to pick up press 3.")
    asking.dtmf("1")
    wait_told(asking, box, "On which extension? Please enter it and press the hash key.")
    asking.dtmf("199#")
    wait_told(asking, box, "There is no number 1 9 9 here. On which extension? Please enter it and press the hash key.")
    taking = phones["104"].dial("*88#").wait_answered()
    wait_voice(taking)
    hears_the_unobtainable_tone(taking)
