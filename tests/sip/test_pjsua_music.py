"""Music and tones as callers get them on the wire: at once, from one player for all, with and without 100rel (P-10)."""

import concurrent.futures

import numpy as np
import pytest

from appliance.core.events import LegAnswered
from appliance.core.hearing import Music, Tone, ToneKind
from appliance.core.orders import Answer
from tests.sip.rigs import ALAW, RealFar, RealRig, rig_of, tone_file
from tests.sip.test_contract import MUSIC, answered

pytestmark = [pytest.mark.sip, pytest.mark.rule("P-10")]

CALLERS = 24
PACKET = 160
"""Octets of PCMA in one of 20 ms."""


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


def linear(packets) -> np.ndarray:
    return ALAW[np.frombuffer(b"".join(data[12:] for _, data in packets), dtype=np.uint8)].astype(float)


def ports(rig) -> int:
    """How many ports the library's bridge has, ours and its own."""
    answer: concurrent.futures.Future[int] = concurrent.futures.Future()
    thread = rig.sip._thread
    thread.do(lambda: answer.set_result(len(thread._endpoint.mediaEnumPorts2())))
    return answer.result(10)


async def test_however_many_listen_each_source_has_one_player(tmp_path):
    """P-10: counted by the library, not by us: a port for each caller, one for each source."""
    other = tone_file(tmp_path / "other.wav", 620, 2.0)
    music = {"default": tone_file(tmp_path / "music.wav", 440, 2.0), "other": other}
    async with real(tmp_path, music=music) as rig:
        before = ports(rig)
        legs = [(await rig.arrive()) for _ in range(CALLERS)]
        rig.sip.route({leg: Music("other") if at % 3 == 0 else MUSIC for at, (_, leg) in enumerate(legs)})
        for _, leg in legs:
            rig.sip.obey(Answer(leg))
        for far, _ in legs:
            await rig.peer.until(lambda far=far: loud(far.dialog.rtp.packets))
        assert ports(rig) == before + CALLERS + len(music)
        for far, leg in legs:
            await far.hang_up()
            await rig.peer.until(lambda leg=leg: leg not in rig.sip._thread.legs)
        await rig.nothing_left()
        await rig.peer.until(lambda: ports(rig) == before + len(music))


def loud(packets) -> bool:
    return any(np.abs(linear([packet])).max() > 500 for packet in packets)


async def test_the_median_caller_has_music_within_30_ms_of_the_200(tmp_path):
    """P-10: by the clock of the one who hears it; others are listening already."""
    async with real(tmp_path) as rig:
        await answered(rig)
        delays = []
        for _ in range(21):
            far, _ = await answered(rig)
            await rig.peer.until(lambda far=far: loud(far.dialog.rtp.packets))
            delays.append(far.dialog.rtp.packets[0][0] - far.dialog.answered_at)
            assert loud(far.dialog.rtp.packets[:3]), "the music is in the first packets"
        assert sorted(delays)[len(delays) // 2] < 0.030, delays


@pytest.mark.parametrize("header", ["Supported", "Require"])
async def test_a_caller_who_wants_reliable_provisional_answers_is_answered(tmp_path, header):
    """P-10: there are none, so there is nothing to be acknowledged by PRACK (RFC 3262 section 3)."""
    async with real(tmp_path) as rig:
        dialog = await rig.peer.call("*68102", headers=[(header, "100rel")])
        far = RealFar(rig, dialog)
        leg = await rig.peer.until(lambda: next(iter(rig.sip._thread.legs), None))
        rig.sip.route({leg: MUSIC})
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        await far.hears(MUSIC)
        answers = [message for message in dialog.inbox if message.is_response]
        assert [message.code for message in answers if message.code != 100] == [200]
        assert "100rel" not in answers[-1]["Require"]
        await far.hang_up()


async def test_whoever_wants_what_nobody_knows_is_told_what(tmp_path):
    async with real(tmp_path) as rig:
        dialog = await rig.peer.call("*68102", headers=[("Require", "100rel, teleport")])
        refusal = await rig.peer.until(lambda: next((one for one in dialog.inbox if one.code >= 300), None))
        assert (refusal.code, refusal["Unsupported"]) == (420, "teleport")
        assert await dialog.refused() == 420


async def test_without_music_a_pip_tells_that_the_line_lives(tmp_path):
    async with real(tmp_path) as rig:
        far, _ = await answered(rig, Tone(ToneKind.HOLD))
        await rig.peer.until(lambda: loud(far.dialog.rtp.packets))
        packets = await rig.peer.until(lambda: far.dialog.rtp.packets[100:] and list(far.dialog.rtp.packets))
        sounding = [at for at, packet in enumerate(packets) if loud([packet])]
        assert 9 <= len(sounding) <= 12, "0.2 s"
        assert sounding[-1] - sounding[0] == len(sounding) - 1, "in one piece"


async def test_british_ringing_is_two_tones_at_once(tmp_path):
    """ITU-T E.180 Supplement 2: 400 + 450 Hz, for 0.4 s; together no louder than another country's one."""
    async with real(tmp_path, country="uk") as rig:
        far, _ = await answered(rig, Tone(ToneKind.RINGBACK))
        packets = await rig.peer.until(lambda: far.dialog.rtp.packets[60:] and list(far.dialog.rtp.packets))
        first = next(at for at, packet in enumerate(packets) if loud([packet]))
        sound = linear(packets[first + 1 : first + 16])
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8000)) * 4 / len(sound)
        low, high = (spectrum[hertz - 5 : hertz + 6].max() for hertz in (400, 450))
        assert low == pytest.approx(high, rel=0.15)
        assert np.abs(sound).max() < 8500, "neither is clipped, nor do they add up to more than one tone"
        others = [spectrum[hertz] for hertz in (300, 550, 850)]
        assert max(others) < low / 30
