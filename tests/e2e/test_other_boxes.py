"""Boxes that are configured in another way: one that speaks English, one with little patience."""

import pytest

from tests.e2e.company import (
    CUSTOMER,
    connect,
    consult,
    happened,
    park,
    two_way,
    wait_music,
    wait_said,
    wait_told,
    with_chord,
)
from tests.lab import hearing

pytestmark = pytest.mark.e2e


TORN = 0.2
"""Seconds that a machine under load may tear out of a tone; the shortest pause of a British one is longer."""


@pytest.mark.rule("A-7", "P-3", "P-5", "P-8")
def test_an_english_box_speaks_english_and_has_british_tones(start_box, phones, loudspeaker):
    """P-8: the British number-unobtainable tone has no cadence, it is one tone of 2 s before the reason is spoken."""

    def english(config):
        with_chord(config)
        config["site"]["language"] = "en"

    box = start_box(english)
    there, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "*68102")
    wait_told(asking, box, "Parked on 1 0 2.")
    at = here.attended_transfer(asking)
    wait_music(there)
    _, other = connect(*phones.get("customer2", "103"))
    refused = consult(other, "*68102")
    refused.wait_ended()
    lengths = [on for on, _ in hearing.cadence(refused.heard())]
    assert len(lengths) >= 4
    for wanted in (0.4, 0.225):
        assert sum(abs(on - wanted) < 0.04 for on in lengths) >= 2
    assert hearing.first_tone(refused.heard(), 400.0) is not None
    lost = phones["104"].dial("*68999").wait_answered()
    reason = wait_told(lost, box, "There is no number 9 9 9 here.")
    tone = lost.heard().between(0, reason)
    began, ended = hearing.first_tone(tone, 400.0), hearing.last_tone(tone, 400.0)
    assert began is not None
    assert ended is not None
    assert ended - began == pytest.approx(2.0, abs=0.2)
    assert hearing.longest_gap(tone.between(began, ended), 400.0) < TORN
    wait_said(loudspeaker, box, "A call for Anna, Filialleitung, parked on 1 0 2.", at)


@pytest.mark.rule("P-27", "P-1")
def test_after_the_longest_wait_reception_gets_the_call(start_box, phones):
    def impatient(config):
        with_chord(config)
        config["park"].update(longest=10, busy_retry=1)

    box = start_box(impatient)
    reception = phones["100"]
    reception.behave(refuse=486)
    there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    refused = reception.incoming()
    assert 9 < refused.invite.at - parked.at < 15
    refused.wait_ended()
    reception.behave(refuse=0)
    ringing = reception.incoming()
    assert ringing.shown.number == CUSTOMER.number
    wait_music(there)
    ringing.answer()
    assert box.wait_for("handed_over", place="102")["by"]["number"] == "100"
    two_way(there, ringing)
    assert len(happened(box, "ringing_back")) >= 2
