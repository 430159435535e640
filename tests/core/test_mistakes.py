"""What does not exist is said and asked again, three times in all; who hides has no extension of his own (P-8, P-13)."""

import pytest

from appliance.core.hearing import Joined, Music, Tone, ToneKind
from appliance.core.ids import Party
from appliance.core.orders import Answer, Hangup, What
from tests.core.timeline import (
    ANNA,
    BERG,
    HIDDEN,
    JENS,
    MIA,
    MUELLER,
    PETER,
    World,
    dial,
    parked_for_anna,
    report,
)

ASK_PARK = "Auf welcher Nebenstelle? Bitte eingeben und mit Raute abschließen."
ASK_RETRIEVE = "Welche Nebenstelle soll übernommen werden? Bitte eingeben und mit Raute abschließen."
BYE = "Auf Wiederhören."


@pytest.mark.rule("P-8")
@pytest.mark.parametrize(("dialled", "entered"), [("*68", ""), ("800", "68"), ("800", "1")])
def test_a_wrong_place_is_said_and_asked_again_three_times_in_all(dialled, entered):
    world = World()
    leg = world.call(dialled, PETER)
    world.digits(leg, f"{entered}199#")
    assert world.said(leg) == f"Die Nummer 1 9 9 gibt es hier nicht. {ASK_PARK}"
    world.digits(leg, "5#")
    assert world.said(leg) == f"Die Nummer 5 gibt es hier nicht. {ASK_PARK}"
    world.ordered()
    world.digits(leg, "6#")
    assert world.ordered() == [
        report(What.REFUSED, None, leg, PETER, PETER, "Die Nummer 6 gibt es hier nicht."),
    ]
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.later(2.0)
    assert world.said(leg) == f"Die Nummer 6 gibt es hier nicht. {BYE}"
    world.heard(leg)
    assert world.ordered() == [Hangup(leg)]


@pytest.mark.rule("P-8")
def test_after_a_mistake_the_right_place_parks():
    world = World()
    leg = world.call("*68", PETER)
    world.digits(leg, "199#102")
    assert world.said(leg) == "Geparkt auf 1 0 2."


@pytest.mark.rule("P-8", "P-5")
def test_silence_after_a_mistake_parks_nowhere():
    """P-8's time-out is the answer to the first question only; the hash says one's own extension at any time."""
    world = World()
    leg = world.call("*68", JENS)
    world.digits(leg, "199#")
    world.heard(leg)
    world.later(4.0)
    assert world.said(leg) == ASK_PARK
    world.digits(leg, "#")
    assert world.said(leg) == "Geparkt auf 1 0 3."
    silent = world.call("*68", PETER)
    world.digits(silent, "199#")
    for _ in range(2):
        world.heard(silent)
        world.later(4.0)
    assert world.said(silent) == BYE
    assert world.place("101").state == "free"


@pytest.mark.rule("P-13")
@pytest.mark.parametrize(("dialled", "entered"), [("*88", ""), ("800", "88"), ("800", "3")])
def test_a_wrong_place_to_retrieve_from_is_said_and_asked_again(dialled, entered):
    world, leg = parked_for_anna()
    mia = world.call(dialled, MIA)
    world.digits(mia, f"{entered}199#")
    assert world.said(mia) == f"Die Nummer 1 9 9 gibt es hier nicht. {ASK_RETRIEVE}"
    world.digits(mia, "103")
    assert world.said(mia) == f"Auf 1 0 3 ist kein Anruf geparkt. {ASK_RETRIEVE}"
    world.digits(mia, "102")
    assert world.hears(mia) == Joined(leg)


@pytest.mark.rule("P-13", "P-8")
def test_three_wrong_places_to_retrieve_from_and_goodbye():
    world, leg = parked_for_anna()
    mia = world.call("*88", MIA)
    world.digits(mia, "103103701")
    assert world.hears(mia) == Tone(ToneKind.UNOBTAINABLE)
    world.later(2.0)
    assert world.said(mia) == f"Auf 7 0 1 ist kein Anruf geparkt. {BYE}"
    assert world.place("102").state == "parked"
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-15")
def test_who_enters_a_place_a_moment_too_late_is_told_who_has_the_call():
    world, _ = parked_for_anna()
    mia = world.call("*88", MIA)
    world.call("*88102", ANNA)
    world.digits(mia, "102")
    assert world.said(mia) == "Den Anruf hat schon Anna übernommen."


@pytest.mark.rule("P-5")
def test_a_taken_place_that_is_entered_gets_the_reject_tone():
    world, _ = parked_for_anna()
    leg = world.call("*68", JENS)
    world.digits(leg, "102")
    assert world.hears(leg) == Tone(ToneKind.REJECT)


@pytest.mark.rule("P-1", "P-8")
def test_a_caller_who_is_transferred_onto_the_question_after_a_mistake_is_kept_and_his_parker_rung():
    world = World()
    leg = world.call("*68", JENS)
    world.digits(leg, "199#")
    world.ordered()
    world.becomes(leg, MUELLER)
    assert world.place("103").state == "free"
    assert world.deeds() == [dial(-1, "103", Party(MUELLER.number, "199 unbekannt · Müller"))]


@pytest.mark.rule("P-1", "P-8")
def test_a_caller_who_is_transferred_onto_the_menus_question_for_a_place_is_parked_on_the_parkers_own():
    world = World()
    leg = world.call("800", JENS)
    world.digits(leg, "1")
    world.becomes(leg, MUELLER)
    assert world.place("103").caller == MUELLER


@pytest.mark.rule("P-8")
@pytest.mark.parametrize("dialled", ["*68#", "*88#"])
def test_who_hides_his_number_has_no_extension_of_his_own(dialled):
    world = World()
    leg = world.call(dialled, HIDDEN)
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.at(2.0)
    assert world.said(leg) == "Ihre Nebenstelle ist nicht bekannt."


@pytest.mark.rule("P-8", "P-13")
def test_who_hides_his_number_is_asked_and_may_name_a_place():
    """Nor is a call his own that somebody else has parked who hides as well."""
    world, leg = parked_for_anna()
    world.call("702", BERG, by=HIDDEN)
    parker, taker = world.call("*68", HIDDEN), world.call("*88", HIDDEN)
    for asked, prompt in ((parker, ASK_PARK), (taker, ASK_RETRIEVE)):
        assert world.said(asked) == prompt
        world.digits(asked, "#")
        assert world.said(asked) == f"Ihre Nebenstelle ist nicht bekannt. {prompt}"
    world.digits(parker, "701")
    assert world.said(parker) == "Geparkt auf 7 0 1."
    world.digits(taker, "102")
    assert world.hears(taker) == Joined(leg)


@pytest.mark.rule("P-1", "P-8")
def test_a_parker_who_hides_his_number_and_parks_on_his_own_extension():
    world = World()
    leg = world.call("*68#", MUELLER, by=HIDDEN)
    assert world.deeds() == [Answer(leg), dial(-1, "100", Party(MUELLER.number, "Nebenstelle unbekannt · Müller"))]


@pytest.mark.rule("P-8")
def test_letters_and_endless_digits_do_no_harm():
    world = World()
    leg = world.call("*68", PETER)
    world.digits(leg, "1A0B2CD")
    assert world.said(leg) == "Geparkt auf 1 0 2."
    endless = world.call("*68", PETER)
    world.digits(endless, "9" * 500)
    before = world.state
    world.digits(endless, "9")
    assert world.state == before
    world.digits(endless, "#")
    assert world.said(endless) == f"Diese Nummer gibt es hier nicht. {ASK_PARK}"
