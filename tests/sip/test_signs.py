"""When silence means that a far side is gone."""

import pytest

from appliance.sip import pjsua_account, pjsua_thread
from appliance.sip.signs import LATE, LONGEST, Signs, hear, is_gone

pytestmark = pytest.mark.rule("S-6", "S-8")

TIMER_F = 32.0
"""Seconds after which a question counts as unanswered (RFC 3261 section 17.1.2.2)."""


def heard(*instants: float) -> Signs:
    signs = Signs()
    for at in instants:
        signs = hear(signs, at)
    return signs


@pytest.mark.parametrize(
    ("instants", "gone"),
    [
        ((), False),  # nothing at all: the network may be away
        ((90.0,), False),  # before the question
        ((100.0,), True),
        ((110.0, 131.0), True),
        ((116.0,), True),
        ((117.0,), False),  # only just again: the far side has hardly been asked since
        ((131.9,), False),
    ],
)
def test_a_far_side_is_gone_when_its_pbx_answers_and_it_does_not(instants, gone):
    """S-6, S-8: asked at 100, no answer until 132."""
    assert is_gone(heard(*instants), 100.0, 100.0 + TIMER_F) is gone


def test_silence_of_everybody_counts_in_the_end():
    """S-8: a minute is nothing; S-6: but no slot is stuck."""
    assert not is_gone(Signs(), 100.0, 100.0 + 60.0 + TIMER_F - 3)
    assert is_gone(Signs(), 100.0, 100.0 + LONGEST + 1)


def test_a_busy_pbx_is_remembered_sparsely_and_long_enough():
    signs = Signs()
    for tick in range(100_000):
        signs = hear(signs, tick / 100)
    assert len(signs.heard) <= 32
    assert any(at <= 1000 - LATE - TIMER_F / 2 for at in signs.heard)


def test_the_constants_find_a_dead_leg_within_a_minute():
    """S-6: asked, waited for, and its PBX surely heard in time."""
    assert pjsua_thread.AUDIT_EVERY + TIMER_F < 60
    assert pjsua_account.PROBE_EVERY < LATE <= TIMER_F / 2
