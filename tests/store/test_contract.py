"""What `port.Journal` promises, proven of the one on the disk and of the one in memory alike."""

import threading
import time

import pytest

from appliance.core.ids import LegId
from tests.store.legs import by_id, parked, talking
from tests.store.rigs import LIMIT, PATIENCE, DiskRig, MemoryRig, until

ONE, TWO, THREE = parked(1), parked(2), talking(-3, 1)


@pytest.fixture(params=[MemoryRig, DiskRig], ids=["memory", "disk"])
def rig(request, tmp_path, monkeypatch):
    return request.param(tmp_path, monkeypatch)


@pytest.mark.rule("S-1")
async def test_what_was_written_is_found_by_the_next_process(rig):
    """S-1: a leg that landed is there after us; one that is gone is not."""
    async with rig.process() as found:
        assert found == {}
        await rig.landed(by_id(ONE, TWO, THREE))
        await rig.landed({}, (TWO.id,))
    assert await rig.found() == by_id(ONE, THREE)
    assert rig.faults == []


async def test_a_leg_is_kept_as_it_was_written_last(rig):
    async with rig.process():
        await rig.landed(by_id(ONE))
        await rig.landed(by_id(parked(1, since=2000)))
    assert await rig.found() == by_id(parked(1, since=2000))


async def test_the_first_write_replaces_what_an_earlier_process_left(rig):
    async with rig.process():
        await rig.landed(by_id(ONE, TWO))
    async with rig.process() as found:
        assert found == by_id(ONE, TWO)
        await rig.landed(by_id(THREE))
        await rig.landed(by_id(ONE))
    assert await rig.found() == by_id(ONE, THREE)


async def test_an_empty_first_write_replaces_it_too(rig):
    async with rig.process():
        await rig.landed(by_id(ONE))
    async with rig.process():
        await rig.landed({})
    assert await rig.found() == {}


async def test_a_process_that_writes_nothing_leaves_everything(rig):
    async with rig.process():
        await rig.landed(by_id(ONE))
    async with rig.process():
        pass
    assert await rig.found() == by_id(ONE)


async def test_landings_come_later_in_order_on_the_loop_and_once(rig):
    landed = []
    async with rig.process():
        for number in range(1, 51):
            rig.journal.write(
                by_id(parked(number)), (), lambda number=number: landed.append((number, threading.get_ident()))
            )
        assert landed == []
        await until(lambda: len(landed) == 50, "all landed")
    assert landed == [(number, threading.get_ident()) for number in range(1, 51)]
    assert len(await rig.found()) == 50


async def test_a_write_that_changes_nothing_lands_after_those_before_it(rig):
    landed = []
    async with rig.process():
        await rig.landed(by_id(ONE))
        rig.journal.write(by_id(TWO), (), lambda: landed.append("changed"))
        rig.journal.write({}, (), lambda: landed.append("nothing"))
        await until(lambda: len(landed) == 2, "both landed")
    assert landed == ["changed", "nothing"]


async def test_what_is_gone_and_comes_back_is_there(rig):
    async with rig.process():
        rig.journal.write(by_id(ONE), ())
        rig.journal.write({}, [ONE.id])
        rig.journal.write(by_id(ONE), ())
        rig.journal.write(by_id(TWO), ())
        await rig.landed({}, (TWO.id,))
    assert await rig.found() == by_id(ONE)


async def test_the_mapping_may_be_changed_after_the_write(rig):
    changed, gone = by_id(ONE), [TWO.id]
    async with rig.process():
        await rig.landed(by_id(TWO, THREE))
        rig.journal.write(changed, gone)
        changed.clear()
        gone.append(THREE.id)
        await rig.landed({})
    assert await rig.found() == by_id(ONE, THREE)


async def test_stop_writes_what_is_still_to_be_written(rig):
    landed = []
    async with rig.process():
        rig.journal.write(by_id(ONE, TWO), (), lambda: landed.append(1))
    assert landed == [1]
    assert await rig.found() == by_id(ONE, TWO)


async def test_a_write_after_the_end_lands_and_is_not_kept(rig):
    async with rig.process():
        await rig.landed(by_id(ONE))
    await rig.landed(by_id(TWO))
    assert await rig.found() == by_id(ONE)


@pytest.mark.rule("S-1")
async def test_a_disk_that_hangs_lets_everybody_go_on_without_the_promise(rig):
    """S-1: a broken disk is reported and does not stop parking; when it is well again everything is on it."""
    landed = []
    async with rig.process():
        await rig.landed(by_id(ONE))
        rig.hang()
        began = time.monotonic()
        rig.journal.write(by_id(TWO), (), lambda: landed.append(2))
        await until(lambda: landed, "let go")
        assert time.monotonic() - began >= PATIENCE * 0.9
        assert len(rig.faults) == 1
        assert "has not answered" in rig.faults[0]
        rig.journal.write(by_id(THREE), (), lambda: landed.append(3))
        await until(lambda: len(landed) == 2, "nobody waits for a disk that is known to hang")
        rig.go_on()
        await until(lambda: rig.faults[1:] == [""], "well again")
        await rig.landed({})
    assert landed == [2, 3]
    assert len(rig.faults) == 2
    assert await rig.found() == by_id(ONE, TWO, THREE)


async def test_a_hang_is_told_even_when_nobody_waits(rig):
    async with rig.process():
        await rig.landed(by_id(ONE))
        rig.hang()
        rig.journal.write(by_id(TWO), ())
        await until(lambda: rig.faults, "told")
        rig.go_on()
        await until(lambda: rig.faults[1:] == [""], "well again")


@pytest.mark.rule("S-1")
async def test_a_disk_that_refuses_stops_the_promise_and_nothing_else(rig):
    """S-1: what a full or broken disk could not take is kept in RAM, and written whole when the disk is well again."""
    async with rig.process():
        await rig.landed(by_id(ONE, TWO))
        rig.break_it()
        await rig.landed(by_id(THREE), (ONE.id,))
        await until(lambda: len(rig.faults) == 1 and rig.faults[0], "told")
        await rig.landed(by_id(parked(4)))
        assert len(rig.faults) == 1
        rig.mend()
        await until(lambda: rig.faults[1:] == [""], "well again")
        await rig.landed(by_id(parked(5)))
    assert await rig.found() == by_id(TWO, THREE, parked(4), parked(5))
    assert len(rig.faults) == 2


async def test_cost_is_known_after_the_first_write(rig):
    async with rig.process():
        assert rig.journal.cost() == 0.0
        await rig.landed(by_id(ONE))
        assert 0.0 < rig.journal.cost() < LIMIT


@pytest.mark.rule("S-9")
async def test_the_beat_goes_on_when_there_is_nothing_to_do_and_when_the_disk_hangs(rig):
    """S-9: the watchdog sees a writer that lives; a disk that hangs is told as a fault and is no reason to start again."""
    async with rig.process():
        before = rig.journal.beat()
        await until(lambda: rig.journal.beat() > before + 1.1, "a beat while idle")
        rig.hang()
        rig.journal.write(by_id(ONE), ())
        await until(lambda: rig.faults, "told")
        before = rig.journal.beat()
        await until(lambda: rig.journal.beat() > before + 1.1, "a beat while the disk hangs")
        rig.go_on()
        await until(lambda: rig.faults[1:] == [""], "well again")


async def test_leg_ids_of_either_sign_are_kept(rig):
    legs = by_id(*(parked(number) for number in (1, 2**62, -1, -(2**62))))
    async with rig.process():
        await rig.landed(legs)
    assert await rig.found() == legs
    assert LegId(0) not in legs
