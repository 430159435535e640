import itertools

import pytest

from appliance.core.ids import Seconds
from appliance.sip.digits import ECHO, Digits, Way, take

WAYS = list(itertools.permutations(Way, 2))


def new(*pressed):
    """Press keys, each (way, digit, instant); return those that were new ones."""
    digits, taken = Digits(), ""
    for way, digit, at in pressed:
        digits, is_new = take(digits, way, digit, Seconds(at))
        taken += digit if is_new else ""
    return taken


@pytest.mark.parametrize("way", Way)
def test_the_same_key_by_the_same_way_is_pressed_again(way):
    assert new((way, "1", 0.0), (way, "1", 0.1), (way, "1", 0.2)) == "111"


@pytest.mark.parametrize(("one", "other"), WAYS)
def test_a_key_that_is_told_in_two_ways_is_one(one, other):
    assert new((one, "1", 0.0), (other, "1", 0.1), (one, "1", 0.3), (other, "1", 0.4)) == "11"
    assert new((one, "1", 0.0), (one, "1", 0.2), (other, "1", 0.3), (other, "1", 0.5)) == "11"
    assert new((one, "6", 0.0), (one, "8", 0.2), (other, "6", 0.3), (other, "8", 0.5)) == "68"


def test_a_key_that_is_told_in_three_ways_is_one():
    assert new(*((way, "#", 0.1 * at) for at, way in enumerate(Way))) == "#"


@pytest.mark.parametrize(("one", "other"), WAYS)
def test_a_phone_may_use_another_way_after_a_while(one, other):
    """A transfer brings another phone to the far side."""
    assert new((one, "1", 0.0), (other, "1", ECHO + 0.1), (other, "2", ECHO + 0.2)) == "112"


@pytest.mark.parametrize(("one", "other"), WAYS)
def test_another_key_is_no_echo(one, other):
    assert new((one, "1", 0.0), (other, "2", 0.1)) == "12"


def test_what_is_long_ago_is_forgotten():
    digits = Digits()
    for at in range(1000):
        digits, _ = take(digits, Way.EVENT, "5", Seconds(at * 0.5))
    assert len(digits.told) <= 5
