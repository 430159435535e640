"""The bus on simulated cards: what the loudspeakers played and what the relays did, when."""

import asyncio
import dataclasses
import time

import numpy as np
import pytest

from appliance.core.events import PageEnded, PageStarted
from appliance.errors import AdapterError
from appliance.pa import levels, tones
from appliance.pa.bus import PaBus
from appliance.pa.port import PaSettings, Reason, ZoneSettings
from hardware.ports import HardwareError
from hardware.sim import SimCards, SimOutputs
from tests.pa.stage import QUIET, RATE, SHOP, VOICE, Stage, kinds, samples, share, stretches

BLOCK = PaSettings().block


@pytest.mark.rule("A-1", "A-7", "A-11")
async def test_a_page_is_chime_and_speech_after_the_lead_and_within_the_relay(tmp_path):
    async with Stage(tmp_path, SHOP) as stage:
        await stage.ready()
        stage.announce(1)
        assert stage.outputs.levels()["amp"], "the relay closes within the order"
        await stage.until(PageEnded(1))
        await stage.until_true(lambda: not stage.outputs.levels()["amp"])
        (_, closed), (_, opened) = stage.relay()
        sounding = stage.sounding()
        assert sounding[0].at >= closed + SHOP.lead
        assert opened >= sounding[-1].heard_at + SHOP.tail
        chime, speech = stretches(stage.heard())
        assert share(chime[: RATE // 3], tones.E5) > 0.7
        assert share(speech, VOICE) > 0.95
        assert speech.size / RATE == pytest.approx(0.5, abs=0.001)
        assert levels.peak(stage.heard()) <= levels.CEILING + 1e-4
        assert kinds(stage.told()) == ["started 1", "ended 1"]


@pytest.mark.rule("A-1", "A-3")
async def test_two_pages_are_said_one_at_a_time_and_the_relay_does_not_click(tmp_path):
    async with Stage(tmp_path, QUIET) as stage:
        await stage.ready()
        stage.announce(1)
        stage.announce(2)
        await stage.until(PageEnded(1), PageEnded(2))
        await stage.until_true(lambda: not stage.outputs.levels()["amp"])
        assert [active for active, _ in stage.relay()] == [True, False]
        assert [part.size / RATE for part in stretches(stage.heard())] == pytest.approx([0.5, 0.5], abs=0.001)
        assert kinds(stage.told()) == ["started 1", "ended 1", "started 2", "ended 2"]


@pytest.mark.rule("A-9")
async def test_a_page_stopped_in_mid_word_is_silent_within_two_blocks_and_does_not_click(tmp_path):
    async with Stage(tmp_path, QUIET) as stage:
        stage.voice.seconds = 20.0
        await stage.ready()
        stage.announce(1)
        await stage.until(PageStarted(1))
        await stage.until_true(lambda: len(stage.sounding()) > 10)
        stage.stop_page(1)
        stopped = time.monotonic()
        await stage.until(PageEnded(1))
        late = [block for block in stage.sounding() if block.at > stopped]
        assert len(late) <= 3  # one was made already, one waits in `write`, one is the fade
        tail = samples(stage.sounding()[-4:])
        assert np.abs(np.diff(tail)).max() < 0.06  # the tone itself takes steps of 0.05
        assert abs(tail[-1]) < 0.001
        assert stage.told() == [PageStarted(1), PageEnded(1)]
        assert stage.bus.proofs()[-1].reason is Reason.STOPPED


@pytest.mark.rule("A-9")
async def test_a_page_that_waits_can_be_stopped_and_is_never_heard(tmp_path):
    async with Stage(tmp_path, QUIET) as stage:
        await stage.ready()
        stage.announce(1)
        stage.announce(2)
        stage.stop_page(2)
        assert stage.told() == [PageEnded(2)]
        await stage.until(PageEnded(1))
        assert len(stretches(stage.heard())) == 1
        (outlet,) = stage.bus._distinct()
        assert (outlet._clips, outlet._makers, outlet._ended) == ({}, {}, {}), "nothing is kept of pages that are over"


@pytest.mark.rule("A-16")
async def test_each_page_leaves_a_proof(tmp_path, caplog):
    caplog.set_level("INFO", logger="appliance.pa")
    async with Stage(tmp_path, QUIET) as stage:
        await stage.ready()
        stage.announce(1, text="Ein Anruf für Anna")
        await stage.until(PageEnded(1))
        (proof,) = stage.bus.proofs()
        sounding = stage.sounding()
        assert (proof.page, proof.zone, proof.reason, proof.failed) == (1, "shop", Reason.SAID, False)
        assert proof.relay_at <= stage.relay()[0][1]
        assert proof.relay_at + QUIET.lead <= proof.first_at <= sounding[0].at
        assert proof.first_at < proof.last_at <= sounding[-1].at
        assert proof.peak == pytest.approx(-12.0, abs=0.1)
        assert proof.mean == pytest.approx(-15.1, abs=0.3)
    (line,) = [record.getMessage() for record in caplog.records if "page over" in record.getMessage()]
    assert "page=1 zone=shop reason=said" in line
    assert "Anna" not in caplog.text


@pytest.mark.rule("A-16")
async def test_a_page_that_makes_no_sound_is_an_error(tmp_path, caplog):
    async with Stage(tmp_path, QUIET) as stage:
        stage.voice.error = AdapterError("espeak-ng is not installed")
        await stage.ready()
        stage.announce(1)
        await stage.until_true(stage.told)
        assert "neither voice nor chime" in stage.told()[0].fault
        assert stage.bus.proofs()[0].failed
        assert "ERROR" in caplog.text
        assert not stage.sounding()


@pytest.mark.rule("A-8")
async def test_without_a_voice_a_page_is_a_chime_and_the_fault_is_told_once(tmp_path):
    async with Stage(tmp_path, SHOP) as stage:
        stage.voice.error = AdapterError("espeak-ng is not installed")
        await stage.ready()
        stage.announce(1)
        stage.announce(2)
        await stage.until(PageEnded(1), PageEnded(2))
        assert [share(part[: RATE // 3], tones.E5) > 0.7 for part in stretches(stage.heard())] == [True, True]
        assert stage.faults("pa.speech") == ["espeak-ng is not installed; pages are a chime only"]
        stage.voice.error = None
        stage.announce(3)
        await stage.until(PageEnded(3))
        assert stage.faults("pa.speech")[1:] == [""]


@pytest.mark.rule("A-8")
async def test_a_voice_that_hangs_or_breaks_costs_the_words_only(tmp_path, caplog):
    async with Stage(tmp_path, SHOP, settings=PaSettings(patience=0.1)) as stage:
        await stage.ready()
        stage.voice.gate.clear()
        stage.announce(1)
        await stage.until(PageEnded(1))
        assert stage.faults("pa.speech") == ["the voice did not answer in time; pages are a chime only"]
        stage.voice.gate.set()
        stage.voice.error = RuntimeError("a bug")
        stage.announce(2)
        await stage.until(PageEnded(2))
        assert "page cannot be made" in caplog.text
        assert len(stretches(stage.heard())) == 2


@pytest.mark.rule("P-19")
async def test_a_page_without_words_is_the_chime(tmp_path):
    """P-19: the reminder; the voice is not asked, and so cannot fail."""
    async with Stage(tmp_path, SHOP) as stage:
        stage.voice.error = AdapterError("espeak-ng is not installed")
        await stage.ready()
        stage.announce(1, text="")
        await stage.until(PageEnded(1))
        assert [share(part[: RATE // 3], tones.E5) > 0.7 for part in stretches(stage.heard())] == [True]
        assert stage.faults("pa.speech") == []


def refuse(*_):
    raise HardwareError("the card USB is busy")


@pytest.mark.rule("A-17")
async def test_a_card_that_is_missing_is_told_once_and_the_page_waits_for_it(tmp_path):
    stage = Stage(tmp_path, QUIET)
    stage.cards.unplug("USB")
    async with stage:
        stage.announce(1)
        await stage.until_true(lambda: stage.faults("pa.shop"))
        assert stage.relay() == []
        assert stage.bus.zones()[0].waiting == (1,)
        await asyncio.sleep(0.7)  # a second try fails too
        stage.cards.open_output = refuse
        await asyncio.sleep(1.2)  # and a third, for another reason
        del stage.cards.open_output
        stage.cards.plug("USB")
        await stage.until(PageEnded(1))
        first, well = stage.faults("pa.shop")
        assert "zone shop: there is no card USB; cards there are: none" in first
        assert well == ""
        assert stage.told() == [PageStarted(1), PageEnded(1)]


@pytest.mark.rule("A-17")
async def test_a_card_that_is_pulled_in_mid_page_comes_back_and_the_page_is_said_from_its_start(tmp_path):
    async with Stage(tmp_path, QUIET) as stage:
        stage.voice.seconds = 1.0
        await stage.ready()
        stage.announce(1)
        await stage.until(PageStarted(1))
        before = len(stage.blocks())
        stage.cards.unplug("USB")
        await stage.until_true(lambda: stage.faults("pa.shop"))
        await stage.until_true(lambda: not stage.outputs.levels()["amp"], "the relay opens while there is no card")
        stage.cards.plug("USB")
        await stage.until(PageEnded(1))
        again = stretches(samples(stage.blocks()[before:]))[-1]
        assert again.size / RATE == pytest.approx(1.0, abs=0.001)
        assert stage.told() == [PageStarted(1), PageEnded(1)]
        assert [active for active, _ in stage.relay()] == [True, False, True]


@pytest.mark.rule("A-17")
async def test_one_card_that_is_missing_does_not_keep_the_other_zone_from_its_page(tmp_path):
    office = ZoneSettings("office", card="missing")
    async with Stage(tmp_path, QUIET, office) as stage:
        await stage.ready("shop")
        stage.announce(1, "office")
        stage.announce(2, "shop")
        await stage.until(PageEnded(2))
        assert stage.told() == [PageStarted(2), PageEnded(2)]
        assert len(stage.faults("pa.office")) == 1


@pytest.mark.rule("A-1")
async def test_zones_that_share_a_card_take_turns_and_only_the_pages_own_relay_is_closed(tmp_path):
    yard = dataclasses.replace(QUIET, name="yard", relay="horn", tail=5.0)
    async with Stage(tmp_path, yard, QUIET) as stage:
        await stage.ready()
        stage.announce(1, "yard")
        stage.announce(2, "shop")
        await stage.until(PageEnded(1), PageEnded(2))
        assert kinds(stage.told()) == ["started 1", "ended 1", "started 2", "ended 2"]
        (_, _), (horn_open, opened) = stage.relay("horn")
        assert not horn_open
        second = [block for block in stage.sounding() if block.at > opened]
        assert len(stretches(samples(second))) == 1
        assert opened >= max(block.heard_at for block in stage.sounding() if block.at <= opened)


@pytest.mark.rule("A-2")
async def test_a_page_is_cut_off_at_the_limit_and_the_relay_opens(tmp_path):
    async with Stage(tmp_path, dataclasses.replace(QUIET, max_page=0.5, tail=60.0)) as stage:
        stage.voice.seconds = 30.0
        await stage.ready()
        stage.announce(1)
        await stage.until_true(lambda: stage.told(PageEnded))
        assert "longest time of a page" in stage.told(PageEnded)[0].fault
        await stage.until_true(lambda: not stage.outputs.levels()["amp"])
        assert stage.bus.proofs()[0].reason is Reason.LIMIT
        begun = bool(stage.told(PageStarted))  # on a machine that is late the limit may come before the first sound
        assert (stage.bus.proofs()[0].last_at is not None) == begun


@pytest.mark.rule("A-3")
async def test_the_ninth_page_that_waits_is_refused(tmp_path):
    async with Stage(tmp_path, QUIET) as stage:
        stage.voice.gate.clear()
        await stage.ready()
        for page in range(1, 11):
            stage.announce(page)
        assert [event.page for event in stage.told()] == [10]
        assert "as many pages wait as may" in stage.told()[0].fault


async def test_stop_silences_everything_opens_the_relays_and_ends_every_page(tmp_path):
    stage = Stage(tmp_path, QUIET)
    async with stage:
        stage.voice.seconds = 30.0
        await stage.ready()
        stage.announce(1)
        stage.announce(2)
        await stage.until(PageStarted(1))
    assert {event.page for event in stage.told(PageEnded)} == {1, 2}
    assert not stage.outputs.levels()["amp"]
    assert abs(samples(stage.sounding()[-1:])[-1]) < 0.001, "it faded"
    stage.announce(3)
    assert stage.told()[-1] == PageEnded(3, "zone shop: the service does not run")
    await stage.bus.stop()


async def test_orders_for_zones_and_pages_that_are_not_there_are_answered(tmp_path):
    async with Stage(tmp_path, QUIET) as stage:
        stage.announce(1, "cellar")
        stage.stop_page(7)
        assert stage.told() == [PageEnded(1, "there is no zone cellar on this box")]


async def test_an_order_that_comes_twice_is_one_page(tmp_path):
    async with Stage(tmp_path, QUIET) as stage:
        await stage.ready()
        stage.announce(1)
        stage.announce(1)
        await stage.until(PageEnded(1))
        assert len(stretches(stage.heard())) == 1
        assert stage.told() == [PageStarted(1), PageEnded(1)]


async def test_a_zone_without_a_card_keeps_its_relay_closed_as_long_as_the_page_lasts(tmp_path):
    async with Stage(tmp_path, dataclasses.replace(QUIET, card="none")) as stage:
        await stage.ready()
        stage.announce(1)
        await stage.until(PageEnded(1))
        proof = stage.bus.proofs()[0]
        assert proof.last_at - proof.first_at > 0.4
        assert stage.told() == [PageStarted(1), PageEnded(1)]


async def test_a_zone_on_the_simulator_plays_to_the_card_of_its_own_name(tmp_path):
    async with Stage(tmp_path, dataclasses.replace(QUIET, card="sim")) as stage:
        await stage.ready()
        stage.announce(1)
        await stage.until(PageEnded(1))
        assert len(stretches(stage.heard("shop", stage.simulated))) == 1


@pytest.mark.rule("A-11")
async def test_a_chime_file_that_is_no_sound_is_a_fault_and_ding_dong(tmp_path):
    (tmp_path / "chime.wav").write_text("no sound")
    async with Stage(tmp_path, dataclasses.replace(SHOP, chime=str(tmp_path / "chime.wav"))) as stage:
        await stage.ready()
        stage.announce(1)
        await stage.until(PageEnded(1))
        assert "chime.wav cannot be read as sound" in stage.faults("pa.shop.chime")[0]
        assert share(stretches(stage.heard())[0][: RATE // 3], tones.E5) > 0.7


@pytest.mark.rule("S-9")
async def test_the_beat_goes_on_while_cards_are_fed_and_while_they_are_missing(tmp_path):
    async with Stage(tmp_path, QUIET, ZoneSettings("office", card="missing")) as stage:
        first = stage.bus.beat()
        await stage.until_true(lambda: stage.bus.beat() > first)
    assert PaBus((), PaSettings(), cards=SimCards(), outputs=SimOutputs(()), speaker=stage.voice, post=print).beat() > 0


def test_zones_that_cannot_be_are_mistakes_of_ours():
    def bus(*zones):
        PaBus(zones, PaSettings(), cards=SimCards(), outputs=SimOutputs(()), speaker=None, post=print)

    with pytest.raises(ValueError, match="two zones"):
        bus(SHOP, SHOP)
    with pytest.raises(ValueError, match="there is none"):
        bus(ZoneSettings("shop", card="sim"))


@pytest.mark.rule("A-2")
async def test_at_the_start_relays_are_driven_off_and_one_that_is_not_wired_is_an_error(tmp_path):
    stage = Stage(tmp_path, QUIET)
    stage.outputs.write("amp", active=True)
    async with stage:
        assert not stage.outputs.levels()["amp"]
    with pytest.raises(AdapterError, match="relay amp is not wired"):
        await Stage(tmp_path, QUIET, outputs=SimOutputs(["horn"])).bus.start()


@pytest.mark.rule("A-2")
async def test_a_relay_that_does_not_open_is_tried_until_it_does(tmp_path):
    async with Stage(tmp_path, QUIET) as stage:
        await stage.ready()
        stage.announce(1)
        await stage.until(PageStarted(1))
        stage.outputs.unplug()
        await stage.until_true(lambda: stage.faults("pa.shop.relay"))
        stage.outputs.plug()
        await stage.until_true(lambda: not stage.outputs.levels()["amp"])
        assert stage.faults("pa.shop.relay")[-1] == ""


async def test_an_order_before_the_start_is_answered_too(tmp_path):
    stage = Stage(tmp_path, QUIET)
    stage.announce(1)
    assert stage.told() == [PageEnded(1, "zone shop: the service does not run")]


@pytest.mark.rule("A-9")
@pytest.mark.parametrize("ticks", range(6))
async def test_a_page_stopped_just_when_its_voice_comes_ends_once_and_leaves_nothing(tmp_path, ticks):
    async with Stage(tmp_path, QUIET) as stage:
        await stage.ready()
        stage.voice.gate.clear()
        stage.announce(1)
        await stage.until_true(lambda: stage.voice.asked)
        stage.voice.gate.set()
        for _ in range(ticks):
            await asyncio.sleep(0)
        stage.stop_page(1)
        stage.announce(2)
        await stage.until(PageEnded(2))
        assert stage.told(PageEnded) == [PageEnded(1), PageEnded(2)]
        (outlet,) = stage.bus._distinct()
        assert (outlet._clips, outlet._makers) == ({}, {})
        assert len(stretches(stage.heard())) == 1
