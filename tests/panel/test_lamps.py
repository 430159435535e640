"""Lamps on a loop: pictures in, levels of lines out (B-5), the lamp test (B-7), the end (A-2)."""

import asyncio

import pytest

from appliance.core.lamp import Lamp
from tests.panel.clock import scene
from tests.panel.desk import LAMPS, ONE, TWO, WEB, YARD, Desk, after, desk


@scene
@pytest.mark.rule("B-7")
async def test_two_keys_of_one_panel_for_three_seconds_light_every_lamp_for_two():
    async with desk() as bench:
        bench.panels.show({TWO: Lamp.STEADY})
        bench.inputs.press("contact 1")
        bench.inputs.press("contact 2")
        await bench.until(3.5)
        assert bench.outputs.levels() == {**dict.fromkeys((*LAMPS, "status"), True), "amp": False}
        assert bench.panels.lamps()[ONE] is Lamp.OFF
        bench.inputs.release("contact 1")
        bench.inputs.release("contact 2")
        await bench.until(6.0)
        assert bench.presses() == []
        lit = (after(3), True)
        dark = (after(5), False)
        assert [bench.changes(line) for line in ("lamp 1", "lamp 2", "yard lamp")] == [
            [lit, dark],
            [(0.0, True)],
            [lit, dark],
        ]


@scene
@pytest.mark.rule("B-5")
async def test_lamps_show_their_patterns_from_the_instant_they_are_told():
    async with desk() as bench:
        await bench.until(0.3)
        bench.panels.show({ONE: Lamp.SLOW, TWO: Lamp.STEADY, YARD: Lamp.DOUBLE_BLINK})
        await bench.until(1.35)
        assert bench.changes("lamp 1") == [(0.3, True), (0.8, False), (1.3, True)]
        assert bench.changes("lamp 2") == [(0.3, True)]
        assert bench.changes("yard lamp") == [(0.3, True), (0.4, False), (0.5, True), (0.6, False), (1.3, True)]


@scene
@pytest.mark.rule("B-5")
async def test_lamps_at_all_panels_go_out_together():
    async with desk() as bench:
        bench.panels.show({ONE: Lamp.FAST, YARD: Lamp.STEADY})
        await bench.until(1.26)
        bench.panels.show({})
        assert bench.changes("lamp 1")[-1] == bench.changes("yard lamp")[-1] == (1.26, False)
        await bench.until(5.0)
        assert bench.changes("lamp 1")[-1] == (1.26, False)


@scene
@pytest.mark.rule("B-5")
async def test_the_same_picture_again_does_not_break_a_pattern():
    async with desk() as bench:
        bench.panels.show({ONE: Lamp.SLOW})
        await bench.until(0.3)
        bench.panels.show({ONE: Lamp.SLOW, TWO: Lamp.SLOW})
        await bench.until(0.9)
        assert bench.changes("lamp 1") == [(0.0, True), (0.5, False)]
        assert bench.changes("lamp 2") == [(0.3, True), (0.8, False)]


@scene
@pytest.mark.rule("B-5")
async def test_every_lamp_of_the_core_has_a_pattern():
    async with desk() as bench:
        for lamp in Lamp:
            bench.panels.show({ONE: lamp})
            assert bench.panels.lamps() == {ONE: lamp, TWO: Lamp.OFF, WEB: Lamp.OFF, YARD: Lamp.OFF}
            assert bench.outputs.levels()["lamp 1"] == (lamp is not Lamp.OFF)


@scene
@pytest.mark.rule("B-5")
async def test_the_status_lamp_tells_whether_the_box_is_registered():
    async with desk() as bench:
        await bench.until(2.0)
        bench.panels.show_status(registered=True)
        await bench.until(5.0)
        bench.panels.show_status(registered=True)
        bench.panels.show_status(registered=False)
        await bench.until(6.5)
    told = bench.changes("status")
    assert told[:4] == [(0.0, True), (0.1, False), (0.3, True), (0.4, False)]
    assert told[4:] == [
        (2.0, True),
        (2.1, False),
        (4.0, True),
        (4.1, False),
        (5.0, True),
        (5.1, False),
        (5.3, True),
        (5.4, False),
    ]


@scene
@pytest.mark.rule("B-5")
async def test_a_picture_from_before_the_start_is_shown_at_the_start():
    bench = Desk()
    bench.panels.show({ONE: Lamp.STEADY})
    bench.panels.show_status(registered=True)
    assert bench.outputs.history == ()
    await bench.panels.start()
    assert bench.outputs.levels()["lamp 1"]
    await bench.panels.stop()


@scene
async def test_lamps_that_fail_are_reported_and_lit_when_they_are_back():
    async with desk() as bench:
        bench.panels.show_status(registered=True)
        await bench.until(0.2)
        bench.outputs.unplug()
        bench.panels.show({ONE: Lamp.STEADY})
        assert [(at, detail.count("lamp 1")) for at, detail in bench.faults()] == [(0.2, 1)]
        await bench.until(0.7)
        bench.outputs.plug()
        await bench.until(1.9)
        assert bench.changes("lamp 1") == [(1.0, True)]
        assert bench.faults()[-1] == (1.0, "")


@scene
@pytest.mark.rule("A-2")
async def test_the_end_leaves_every_lamp_dark_and_nothing_running():
    async with desk() as bench:
        bench.panels.show({ONE: Lamp.STEADY, YARD: Lamp.FLICKER})
        await bench.until(0.31)
    assert not any(bench.outputs.levels().values())
    bench.inputs.press("contact 1")
    await asyncio.sleep(10)
    bench.panels.show({ONE: Lamp.STEADY})
    await bench.panels.stop()
    assert not any(bench.outputs.levels().values())
    assert bench.presses() == []
    assert len(asyncio.all_tasks()) == 1
