import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.pa import relay
from appliance.pa.relay import Relay

AMP = Relay(lead=0.3, tail=2.0)


@pytest.mark.rule("A-1")
def test_it_closes_at_once_and_the_sound_waits_for_the_lead():
    closed = relay.close(AMP, 10.0)
    assert closed.closed
    assert relay.ready_at(closed) == pytest.approx(10.3)


@pytest.mark.rule("A-1")
def test_it_opens_after_the_tail_and_not_before():
    released = relay.release(relay.close(AMP, 10.0), 14.0)
    assert relay.advance(released, 15.99).closed
    assert not relay.advance(released, 16.0).closed


@pytest.mark.rule("A-1")
def test_a_page_within_the_tail_finds_it_closed_and_waits_for_no_second_lead():
    released = relay.release(relay.close(AMP, 10.0), 14.0)
    again = relay.close(released, 15.0)
    assert relay.ready_at(again) == pytest.approx(10.3)
    assert relay.advance(again, 1000.0).closed


def test_a_second_release_does_not_lengthen_the_tail():
    released = relay.release(relay.close(AMP, 10.0), 14.0)
    assert relay.release(released, 15.0) == released


def test_an_open_relay_stays_open():
    assert relay.release(AMP, 5.0) == AMP
    assert relay.advance(AMP, 5.0) == AMP


def test_asking_an_open_relay_when_to_sound_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="close it first"):
        relay.ready_at(AMP)


@pytest.mark.rule("A-2")
@given(st.lists(st.tuples(st.sampled_from(["close", "release", "cut"]), st.floats(0, 5))))
def test_it_is_due_to_open_whenever_no_page_holds_it(moves):
    now, each, held = 0.0, AMP, False
    for move, later in moves:
        now += later
        each = relay.advance(each, now)
        if move == "close":
            each, held = relay.close(each, now), True
        else:
            each, held = (relay.release(each, now) if move == "release" else relay.cut(each)), False
        assert held == (each.closed and each.open_at is None)
        assert held or not relay.advance(each, now + AMP.tail).closed
