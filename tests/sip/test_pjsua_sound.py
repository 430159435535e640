"""What callers hear from the real stack: decoded from its packets."""

import asyncio
import ctypes
import statistics
import time

import numpy as np
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
from tests.sip.rigs import ALAW, SPEECH_SECONDS, RealRig, pitch, rig_of, tone_file
from tests.sip.test_contract import MUSIC, OURS, answered, dialled

pytestmark = pytest.mark.sip


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


@pytest.mark.rule("P-10")
async def test_the_first_music_comes_within_30_ms_of_the_200(tmp_path):
    async with real(tmp_path) as rig:
        delays = []
        for _ in range(15):
            far, leg = await rig.arrive()
            rig.sip.route({leg: MUSIC})
            rig.sip.obey(Answer(leg))
            await rig.event(LegAnswered, leg=leg)
            await rig.peer.until(lambda far=far: far.dialog.rtp.packets)
            delays.append(far.dialog.rtp.packets[0][0] - far.dialog.answered_at)
            await rig.peer.until(lambda far=far: any(loud(data) for _, data in far.dialog.rtp.packets[:3]))
        assert statistics.median(delays) < 0.030, delays


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


@pytest.mark.rule("P-10")
async def test_however_many_hear_the_music_there_is_one_player(tmp_path):
    """P-10: counted on the bridge itself, where each player has a port as each caller has."""
    import _pjsua2  # noqa: PLC0415 - the fake's tests need no pjsua2

    ports = ctypes.CDLL(_pjsua2.__file__).pjsua_conf_get_active_ports
    sources = {name: tone_file(tmp_path / f"{name}.wav", hertz, 2.0) for name, hertz in (("default", 440), ("b", 620))}
    async with real(tmp_path, music=sources) as rig:
        before = ports()
        callers = [await rig.arrive() for _ in range(8)]
        rig.sip.route({leg: Music("b" if at % 2 else "default") for at, (_, leg) in enumerate(callers)})
        for _, leg in callers:
            rig.sip.obey(Answer(leg))
        for at, (far, _) in enumerate(callers):
            want = 620 if at % 2 else 440
            await rig.peer.until(lambda far=far, want=want: abs(pitch(far.dialog.rtp.sound()) - want) < 10)
        assert ports() - before == len(callers) + len(sources)


async def test_the_british_ringing_tone_is_two_tones_at_once(tmp_path):
    async with real(tmp_path, country="uk") as rig:
        far, _ = await answered(rig, Tone(ToneKind.RINGBACK))

        def heard() -> bool:
            sound = far.dialog.rtp.sound()[-1600:]  # of 400 ms
            return len(sound) == 1600 and all(strength(sound, hertz) > 0.35 for hertz in (400, 450))

        await rig.peer.until(heard)


def strength(pcma: bytes, hertz: float) -> float:
    """The part of the power that a tone is."""
    samples = ALAW[np.frombuffer(pcma, dtype=np.uint8)].astype(float)
    turned = samples @ np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / 8000)
    return float(2 * np.abs(turned) ** 2 / len(samples) / max(float(np.sum(samples**2)), 1.0))


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


async def test_an_utterance_ends_when_the_bridge_has_sent_it_however_late_it_is(tmp_path):
    """Not when the clock on the wall says so: a busy machine would cut the last words off."""
    async with real(tmp_path) as rig:
        clock = rig.sip._thread.clock
        real_now, stopped = clock.now, clock.now()
        clock.now = lambda: stopped  # the bridge makes no sound any more
        far, leg = await answered(rig, Speech("a long text", Serial(1)))
        start = time.monotonic()
        await rig.peer.until(lambda: len(far.dialog.rtp.sound(start)) > 8000 * (SPEECH_SECONDS + 0.5))
        assert not rig.all(SpeechEnded)
        clock.now = real_now
        await rig.event(SpeechEnded, leg=leg, serial=1)


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
