"""Who is told when: in order, once, and never well again while somebody's call is not on the disk."""

import asyncio

import pytest

from appliance.core.events import AdapterFault
from appliance.faults import Faults
from appliance.store.faults import ADAPTER
from appliance.store.landings import Landings
from tests.store.rigs import until

SILENT = AdapterFault("journal", "silent")
REFUSES = AdapterFault("journal", "refuses")
WELL = AdapterFault("journal", "")


class Desk:
    """Landings, what they posted, and who was told."""

    def __init__(self, patience: float = 60.0) -> None:
        self.events: list[AdapterFault] = []
        self.told: list[str] = []
        self.landings = Landings(Faults(self.events.append, ADAPTER), asyncio.get_running_loop(), patience, "silent")

    def expect(self, name: str) -> None:
        self.landings.expect(lambda: self.told.append(name))


async def test_all_up_to_a_number_are_told():
    desk = Desk()
    for name in "abc":
        desk.expect(name)
    desk.landings.durable(2)
    assert desk.told == ["a", "b"]
    desk.landings.durable(2)
    desk.landings.durable(3)
    assert desk.told == ["a", "b", "c"]
    assert desk.events == []


@pytest.mark.rule("S-1")
async def test_it_is_well_again_only_when_everybody_who_was_told_is_safe():
    desk = Desk()
    desk.expect("a")
    desk.landings.broken("refuses")
    assert desk.told == ["a"]
    desk.expect("b")
    assert desk.told == ["a"], "later, never within the write"
    await asyncio.sleep(0)
    assert desk.told == ["a", "b"]
    desk.landings.durable(1)
    assert desk.events == [REFUSES]
    desk.landings.durable(2)
    assert desk.events == [REFUSES, WELL]
    desk.expect("c")
    await asyncio.sleep(0)
    assert desk.told == ["a", "b"], "waited for again"
    desk.landings.durable(3)
    assert desk.told == ["a", "b", "c"]


@pytest.mark.rule("S-1")
async def test_patience_ends_for_all_at_once_and_late_news_tells_nobody_twice():
    desk = Desk(patience=0.01)
    desk.expect("a")
    desk.expect("b")
    await until(lambda: len(desk.told) == 2, "told")
    assert desk.told == ["a", "b"]
    assert desk.events == [SILENT]
    desk.landings.durable(2)
    assert desk.told == ["a", "b"]
    assert desk.events == [SILENT, WELL]


async def test_another_reason_is_told_and_the_same_is_not():
    desk = Desk()
    for detail in ("silent", "refuses", "refuses"):
        desk.landings.broken(detail)
    assert desk.events == [SILENT, REFUSES]


async def test_the_end_tells_whoever_waits():
    desk = Desk()
    desk.expect("a")
    desk.landings.expect(None)
    desk.landings.close()
    assert desk.told == ["a"]
