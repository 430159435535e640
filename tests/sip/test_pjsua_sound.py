"""What callers hear from the real stack: decoded from its packets."""

import asyncio
import time

import pytest

from appliance.core.events import (
    AdapterFault,
    DigitReceived,
    LegAnswered,
    SpeechEnded,
)
from appliance.core.hearing import Joined, Music, Silence, Speech, Tone, ToneKind
from appliance.core.ids import Serial
from appliance.core.orders import Answer
from tests.sip.rigs import ALAW, RealRig, pitch, rig_of
from tests.sip.test_contract import MUSIC, OURS, answered, dialled

pytestmark = pytest.mark.sip


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


@pytest.mark.rule("P-10")
async def test_the_first_music_comes_within_30_ms_of_the_200(tmp_path):
    async with real(tmp_path) as rig:
        delays = []
        for _ in range(5):
            far, leg = await rig.arrive()
            rig.sip.route({leg: MUSIC})
            rig.sip.obey(Answer(leg))
            await rig.event(LegAnswered, leg=leg)
            await rig.peer.until(lambda far=far: far.dialog.rtp.packets)
            delays.append(far.dialog.rtp.packets[0][0] - far.dialog.answered_at)
            await rig.peer.until(lambda far=far: any(loud(data) for _, data in far.dialog.rtp.packets[:3]))
        assert sorted(delays)[2] < 0.030, delays


def loud(packet: bytes) -> bool:
    return max(abs(ALAW[octet]) for octet in packet[12:]) > 500


async def test_hold_takes_the_music_away_and_brings_it_back(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await far.hears(MUSIC)
        await far.dialog.reinvite(direction="sendonly")
        await rig.peer.until(lambda: rig.sip._thread.legs[leg].media.hears is False)
        await far.dialog.reinvite()
        await far.hears(MUSIC)
        await far.dialog.reinvite(direction="inactive")
        await far.dialog.reinvite()
        await far.hears(MUSIC)
        await far.dialog.reinvite()  # changes nothing: the library keeps the stream
        await far.hears(MUSIC)
        rig.sip.route({})
        await far.hears(Silence())


async def test_joined_legs_hear_each_other(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        other = await dialled(rig)
        rig.sip.route({leg: Joined(OURS), OURS: Joined(leg)})
        talk = [asyncio.create_task(say(far.dialog, 1000)), asyncio.create_task(say(other.dialog, 600))]
        try:
            await rig.peer.until(lambda: abs(pitch(other.dialog.rtp.sound()) - 1000) < 10)
            await rig.peer.until(lambda: abs(pitch(far.dialog.rtp.sound()) - 600) < 10)
        finally:
            for task in talk:
                task.cancel()
        rig.sip.route({leg: MUSIC})
        await far.hears(MUSIC)
        await other.hears(Silence())


async def say(dialog, frequency):
    """Send a tone, 20 ms a packet, by the clock."""
    import numpy as np  # noqa: PLC0415

    samples = 8000 * np.sin(2 * np.pi * frequency * np.arange(8000) / 8000)
    octets = bytes(int(np.argmin(np.abs(ALAW - sample))) for sample in samples)
    start = time.monotonic()
    for at in range(1_000_000):
        dialog.rtp.send(dialog.remote_rtp, octets[at * 160 % 8000 :][:160])
        await asyncio.sleep(max(0.0, start + at * 0.02 - time.monotonic()))


async def test_without_its_file_music_is_the_hold_tone_and_a_fault(tmp_path):
    async with real(tmp_path, music={"default": tmp_path / "missing.wav"}) as rig:
        far, _ = await answered(rig, Music("default"))
        await rig.event(AdapterFault, adapter="sip")
        await rig.peer.until(lambda: any(loud(data) for _, data in far.dialog.rtp.packets))


async def test_two_callers_share_the_music(tmp_path):
    async with real(tmp_path) as rig:
        one, first = await answered(rig)
        two, second = await rig.arrive()
        rig.sip.route({first: MUSIC, second: MUSIC})
        rig.sip.obey(Answer(second))
        await two.hears(MUSIC)
        await one.hears(MUSIC)
        assert len(rig.sip._thread.audio._sources) == 1


@pytest.mark.parametrize("country", ["de", "uk"])
async def test_the_reject_tone_is_the_country_s(tmp_path, country):
    async with real(tmp_path, country=country) as rig:
        far, _ = await answered(rig, Tone(ToneKind.REJECT))
        want = {"de": 425, "uk": 400}[country]
        await rig.peer.until(lambda: abs(pitch(far.dialog.rtp.sound()) - want) < 10)


@pytest.mark.rule("P-12")
@pytest.mark.parametrize(("offer", "kind"), [("0", 0), ("8 0", 8), ("9 8", 9), ("3 0", 0)])
async def test_the_offered_codec_is_taken(tmp_path, offer, kind):
    async with real(tmp_path) as rig:
        rig.peer.offer = offer
        far, _ = await answered(rig)
        await rig.peer.until(lambda: len(far.dialog.rtp.packets) > 3)
        assert far.dialog.rtp.packets[3][1][1] & 0x7F == kind


async def test_an_info_digit_is_understood(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        headers = [("Content-Type", "application/dtmf-relay")]
        far.dialog.request("INFO", headers, "Signal=5\r\nDuration=160\r\n")
        await far.dialog.got(method="INFO", code=200)
        await rig.event(DigitReceived, leg=leg, digit="5")


async def test_an_utterance_goes_on_through_a_new_offer(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig, Speech("a long text", Serial(1)))
        await rig.peer.until(lambda: any(loud(data) for _, data in far.dialog.rtp.packets))
        await far.dialog.reinvite(direction="sendonly")
        await far.dialog.reinvite()
        await rig.event(SpeechEnded, leg=leg, serial=1)
        assert len(rig.all(SpeechEnded)) == 1


async def test_an_utterance_to_somebody_on_hold_ends_too(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await far.dialog.reinvite(direction="inactive")
        rig.sip.route({leg: Speech("nobody listens", Serial(1))})
        await rig.event(SpeechEnded, leg=leg, serial=1)


async def test_a_voice_file_that_is_none_is_a_fault_and_the_utterance_ends(tmp_path):
    async with real(tmp_path) as rig:
        rig.voice_file = tmp_path / "none.wav"
        rig.voice_file.write_bytes(b"no RIFF")
        _, leg = await answered(rig, Speech("broken", Serial(1)))
        await rig.event(SpeechEnded, leg=leg, serial=1)
        assert "none.wav" in (await rig.event(AdapterFault)).detail
