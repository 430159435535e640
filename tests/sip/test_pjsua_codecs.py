"""What codec a call is answered with, and that it carries sound (P-12). How Asterisk hears it: tests/e2e/test_media.py."""

import ctypes
import ctypes.util
import re
import struct
from dataclasses import dataclass

import numpy as np
import pytest

from appliance.core.events import CallArrived, LegEnded
from appliance.core.ids import LegId, Party
from appliance.core.orders import Answer, Dial
from tests.sip.rigs import ALAW, MUSIC_HZ, RealRig, rig_of
from tests.sip.test_contract import answered

pytestmark = [pytest.mark.sip, pytest.mark.rule("P-12")]

ALL = ("opus", "g722", "pcma", "pcmu")
OPUS = ["a=rtpmap:107 opus/48000/2", "a=fmtp:107 useinbandfec=1"]
PACKET = 0.02
"""Seconds of sound in a packet."""


@dataclass(frozen=True, slots=True)
class Codec:
    number: int
    """Payload type."""
    clock: int
    """Of its RTP timestamps, Hz. G.722's is half of what it samples at (RFC 3551 section 4.5.2)."""
    formats: tuple[str, ...] = ()
    """Lines of SDP."""


CODECS = {
    "pcmu": Codec(0, 8000),
    "pcma": Codec(8, 8000),
    "g722": Codec(9, 8000),
    "opus": Codec(107, 48000, tuple(OPUS)),
}


def real(tmp_path, *offers, codecs=ALL):
    rig = rig_of(RealRig, tmp_path, codecs=codecs)
    return _offering(rig, [CODECS[name] for name in offers])


class _offering:  # noqa: N801 - a context manager
    def __init__(self, rig, offers):
        self.rig, self.offers = rig, offers

    async def __aenter__(self):
        rig = await self.rig.__aenter__()
        rig.peer.offer = " ".join(str(codec.number) for codec in self.offers)
        rig.peer.formats = [line for codec in self.offers for line in codec.formats]
        return rig

    async def __aexit__(self, *error):
        await self.rig.__aexit__(*error)


def audio(body: str) -> list[int]:
    """The payload types of an SDP, without telephone-events."""
    (found,) = re.findall(r"m=audio \d+ RTP/AVP ([\d ]+)", body)
    events = re.findall(r"a=rtpmap:(\d+) telephone-event", body)
    return [int(number) for number in found.split() if number not in events]


@pytest.mark.parametrize("name", CODECS)
async def test_whoever_knows_one_codec_only_is_answered_with_it(tmp_path, name):
    codec = CODECS[name]
    async with real(tmp_path, name) as rig:
        far, _ = await answered(rig)
        packets = await rig.peer.until(lambda: far.dialog.rtp.packets[50:100][49:] and far.dialog.rtp.packets[:100])
        heads = [struct.unpack("!BBHII", data[:12]) for _, data in packets]
        assert {kind & 0x7F for _, kind, *_ in heads} == {codec.number}
        passed = (heads[-1][3] - heads[0][3]) & 0xFFFFFFFF
        counted = (heads[-1][2] - heads[0][2]) & 0xFFFF
        assert passed == round(counted * PACKET * codec.clock)


@pytest.mark.parametrize("name", ["pcmu", "pcma", "opus"])
async def test_it_carries_the_music(tmp_path, name):
    async with real(tmp_path, name) as rig:
        far, _ = await answered(rig)
        packets = await rig.peer.until(lambda: far.dialog.rtp.packets[60:] and far.dialog.rtp.packets[10:60])
        sound, rate = DECODERS[name]([data[12:] for _, data in packets])
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        assert np.argmax(spectrum) * rate / len(sound) == pytest.approx(MUSIC_HZ, abs=2)
        assert np.sqrt(np.mean(sound**2)) == pytest.approx(8000 / np.sqrt(2), rel=0.1)  # as loud as in the file


def _ulaw(octet: int) -> int:
    """G.711 mu-law to linear (ITU-T G.711 table 2)."""
    octet = ~octet & 0xFF
    value = (((octet & 15) << 3) + 0x84 << ((octet >> 4) & 7)) - 0x84
    return -value if octet & 0x80 else value


def _of_table(table):
    return lambda payloads: (table[np.frombuffer(b"".join(payloads), dtype=np.uint8)].astype(float), 8000)


def _of_opus(payloads):
    """By libopus itself, as mono at 48 kHz."""
    library = ctypes.CDLL(ctypes.util.find_library("opus"))
    library.opus_decoder_create.restype = ctypes.c_void_p
    library.opus_decode.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
    library.opus_decode.argtypes += [ctypes.c_int]
    library.opus_decoder_destroy.argtypes = [ctypes.c_void_p]
    decoder = library.opus_decoder_create(48000, 1, None)
    frame, sound = np.zeros(5760, dtype=np.int16), []
    for payload in payloads:
        count = library.opus_decode(decoder, payload, len(payload), frame.ctypes.data, len(frame), 0)
        assert count == 48000 * PACKET
        sound.append(frame[:count].astype(float))
    library.opus_decoder_destroy(decoder)
    return np.concatenate(sound), 48000


DECODERS = {
    "pcmu": _of_table(np.array([_ulaw(octet) for octet in range(256)], dtype=np.int32)),
    "pcma": _of_table(ALAW),
    "opus": _of_opus,
}


async def test_opus_is_answered_under_the_callers_own_number(tmp_path):
    async with real(tmp_path, "opus", "pcma") as rig:
        far, _ = await rig.arrive()
        rig.sip.obey(Answer(far.leg))
        ok = await far.dialog.got(method="INVITE", code=200)
        assert audio(ok.body)[0] == 107
        assert "a=rtpmap:107 opus/48000/2" in ok.body


@pytest.mark.parametrize(
    ("offer", "formats", "codecs"),
    [("3", [], ALL), ("18", [], ALL), ("107", OPUS, ("g722", "pcma", "pcmu")), ("0", [], ("pcma",))],
    ids=["gsm", "g729", "opus-is-off", "pcmu-is-off"],
)
async def test_whoever_knows_none_of_ours_gets_488(tmp_path, offer, formats, codecs):
    async with rig_of(RealRig, tmp_path, codecs=codecs) as rig:
        rig.peer.offer, rig.peer.formats = offer, formats
        far = await rig.call("*68102", Party("101"))
        assert await far.dialog.refused() == 488
        assert not rig.all(CallArrived)
        await rig.nothing_left()


@pytest.mark.parametrize("codecs", [ALL, ALL[::-1], ("pcmu", "opus")])
async def test_our_own_offer_has_the_codecs_of_the_settings_in_their_order(tmp_path, codecs):
    async with rig_of(RealRig, tmp_path, codecs=codecs) as rig:
        rig.sip.obey(Dial(LegId(-1), "pbx", "102", Party("")))
        phone = await rig.peer.rung()
        names = dict(re.findall(r"a=rtpmap:(\d+) ([^/]+)", phone.invite.body))
        offered = [names[str(number)].lower() for number in audio(phone.invite.body)]
        assert offered == list(codecs)
        await phone.decline(486)
        await rig.event(LegEnded, leg=-1)
