"""The panels on a loop: edges from anywhere in, presses and faults out (B-4, B-7)."""

import asyncio
import math
import threading
from dataclasses import replace

import pytest

from appliance.core.events import Press
from appliance.core.ids import KeyId
from appliance.core.lamp import Lamp
from appliance.errors import AdapterError
from appliance.panel.port import KeyLines, PanelWiring
from tests.panel.clock import START, play, scene
from tests.panel.desk import ONE, WEB, WIRING, YARD, Desk, after, desk

SHORT, LONG = Press.SHORT, Press.LONG


@scene
@pytest.mark.rule("B-4")
async def test_a_press_becomes_an_event_a_debounce_after_its_release():
    async with desk() as bench:
        await bench.hold("contact 1", 0.2)
        await bench.until(0.5)
        assert bench.presses() == [(after(0.2), ONE, SHORT)]


@scene
@pytest.mark.rule("B-4")
async def test_a_long_press_is_told_while_it_lasts():
    async with desk() as bench:
        await bench.hold("yard contact", 5.0)
        await bench.until(6.0)
        assert bench.presses() == [(after(1.5), YARD, LONG)]


@scene
@pytest.mark.rule("B-7")
async def test_a_contact_that_bounces_gives_one_press():
    async with desk() as bench:
        for _ in range(7):
            await bench.hold("contact 1", 0.002)
            await asyncio.sleep(0.003)
        await bench.hold("contact 1", 0.1)
        for _ in range(7):
            await asyncio.sleep(0.004)
            await bench.hold("contact 1", 0.001)
        await bench.until(2.0)
        assert [(key, press) for _, key, press in bench.presses()] == [(ONE, SHORT)]


@scene
@pytest.mark.rule("B-8")
async def test_a_hundred_presses_a_second_are_a_hundred_presses():
    async with desk() as bench:
        for _ in range(25):
            for contact in ("contact 1", "contact 2", "yard contact"):
                bench.inputs.press(contact)
            await asyncio.sleep(0.016)
            for contact in ("contact 1", "contact 2", "yard contact"):
                bench.inputs.release(contact)
            await asyncio.sleep(0.016)
        await asyncio.sleep(0.1)
        assert len(bench.presses()) == 75


@scene
async def test_edges_come_from_any_thread():
    async with desk() as bench:
        for move in (bench.inputs.press, bench.inputs.release):
            hand = threading.Thread(target=move, args=("contact 1",))
            hand.start()
            hand.join()
            await asyncio.sleep(0.1)
        assert [(key, press) for _, key, press in bench.presses()] == [(ONE, SHORT)]


@scene
async def test_an_edge_that_was_never_told_is_found_by_the_re_read():
    async with desk() as bench:
        bench.inputs.unplug()
        bench.inputs.press("contact 1")
        bench.inputs.plug()
        await bench.until(1.5)
        bench.inputs.release("contact 1")
        await bench.until(2.5)
        assert bench.presses() == [(after(1.5), ONE, SHORT)]


@scene
async def test_a_contact_that_is_no_key_of_the_panels_is_none_of_their_business():
    async with desk() as bench:
        await bench.hold("fire alarm", 2.0)
        await bench.until(3.0)
        assert bench.posted == []


@scene
@pytest.mark.rule("B-7")
async def test_a_stuck_key_is_reported_once_and_ignored_and_the_report_is_taken_back():
    async with desk() as bench:
        await bench.hold("contact 1", 200.0)
        await bench.until(201.0)
        await bench.hold("contact 1", 0.1)
        await bench.until(202.0)
        stuck = "key counter.1 has been down for 60 s and is ignored until it is released"
        assert bench.faults() == [(after(60), stuck), (after(200), "")]
        assert bench.presses() == [(after(1.5), ONE, LONG), (after(201.1), ONE, SHORT)]


@scene
@pytest.mark.rule("B-7")
async def test_a_key_that_is_down_at_the_start_is_no_press():
    bench = Desk()
    bench.inputs.press("contact 1")
    await bench.panels.start()
    await bench.until(2.0)
    bench.inputs.release("contact 1")
    await bench.until(3.0)
    await bench.hold("contact 1", 0.1)
    await bench.until(4.0)
    await bench.panels.stop()
    assert bench.presses() == [(after(3.1), ONE, SHORT)]


@scene
@pytest.mark.rule("B-7")
async def test_two_keys_of_two_panels_are_two_presses():
    async with desk() as bench:
        bench.inputs.press("contact 1")
        bench.inputs.press("yard contact")
        await bench.until(4.0)
        assert {(key, press) for _, key, press in bench.presses()} == {(ONE, LONG), (YARD, LONG)}
        assert bench.changes("lamp 1") == []


@scene
@pytest.mark.rule("B-4", "B-7")
async def test_a_key_without_a_contact_is_pressed_by_command_and_by_the_same_rules():
    async with desk() as bench:
        bench.panels.press(WEB, 0.0)
        bench.panels.press(ONE, 1.4)
        await bench.until(2.0)
        bench.panels.press(WEB, 1.5)
        await bench.until(4.0)
        assert bench.presses() == [(0.0, WEB, SHORT), (1.4, ONE, SHORT), (3.5, WEB, LONG)]


@scene
@pytest.mark.rule("B-7")
async def test_two_commands_that_overlap_are_two_presses_and_a_chord_by_command_is_a_lamp_test():
    async with desk() as bench:
        bench.panels.press(WEB, 0.3)
        await bench.until(0.1)
        bench.panels.press(WEB, 0.3)
        await bench.until(1.0)
        assert bench.presses() == [(0.1, WEB, SHORT), (0.4, WEB, SHORT)]
        bench.panels.press(WEB, 4.0)
        bench.panels.press(ONE, 4.0)
        await bench.until(4.5)
        assert bench.outputs.levels()["yard lamp"]
        assert len(bench.presses()) == 2


@scene
async def test_a_key_that_there_is_not_is_refused_with_those_there_are():
    async with desk() as bench:
        there = r"no key counter\.9; keys there are: counter\.1, counter\.2, counter\.web, yard\.1"
        with pytest.raises(AdapterError, match=there):
            bench.panels.press(KeyId("counter", "9"), 0.1)
        with pytest.raises(AdapterError, match=there):
            bench.panels.show({KeyId("counter", "9"): Lamp.STEADY})


@scene
async def test_a_hold_that_is_no_time_is_refused():
    async with desk() as bench:
        for hold in (-0.1, math.nan, math.inf):
            with pytest.raises(AdapterError, match="held for"):
                bench.panels.press(ONE, hold)
        assert bench.posted == []


@scene
async def test_panels_that_do_not_run_press_nothing():
    bench = Desk()
    with pytest.raises(AdapterError, match="not running"):
        bench.panels.press(ONE, 0.1)


@scene
@pytest.mark.rule("S-9")
async def test_the_beat_goes_on_while_the_loop_is_well():
    async with desk() as bench:
        beats = []
        for second in range(1, 10):
            await bench.until(second + 0.5)
            beats.append(bench.clock() - bench.panels.beat())
        assert max(beats) <= 1.0


@scene
async def test_inputs_that_fail_are_reported_once_and_taken_back():
    async with desk() as bench:
        bench.inputs.unplug()
        await bench.until(3.5)
        assert [at for at, _ in bench.faults()] == [1.0]
        assert "unplugged" in bench.faults()[0][1]
        bench.inputs.plug()
        await bench.until(4.5)
        assert bench.faults()[1:] == [(4.0, "")]
        await bench.hold("contact 1", 0.1)
        await bench.until(5.0)
        assert [(key, press) for _, key, press in bench.presses()] == [(ONE, SHORT)]


def test_an_error_of_ours_is_told_to_the_loop_and_ends_neither_keys_nor_lamps():
    async def run() -> None:
        async with desk() as bench:
            whole, bench.outputs.write = bench.outputs.write, lambda *_, **__: 1 / 0
            await bench.until(0.15)
            bench.outputs.write = whole
            await bench.until(1.5)
            assert bench.clock() - bench.panels.beat() <= 1.0
            await bench.hold("contact 1", 0.2)
            await bench.until(3.0)
            assert [(key, press) for _, key, press in bench.presses()] == [(ONE, SHORT)]
            assert bench.clock() - bench.panels.beat() <= 1.0

    play(run(), errors=("ZeroDivisionError('division by zero')",))


def test_an_edge_after_the_end_of_the_loop_is_nobody_s_business():
    benches = []

    async def run() -> None:
        async with desk() as bench:
            benches.append(bench)

    play(run())
    benches[0].inputs.press("contact 1")
    assert benches[0].posted == []


@pytest.mark.rule("B-9")
@pytest.mark.parametrize(
    ("lines", "named"),
    [(KeyLines(ONE, contact="contact 9"), "contact 9"), (KeyLines(ONE, lamp="lamp 9"), "lamp 9")],
)
def test_a_line_that_the_hardware_does_not_have_stops_the_start(lines, named):
    async def run() -> None:
        bench = Desk(replace(WIRING, keys=(lines,)))
        with pytest.raises(AdapterError, match=f"called '?{named}"):
            await bench.panels.start()
        await asyncio.sleep(10)
        assert not any(bench.outputs.levels().values())

    play(run())


@scene
@pytest.mark.rule("B-10")
async def test_inputs_that_cannot_be_read_stop_the_start():
    bench = Desk()
    bench.inputs.unplug()
    with pytest.raises(AdapterError, match="unplugged"):
        await bench.panels.start()


@scene
async def test_a_box_without_keys_and_lamps_runs():
    bench = Desk(PanelWiring())
    await bench.panels.start()
    await bench.until(5.0)
    assert bench.clock() - bench.panels.beat() <= 1.0
    await bench.panels.stop()
    assert bench.begun == START
