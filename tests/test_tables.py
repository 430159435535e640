"""What is printed, word by word (P-33)."""

import pytest

from appliance import tables

COUNTS = {
    "timezone": "Europe/Berlin",
    "parked": 40,
    "waiting": 1,
    "endings": {"abandoned": 2, "handed_over": 1, "lost": 1, "retrieved": 35},
    "median": 12.4,
    "percentile_95": 61.0,
    "longest": 600.0,
    "announcements_per_pick_up": 1.25,
    "by_place": {"": 1, "102": 39},
    "by_hour": {"8": 30, "13": 10},
}


@pytest.mark.rule("P-33")
def test_statistics() -> None:
    assert tables.statistics(COUNTS) == [
        "parked calls               40",
        "waiting now                1",
        "abandoned                  2 (5.0 %)",
        "lost                       1 (2.5 %)",
        "handed over                1",
        "retrieved                  35",
        "wait, median               12 s",
        "wait, 95 of 100 below      1 min 01 s",
        "wait, longest              10 min 00 s",
        "announcements per pick-up  1.2",
        "place -                    1",
        "place 102                  39",
        "from 08:00                 30",
        "from 13:00                 10",
    ]


@pytest.mark.rule("P-33")
def test_statistics_of_nothing() -> None:
    nothing = {
        **COUNTS,
        "parked": 0,
        "waiting": 0,
        "endings": {},
        "median": None,
        "percentile_95": None,
        "longest": None,
        "announcements_per_pick_up": None,
        "by_place": {},
        "by_hour": {},
    }
    assert tables.statistics(nothing)[2:5] == [
        "abandoned                  0",
        "lost                       0",
        "wait, median               -",
    ]


@pytest.mark.rule("P-33")
@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Europe/Berlin", "2026-03-29 03:30:00"), ("Nowhere/Land", "2026-03-29 01:30:00"), ("", "2026-03-29 01:30:00")],
)
def test_history_in_the_time_of_the_site(zone: str, shown: str) -> None:
    nobody = {"number": "", "name": ""}
    record = {
        "place": "",
        "group": "Verkauf",
        "parker": {"number": "101", "name": "Peter Braun"},
        "caller": nobody,
        "parked_at": 1774747800.0,
        "ended_at": None,
        "waited": None,
        "ending": "",
        "taker": nobody,
        "announcements": 2,
        "steps": [],
    }
    head, line = tables.history({"timezone": zone, "records": [record]})
    assert line == f"{shown}  -      Verkauf  -       Peter Braun 101  -       2     waiting  -"
    assert head.index("said") == line.index("2     waiting")
