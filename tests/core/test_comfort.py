"""The sentence that a waiting caller hears from time to time (P-10)."""

from dataclasses import replace

import pytest

from appliance.core import wording
from appliance.core.events import SpeechEnded
from appliance.core.hearing import Joined, Music, Tone, ToneKind
from appliance.core.ids import Seconds, Serial
from appliance.core.rules import HuntRules
from appliance.core.state import Hunt, Parked
from tests.core.timeline import ANNA, MUELLER, PETER, SHOP, World, parked_for_anna, with_place, with_recall

MUSIC = Music("default")
WAIT = "Bitte haben Sie noch einen Moment Geduld."
QUIET = with_recall(with_place(SHOP, "102", zone=""), after=Seconds(600))
COMFORT = replace(QUIET, comfort=WAIT, comfort_every=Seconds(20))


@pytest.mark.rule("P-10")
def test_the_caller_hears_the_sentence_and_music_between():
    """P-10: N seconds of music, the sentence, and N seconds from its end again."""
    world, leg = parked_for_anna(COMFORT)
    world.at(19.9)
    assert world.hears(leg) == MUSIC
    world.at(20.0)
    assert world.said(leg) == WAIT
    world.at(23.0)
    world.heard(leg)
    assert world.hears(leg) == MUSIC
    world.at(42.9)
    assert world.hears(leg) == MUSIC
    world.at(43.0)
    assert world.said(leg) == WAIT
    assert world.ordered() == []


@pytest.mark.rule("P-10")
def test_without_a_sentence_there_is_music_only():
    world, leg = parked_for_anna(QUIET)
    world.at(500.0)
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-10")
def test_each_sentence_has_its_own_end():
    world, leg = parked_for_anna(COMFORT)
    world.at(20.0)
    first = world.serial(leg)
    world.heard(leg)
    world.later(1.0)
    before = world.state
    world.tell(SpeechEnded(leg, first))
    world.tell(SpeechEnded(leg, Serial(99)))
    assert world.state is before
    world.at(40.0)
    assert world.serial(leg) != first


@pytest.mark.rule("P-10")
def test_a_sentence_whose_end_nobody_tells_is_over_all_the_same():
    world, leg = parked_for_anna(COMFORT)
    world.at(39.9)
    assert world.said(leg) == WAIT
    world.at(40.0)
    assert world.hears(leg) == MUSIC
    world.at(60.0)
    assert world.said(leg) == WAIT


@pytest.mark.rule("P-10")
def test_who_takes_him_cuts_the_sentence_short():
    world, leg = parked_for_anna(COMFORT)
    world.at(20.0)
    serial = world.serial(leg)
    anna = world.call("*88", ANNA)
    assert world.hears(leg) == Joined(anna)
    world.tell(SpeechEnded(leg, serial))
    assert world.hears(leg) == Joined(anna)


@pytest.mark.rule("P-10", "P-21")
def test_while_his_recall_rings_he_is_comforted_too():
    world, leg = parked_for_anna(with_recall(COMFORT, after=Seconds(30)))
    world.at(20.0)
    world.heard(leg)
    world.at(40.0)
    assert (world.place("102").state, world.said(leg)) == ("recalling", WAIT)


@pytest.mark.rule("P-10")
def test_where_the_music_is_off_the_sentence_comes_between_the_hold_tones():
    world, leg = parked_for_anna(with_place(COMFORT, "102", music="off"))
    assert world.hears(leg) == Tone(ToneKind.HOLD)
    world.at(20.0)
    assert world.said(leg) == WAIT
    world.heard(leg)
    assert world.hears(leg) == Tone(ToneKind.HOLD)


@pytest.mark.rule("P-10")
def test_who_waits_in_the_lobby_is_comforted_and_his_place_begins_anew():
    world = World(COMFORT)
    leg = world.call("800", MUELLER, by=PETER)
    world.at(20.0)
    assert world.said(leg) == WAIT


@pytest.mark.rule("P-10", "S-2")
def test_after_a_crash_he_hears_music_first_and_then_the_sentence_in_its_time():
    before, _ = parked_for_anna(COMFORT)
    before.at(21.0)
    world = before.crash(2.0, registered=True)
    back = world.leg(1)
    world.picked_up(back)
    assert world.hears(back) == MUSIC
    world.at(42.9)
    assert world.hears(back) == MUSIC
    world.at(43.0)
    assert world.said(back) == WAIT


@pytest.mark.rule("P-10", "S-2")
def test_a_crash_before_the_first_sentence_does_not_put_it_off():
    before, _ = parked_for_anna(COMFORT)
    before.at(10.0)
    world = before.crash(2.0, registered=True)
    back = world.leg(1)
    world.picked_up(back)
    world.at(20.0)
    assert world.said(back) == WAIT


@pytest.mark.rule("P-10", "S-1")
def test_comfort_is_nothing_that_the_journal_keeps():
    world, _ = parked_for_anna(COMFORT)
    before = dict(world.journal)
    world.at(45.0)
    assert world.journal == before


@pytest.mark.rule("P-10", "P-31")
@pytest.mark.parametrize(("music", "comforted"), [("", False), ("default", True)])
def test_who_has_called_a_hunt_group_and_hears_ringback_is_told_nothing(music, comforted):
    hunts = {"850": HuntRules("850", "Service", (), music=music)}
    world, leg = parked_for_anna(replace(COMFORT, hunts=hunts))
    role = world.state.legs[leg].role
    assert isinstance(role, Parked)
    hunted = replace(role, place=None, hunt=Hunt("850", None, None, called=True))
    legs = {**world.state.legs, leg: replace(world.state.legs[leg], role=hunted)}
    world.state = replace(world.state, legs=legs)
    world.at(20.0)
    now = world.state.legs[leg].role
    assert isinstance(now, Parked)
    assert (now.comfort is not None) == comforted


@pytest.mark.rule("P-10")
def test_the_voice_prepares_the_sentence():
    assert WAIT in wording.prompts(COMFORT)
    assert "" not in wording.prompts(QUIET)
