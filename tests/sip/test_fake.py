"""Levers of the fake that the real stack has no counterpart of."""

import asyncio

import pytest

from appliance.core.events import (
    AdapterFault,
    CallArrived,
    DialogKnown,
    LegAnswered,
    LegEnded,
    RegistrationChanged,
    ReleaseEnded,
    SpeechEnded,
)
from appliance.core.hearing import Silence, Speech
from appliance.core.ids import Dialog, LegId, Party, Serial
from appliance.core.orders import Answer, Dial, Hangup, Release, TakeOver
from appliance.sip.fake import FakeSip
from appliance.sip.port import AccountSettings, Sip, SipSettings
from tests.sip.rigs import ANNA, FakeRig, rig_of, until


def fake(tmp_path):
    return rig_of(FakeRig, tmp_path)


async def test_it_is_a_sip(tmp_path):
    async with fake(tmp_path) as rig:
        sip: Sip = rig.sip
        assert isinstance(sip, FakeSip)


async def test_orders_are_logged_and_carried_out_later(tmp_path):
    async with fake(tmp_path) as rig:
        leg = rig.sip.arrive("701", ANNA, transferred_by=Party("102"))
        assert not rig.all(CallArrived)
        assert (await rig.event(CallArrived)).transferred_by == Party("102")
        rig.sip.obey(Answer(leg))
        assert rig.sip.orders == [Answer(leg)]
        assert not rig.all(LegAnswered)
        await rig.event(LegAnswered)


async def test_an_ack_that_does_not_come(tmp_path):
    async with fake(tmp_path) as rig:
        rig.sip.acknowledges = False
        leg = rig.sip.arrive("701", ANNA)
        rig.sip.route({leg: Speech("hello", Serial(1))})
        rig.sip.obey(Answer(leg))
        await rig.event(SpeechEnded)
        assert rig.sip.heard == {leg: Silence()}
        assert not rig.all(LegAnswered)
        rig.sip.end(leg, 408)
        assert (await rig.event(LegEnded)).code == 408


async def test_an_utterance_ends_when_the_test_says_so(tmp_path):
    async with fake(tmp_path) as rig:
        rig.sip.speaks_for = None
        leg = rig.sip.arrive("701", ANNA)
        rig.sip.route({leg: Speech("hello", Serial(1))})
        rig.sip.finish_speech(leg)
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered)
        assert rig.sip.heard == {leg: Speech("hello", Serial(1))}
        rig.sip.finish_speech(leg)
        rig.sip.finish_speech(leg)
        await rig.event(SpeechEnded)
        rig.sip.finish_speech(LegId(99))
        await asyncio.sleep(0)
        assert len(rig.all(SpeechEnded)) == 1


async def test_registrations_come_and_go(tmp_path):
    async with fake(tmp_path) as rig:
        rig.sip.unregister("pbx", 403, "refused")
        assert await rig.event(RegistrationChanged, registered=False) == RegistrationChanged(
            "pbx", False, 403, "refused"
        )
        rig.sip.register("pbx")
        await rig.event(RegistrationChanged, registered=True)


async def test_a_fault_and_a_stuck_thread(tmp_path):
    async with fake(tmp_path) as rig:
        rig.sip.fault("no memory")
        assert (await rig.event(AdapterFault)).detail == "no memory"
        rig.sip.freeze()
        assert rig.sip.beat() == rig.sip.beat()
        rig.sip.freeze(frozen=False)
        assert rig.sip.beat() < rig.sip.beat()


async def test_a_pbx_that_leaves_both_released_legs_to_us(tmp_path):
    async with fake(tmp_path) as rig:
        rig.sip.hangs_up_released = False
        leg = rig.sip.arrive("701", ANNA)
        rig.sip.obey(Answer(leg))
        rig.sip.obey(Dial(LegId(-1), "pbx", "102", ANNA))
        await rig.event(LegAnswered, leg=leg)
        rig.sip.answer(LegId(-1))
        rig.sip.obey(Release(leg, LegId(-1)))
        await rig.event(ReleaseEnded, code=200)
        rig.sip.obey(Hangup(leg))
        await rig.event(LegEnded, leg=leg)
        assert list(rig.sip.legs) == [-1]


@pytest.mark.rule("S-2", "S-3")
async def test_a_dialog_is_taken_over_once(tmp_path):
    """S-3: one that has ended, or has been taken over, is no more at the PBX; the next process is told by `gone`."""
    async with fake(tmp_path) as rig:
        ended, kept = rig.sip.arrive("701", ANNA), rig.sip.arrive("702", ANNA)
        rig.sip.end(ended)
        over = (await rig.event(CallArrived, leg=ended)).dialog
        lives = (await rig.event(CallArrived, leg=kept)).dialog
        await rig.restart()
        for number, dialog in ((-1, over), (-2, lives), (-3, lives)):
            rig.sip.obey(TakeOver(LegId(number), "pbx", dialog, ANNA))
        assert (await rig.event(LegEnded, leg=-1)).code == 481
        await rig.event(LegAnswered, leg=-2)
        assert (await rig.event(LegEnded, leg=-3)).code == 481


async def test_a_pbx_that_does_not_answer_a_take_over_by_itself(tmp_path):
    async with fake(tmp_path) as rig:
        rig.sip.answers_take_overs = rig.sip.replaces = False
        for number in (-1, -2):
            rig.sip.obey(TakeOver(LegId(number), "pbx", Dialog(f"{number}", "a", "b"), ANNA))
        await until(lambda: len(rig.sip.legs) == 2)
        assert not rig.all(DialogKnown)
        rig.sip.refuse(LegId(-1), 408)
        assert (await rig.event(LegEnded, leg=-1)).code == 408
        rig.sip.answer(LegId(-2))
        assert not (await rig.event(DialogKnown, leg=-2)).dialog.replaces
        await rig.event(LegAnswered, leg=-2)
        assert rig.sip.gone >= {"-2"}
        assert "-1" not in rig.sip.gone


async def test_a_restart_says_nothing_to_the_legs(tmp_path):
    async with fake(tmp_path) as rig:
        leg = rig.sip.arrive("701", ANNA)
        await rig.sip.stop(hang_up=False)
        rig.sip.obey(Answer(leg))
        await asyncio.sleep(0)
        assert not rig.all(LegEnded)


async def test_levers_on_nobody_do_nothing(tmp_path):
    async with fake(tmp_path) as rig:
        for lever in (rig.sip.acknowledge, rig.sip.ring, rig.sip.end, rig.sip.refuse, rig.sip.replace):
            arguments = (ANNA,) if lever == rig.sip.replace else ()
            assert lever(LegId(5), *arguments) is None
        rig.sip.identify(LegId(5), ANNA)
        rig.sip.digit(LegId(5), "1")
        await asyncio.sleep(0)
        assert len(rig.events) == 1


def test_secrets_are_not_shown():
    assert "geheim" not in repr(AccountSettings("pbx", "800", "pbx", password="geheim"))  # noqa: S106


@pytest.mark.parametrize(("register", "code"), [(True, 200), (False, 0)])
async def test_an_account_that_does_not_register_is_as_good_as_registered(tmp_path, register, code):
    rig = FakeRig(tmp_path)
    settings = SipSettings((AccountSettings("a", "1", "x", register=register),))
    sip = FakeSip(settings, rig.post, rig.voice, rig.loop)
    await sip.start()
    assert await rig.event(RegistrationChanged) == RegistrationChanged("a", True, code)
