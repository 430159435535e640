"""Two SIP stacks with their far sides, behind one face, so that one suite of tests proves the same of both."""

import asyncio
import contextlib
import math
import struct
import time
import wave
from pathlib import Path

import numpy as np

from appliance.core.events import CallArrived, RegistrationChanged
from appliance.core.hearing import Music, Silence, Speech, Tone
from appliance.core.ids import LegId, Party
from appliance.errors import AdapterError
from appliance.sip.fake import FakeSip
from appliance.sip.port import AccountSettings, SipSettings
from tests.lab import sip_text
from tests.sip.peer import LIMIT, Dialog, Peer, free_port

MUSIC_HZ, VOICE_HZ = 440, 700
SPEECH_SECONDS = 0.4
ANNA = Party("101", "Anna")


def tone_file(path: Path, frequency: float, seconds: float, rate: int = 16000) -> Path:
    samples = (int(8000 * math.sin(2 * math.pi * frequency * at / rate)) for at in range(int(rate * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


def _expand(octet: int) -> int:
    """G.711 A-law to linear (ITU-T G.711 table 1)."""
    octet ^= 0x55
    exponent, mantissa = (octet >> 4) & 7, octet & 15
    value = (mantissa * 2 + 1) << 3 if exponent == 0 else ((mantissa * 2 + 33) << 3) << (exponent - 1)
    return value if octet & 0x80 else -value


ALAW = np.array([_expand(octet) for octet in range(256)], dtype=np.int32)


def pitch(pcma: bytes) -> float:
    """The strongest frequency of half a second of sound; 0 when it is quiet."""
    samples = ALAW[np.frombuffer(pcma[-4000:], dtype=np.uint8)].astype(float)
    if len(samples) < 2000 or np.sqrt(np.mean(samples**2)) < 100:
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 8000 / len(samples))


def displayed(request) -> Party:
    """Whom a phone displays after an INVITE, re-INVITE or UPDATE, read by other code than ours."""
    shown = sip_text.asserted([(name.lower(), value) for name, value in request.fields])
    assert shown is not None, f"nobody is named in {request}"
    return Party(shown.number, shown.name)


async def until(check):
    """Wait until `check()` is true and return what it returned; for what no event tells of."""
    async with asyncio.timeout(LIMIT):
        while not (found := check()):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)
        return found


class Rig:
    """What both have: the stack, its events, and a way to wait for them."""

    def __init__(self, tmp: Path) -> None:
        self.tmp = tmp
        self.events: list = []
        self.texts: list[str] = []
        self.voice_fails = False
        self.voice_file: Path | None = None
        self.changed = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self._taken: set[int] = set()

    def post(self, event) -> None:
        self.loop.call_soon_threadsafe(self._posted, event)

    def _posted(self, event) -> None:
        self.events.append(event)
        self.changed.set()

    async def voice(self, text: str) -> Path:
        self.texts.append(text)
        if self.voice_fails:
            raise AdapterError("no voice today")
        return self.voice_file or tone_file(self.tmp / f"{len(text)}.wav", VOICE_HZ, SPEECH_SECONDS)

    async def event(self, kind, **fields):
        """Wait for the first event of a kind, and with these fields, that was not waited for before."""

        def found():
            for at, event in enumerate(self.events):
                fits = isinstance(event, kind) and all(getattr(event, name) == want for name, want in fields.items())
                if fits and at not in self._taken:
                    self._taken.add(at)
                    return event
            return None

        try:
            async with asyncio.timeout(LIMIT):
                while (event := found()) is None:
                    self.changed.clear()
                    await self.changed.wait()
                return event
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} {fields} in {self.events}") from None

    def all(self, kind, leg=None) -> list:
        return [
            event for event in self.events if isinstance(event, kind) and leg in (None, getattr(event, "leg", None))
        ]

    async def arrive(self, number: str = "*68102", caller: Party = ANNA):
        """Have somebody call; returns his far side and the leg."""
        far = await self.call(number, caller)
        arrived = await self.event(CallArrived)
        far.leg = arrived.leg
        return far, arrived.leg


class FakeFar:
    def __init__(self, sip: FakeSip, leg: LegId) -> None:
        self.sip, self.leg = sip, leg

    async def cancel(self):
        self.sip.end(self.leg)

    async def hang_up(self):
        self.sip.end(self.leg)

    async def ring(self):
        self.sip.ring(self.leg)

    async def pick_up(self):
        self.sip.answer(self.leg)

    async def decline(self, code):
        self.sip.refuse(self.leg, code)

    async def identify(self, party):
        self.sip.identify(self.leg, party)

    async def digit(self, digit):
        self.sip.digit(self.leg, digit)

    async def tone(self, digit):
        self.sip.tone(self.leg, digit)

    async def replace(self, party):
        return FakeFar(self.sip, self.sip.replace(self.leg, party))

    async def accept_release(self, other):
        """The PBX of the fake does so by itself."""

    async def accept_transfer(self):
        """Likewise."""

    async def hears(self, hearing):
        await until(lambda: self.sip.heard.get(self.leg) == hearing)

    async def gone(self):
        await until(lambda: self.leg not in self.sip.legs)

    async def sees(self, party):
        await until(lambda: self.sip.legs[self.leg].displays == party)

    async def divert(self):
        self.sip.divert(self.leg)

    async def forward(self, code, _number):
        self.sip.refuse(self.leg, code)


class FakeRig(Rig):
    real = False

    async def open(self):
        await self._start(set())

    async def _start(self, gone):
        settings = SipSettings((AccountSettings("pbx", "800", "127.0.0.1"),))
        self.sip = FakeSip(settings, self.post, self.voice, self.loop)
        self.sip.gone = gone
        self.sip.speaks_for = 0.05
        await self.sip.start()
        await self.event(RegistrationChanged, registered=True)

    async def restart(self):
        """Let another process take the place of this one, which says nothing to its legs."""
        await self.sip.stop(hang_up=False)
        await self._start(self.sip.gone)

    async def call(self, number, caller):
        return FakeFar(self.sip, self.sip.arrive(number, caller))

    async def texted(self):
        message = (await until(lambda: self.sip.texts)).pop(0)
        return message.number, message.text

    async def rung(self):
        dialled = await until(lambda: [leg for leg in self.sip.legs.values() if leg.dial is not None])
        return FakeFar(self.sip, dialled[-1].leg)

    def without_events(self):
        """The phones of the fake press no other keys than those that it is told."""

    def refuse_release(self, code):
        self.sip.refuse_release(code)

    def refuse_take_over(self, dialog, code):
        if code == 481:
            self.sip.gone.add(dialog.call_id)
        else:
            self.sip.take_over_code = code

    def let_take_over_ring(self):
        self.sip.answers_take_overs = False

    async def gives_back(self):
        return await self.rung()

    async def keeps(self, _code):
        """The PBX of the fake says so by itself."""

    async def close(self):
        await self.sip.stop(hang_up=True)

    async def nothing_left(self):
        await until(lambda: not (self.sip.legs or self.sip._tasks))


class RealFar:
    """A phone behind the raw peer."""

    def __init__(self, rig: "RealRig", dialog: Dialog) -> None:
        self.rig, self.dialog, self.leg = rig, dialog, LegId(0)

    async def cancel(self):
        self.dialog.cancel()
        assert await self.dialog.refused() == 487

    async def hang_up(self):
        await self.dialog.bye()

    async def ring(self):
        self.dialog.ring()

    async def pick_up(self):
        await self.dialog.pick_up()

    async def decline(self, code):
        await self.dialog.decline(code)

    async def identify(self, party):
        await self.dialog.reinvite([("P-Asserted-Identity", f'"{party.name}" <sip:{party.number}@127.0.0.1>')])

    async def digit(self, digit):
        await self.dialog.digit(digit)

    async def tone(self, digit):
        await self.dialog.tone(digit)

    async def replace(self, party):
        local, remote = (value.split("tag=")[1] for value in (self.dialog.local, self.dialog.remote))
        replaces = f"{self.dialog.call_id};to-tag={remote};from-tag={local}"
        caller = f'"{party.name}" <sip:{party.number}@127.0.0.1>'
        return RealFar(self.rig, await self.rig.peer.call("800", caller, [("Replaces", replaces)]))

    async def accept_release(self, other):
        """Do as Asterisk does: 202, BYE on the leg that is replaced, NOTIFY with 200, and wait for our BYE."""
        refer = await self.dialog.got(method="REFER")
        self.dialog.respond(refer, 202)
        if self.rig.release_code == 200:
            await other.hang_up()
            self._notify("SIP/2.0 200 OK")
            await self.dialog.got(method="NOTIFY", code=200)
        else:
            self._notify(f"SIP/2.0 {self.rig.release_code} No")

    async def accept_transfer(self):
        """Do as Asterisk does: 202, NOTIFY with 200, and wait for our BYE."""
        refer = await self.dialog.got(method="REFER")
        self.dialog.respond(refer, 202)
        if self.rig.release_code == 200:
            self._notify("SIP/2.0 200 OK")
            await self.dialog.got(method="NOTIFY", code=200)
        else:
            self._notify(f"SIP/2.0 {self.rig.release_code} No")

    def _notify(self, line: str, state: str = "terminated;reason=noresource"):
        headers = [("Event", "refer"), ("Subscription-State", state)]
        self.dialog.request("NOTIFY", [*headers, ("Content-Type", "message/sipfrag;version=2.0")], line + "\r\n")

    async def hears(self, hearing):
        want = {Music: MUSIC_HZ, Speech: VOICE_HZ, Silence: 0, Tone: 425}[type(hearing)]
        start = time.monotonic()

        def heard() -> bool:
            sound = self.dialog.rtp.sound(start)
            return len(sound) >= 4000 and abs(pitch(sound) - want) < 10

        await self.rig.peer.until(heard, str(hearing))

    async def gone(self):
        await self.rig.peer.until(lambda: self.dialog.over, "BYE")

    async def sees(self, party):
        """Do as a phone does: take the request, and read the display off it."""
        assert displayed(await self.asked()) == party

    async def asked(self, code=200, headers=()):
        """Answer the next UPDATE or re-INVITE; return it."""
        dialog = self.dialog

        def fresh():
            return next((one for one in dialog.inbox if one.start.split()[0] in ("UPDATE", "INVITE")), None)

        request = await self.rig.peer.until(fresh, "UPDATE or re-INVITE")
        dialog.inbox.remove(request)
        offered = request.method == "INVITE"
        dialog.respond(request, code, headers, dialog.sdp() if offered and code == 200 else "")
        if offered:
            await dialog.got(method="ACK")
        return request

    async def divert(self):
        self.dialog.ring(181)

    async def forward(self, code, number):
        self.dialog.respond(self.dialog.invite, code, [("Contact", f"<sip:{number}@127.0.0.1:{self.rig.peer.port}>")])
        await self.dialog.got(method="ACK")


class RealRig(Rig):
    real = True
    release_code = 200

    async def open(self, **settings):
        from appliance.sip.pjsua import PjsuaSip  # noqa: PLC0415 - the fake's tests need no pjsua2

        self.peer = await Peer.open()
        self.peer.automatic = True
        self.peer.box = ("127.0.0.1", free_port())
        music = {"default": tone_file(self.tmp / "music.wav", MUSIC_HZ, 2.0)}
        account = AccountSettings("pbx", "800", f"127.0.0.1:{self.peer.port}", password="secret")  # noqa: S106
        rtp = 20_000 + self.peer.port % 100 * 200
        base = {"accounts": (account,), "bind": "127.0.0.1", "port": self.peer.box[1], "music": music}
        settings = base | {"rtp_ports": (rtp, rtp + 199)} | settings
        self._make = lambda: PjsuaSip(SipSettings(**settings), self.post, self.voice, self.loop)
        self._registers = settings["accounts"] == (account,)
        await self._start()

    async def _start(self):
        self.sip = self._make()
        await self.sip.start()
        if self._registers:
            await self.event(RegistrationChanged, registered=True)

    async def restart(self):
        """Let another process take the place of this one, which says nothing to its legs."""
        await self.sip.stop(hang_up=False)
        await self._start()

    async def call(self, number, caller):
        return RealFar(self, await self.peer.call(number, f'"{caller.name}" <sip:{caller.number}@127.0.0.1>'))

    async def texted(self):
        message = await self.peer.until(lambda: self.peer.texts.pop(0) if self.peer.texts else None, "MESSAGE")
        return sip_text.user_of(message.start.split()[1]), message.body

    async def rung(self):
        return RealFar(self, await self.peer.rung())

    def without_events(self):
        self.peer.events = False

    def refuse_release(self, code):
        self.release_code = code

    def refuse_take_over(self, dialog, code):
        """`keeps` does it."""

    def let_take_over_ring(self):
        """Until the test picks up."""

    async def gives_back(self):
        far = await self.rung()
        await far.pick_up()
        return far

    async def keeps(self, code):
        await (await self.rung()).decline(code)

    async def close(self):
        await self.sip.stop(hang_up=True)
        self.peer.close()

    async def nothing_left(self):
        thread = self.sip._thread

        def clean() -> bool:
            players = thread.audio.owned() + thread.ears.owned()
            return not (thread.legs or thread.graveyard or players or thread._door.calls_in_library())

        await self.peer.until(clean, "nothing left")


@contextlib.asynccontextmanager
async def rig_of(kind, tmp: Path, **settings):
    rig = kind(tmp)
    try:
        await rig.open(**settings)
        yield rig
    finally:
        await rig.close()
