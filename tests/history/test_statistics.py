"""Counts as exact numbers (P-33)."""

from datetime import UTC, timedelta, timezone

import pytest

from appliance.core.ids import Party
from appliance.history import statistics
from appliance.history.statistics import Statistics
from appliance.history.stay import Stay


def stay(waited=None, ending="", place="701", at=0.0, said=0):
    ended = None if waited is None else at + waited
    return Stay(1, at, place, parker=Party("101"), ended_at=ended, ending=ending, announcements=said, waited=waited)


@pytest.mark.rule("P-33")
def test_a_day_is_counted():
    day = [stay(float(n), "retrieved", at=3600.0 * 8, said=1) for n in range(1, 20)]
    day += [stay(100.0, "recalled", place="702", at=3600.0 * 9, said=5)]
    day += [stay(500.0, "abandoned", place="702", at=3600.0 * 9, said=9), stay(60.0, "lost", place=""), stay()]
    found = statistics.of(day, UTC)
    assert found == Statistics(
        parked=23,
        waiting=1,
        endings={"abandoned": 1, "lost": 1, "recalled": 1, "retrieved": 19},
        median=10.0,
        percentile_95=19.0,
        longest=100.0,
        announcements_per_pick_up=1.2,
        by_place={"": 1, "701": 20, "702": 2},
        by_hour={0: 2, 8: 19, 9: 2},
    )


@pytest.mark.rule("P-33")
def test_hours_are_those_of_the_site():
    assert statistics.of([stay(at=3600.0 * 23.5)], timezone(timedelta(hours=1))).by_hour == {0: 1}


@pytest.mark.rule("P-33")
def test_a_day_without_a_call():
    found = statistics.of([], UTC)
    assert (found.parked, found.median, found.announcements_per_pick_up) == (0, None, None)


@pytest.mark.rule("P-33")
def test_one_call_is_median_and_longest():
    found = statistics.of([stay(7.0, "handed_over", said=2)], UTC)
    assert (found.median, found.percentile_95, found.longest, found.announcements_per_pick_up) == (7.0, 7.0, 7.0, 2.0)
