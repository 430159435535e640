"""Short form of everything that needs a box of its own: a bad wire, a bad disk, a bad PBX, too many callers."""

import pytest

from tests.chaos import crashes, crowded, machine, outside

pytestmark = pytest.mark.e2e


@pytest.mark.rule("S-2", "S-5")
def test_two_who_talk_through_the_box_hear_each_other_again(stage, good, dice):
    """S-2: both legs of a bridged pair are taken over and joined again."""
    good(crashes.kill_between_two(stage, dice, 8))


@pytest.mark.rule("S-3")
def test_a_pbx_that_refuses_replaces(stage, good, dice):
    """S-3: the status says so before; after a crash the places are free, and the parker is told of each."""
    good(outside.pbx_refuses(stage, dice, 2))


@pytest.mark.rule("S-8")
def test_the_cable_is_out_for_a_while(stage, good, dice):
    """S-8: no parked call lost, no slot stuck."""
    good(outside.cable_out(stage, dice, 8))


@pytest.mark.rule("S-8")
def test_a_wire_that_loses_a_fifth(stage, good, dice):
    """S-8: 20 % loss, re-ordered and doubled packets, SIP and RTP: parks and retrieves as ever."""
    good(outside.bad_weather(stage, dice, 8))


@pytest.mark.rule("S-1")
def test_a_full_disk(stage, good, dice):
    """S-1: reported, does not stop parking, and the promise is kept again when there is room."""
    good(machine.disk_full(stage, dice, 8))


@pytest.mark.rule("S-1")
def test_a_card_that_dies(stage, good, dice):
    """S-1: a broken disk is reported and does not stop parking; what was written before is still taken over."""
    good(machine.card_dies(stage, dice, 8))


@pytest.mark.rule("S-12")
def test_more_callers_than_places_and_legs(stage, good, dice):
    """S-12: refusals with the right tone or code, no gap for those who wait, lamps alive."""
    good(crowded.crowded(stage, dice, 12))
