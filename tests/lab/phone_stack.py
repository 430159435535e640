"""The inside of a phone: all that is pjsua2. One endpoint, one account, its calls; runs in the main thread of its process.

Callbacks tell facts through `Stack.tell` and do nothing slow. Ended calls and their ears wait in a graveyard until the
poll has returned. The cyclic collector runs only here, so that no other thread ever drops an object of the library.
"""

import functools
import gc
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pjsua2 as pj

from tests.lab import sip_text
from tests.lab.phone_ear import RATE, Ear
from tests.lab.phone_voice import Digits, Voice

POLL_MS = 10
Tell = Callable[..., None]


def guard(method: Callable[..., None]) -> Callable[..., None]:
    """Keep every exception out of the library; tell it as an event, the controller raises it."""

    @functools.wraps(method)
    def guarded(self: Any, *arguments: Any) -> None:
        try:
            method(self, *arguments)
        except pj.Error as error:
            self.stack.tell("fault", detail=f"{method.__qualname__}: {error.info()}")
        except BaseException as error:  # noqa: BLE001 - a foreign frame is above us; SystemExit would end the process
            self.stack.tell("fault", detail=f"{method.__qualname__}: {error!r}")

    return guarded


class Call(pj.Call):
    """One dialog, with the ear that records what it brings."""

    def __init__(self, stack: "Stack", library_id: int = pj.PJSUA_INVALID_ID, *, of: "Call | None" = None) -> None:
        super().__init__(stack.account, library_id)
        self.stack: Stack = weakref.proxy(stack) if not isinstance(stack, weakref.ProxyType) else stack
        self.number = self.stack.keep(self)
        self.ear: Ear | None = None
        self.listening = False
        self.rtp = False
        self.shown: sip_text.Party | None = None
        if of is not None:
            self.tell("instead", of=of.number)

    def tell(self, what: str, **data: Any) -> None:
        """Tell a fact about this call."""
        self.stack.tell(what, call=self.number, **data)

    def show(self, who: sip_text.Party | None) -> None:
        """Put somebody on the display; told only when it changes."""
        if who is not None and who != self.shown:
            self.shown = who
            self.tell("shown", name=who.name, number=who.number)

    @guard
    def onCallState(self, _prm: Any) -> None:  # noqa: N802 - the library's name
        info = self.getInfo()
        facts = {"code": int(info.lastStatusCode), "reason": sip_text.clean(info.lastReason)}
        if info.state == pj.PJSIP_INV_STATE_EARLY and info.role == pj.PJSIP_ROLE_UAC:
            self.tell("ringing", **facts)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.tell("answered", **facts)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.stack.bury(self)
            self.tell("ended", **facts)

    @guard
    def onCallMediaState(self, _prm: Any) -> None:  # noqa: N802 - the library's name
        info = self.getInfo()
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO:
                self._route(media.index, media.status, media.dir)
                return

    def _route(self, index: int, status: int, direction: int) -> None:
        """Connect anew: every re-INVITE makes a new stream. Ear and voice as far as the directions go."""
        names = {pj.PJSUA_CALL_MEDIA_ACTIVE: "media", pj.PJSUA_CALL_MEDIA_LOCAL_HOLD: "local_hold"}
        names[pj.PJSUA_CALL_MEDIA_REMOTE_HOLD] = "remote_hold"
        if status not in names:
            return
        audio = self.getAudioMedia(index)
        if direction & pj.PJMEDIA_DIR_DECODING:
            if self.ear is None:
                self.ear = Ear(self.stack.folder / f"call-{self.number}.wav")
            audio.startTransmit(self.ear)
        if direction & pj.PJMEDIA_DIR_ENCODING:
            self.stack.voice.into(audio)
        self.listening = status == pj.PJSUA_CALL_MEDIA_ACTIVE
        self.tell(names[status], codec=sip_text.clean(self.getStreamInfo(index).codecName))

    @guard
    def onCallTsxState(self, prm: Any) -> None:  # noqa: N802 - the library's name
        event = prm.e.body.tsxState
        if event.type == pj.PJSIP_EVENT_RX_MSG and event.tsx.method in ("INVITE", "UPDATE"):
            self.show(sip_text.asserted(sip_text.headers(sip_text.clean(event.src.rdata.wholeMsg))))

    @guard
    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802 - the library's name
        self.tell("transfer", code=int(prm.statusCode), reason=sip_text.clean(prm.reason), final=bool(prm.finalNotify))
        if prm.finalNotify:
            prm.cont = False
            if prm.statusCode // 100 == 2:  # a desk phone goes back on hook
                self.stack.later(0, lambda: self.stack.hang_up(self))

    @guard
    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802 - the library's name
        self.tell("referred", to=sip_text.clean(prm.dstUri))
        prm.newCall = Call(self.stack, of=self)

    @guard
    def onCallReplaceRequest(self, prm: Any) -> None:  # noqa: N802 - the library's name
        call = Call(self.stack, of=self)
        prm.newCall = call
        call.show(sip_text.caller(sip_text.headers(sip_text.clean(prm.rdata.wholeMsg))))

    @guard
    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802 - the library's name
        self.tell("digit", digit=str(prm.digit), method=int(prm.method))


class Account(pj.Account):
    """The phone's registration."""

    def __init__(self, stack: "Stack") -> None:
        super().__init__()
        self.stack: Stack = weakref.proxy(stack)

    @guard
    def onRegState(self, prm: Any) -> None:  # noqa: N802 - the library's name
        active = bool(self.getInfo().regIsActive)
        self.stack.tell("registration", code=int(prm.code), reason=sip_text.clean(prm.reason), active=active)

    @guard
    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - the library's name
        message = sip_text.clean(prm.rdata.wholeMsg)
        found = sip_text.headers(message)
        call = Call(self.stack, prm.callId)
        call.shown = who = sip_text.caller(found)
        facts = {
            name.replace("-", "_"): sip_text.first(found, name) for name in ("alert-info", "call-info", "diversion")
        }
        call.tell("invite", name=who.name, number=who.number, dialled=sip_text.dialled(message), text=message, **facts)
        self.stack.react(call, asked_to_answer=sip_text.answers_itself(found))

    @guard
    def onInstantMessage(self, prm: Any) -> None:  # noqa: N802 - the library's name
        body, sender = sip_text.clean(prm.msgBody), sip_text.party(sip_text.clean(prm.fromUri))
        self.stack.tell("message", body=body, number=sender.number, kind=sip_text.clean(prm.contentType))


class Stack:
    """The phone. `settings` are those of `phone.Phone`; `tell(what, **data)` sends one event to the controller."""

    def __init__(self, settings: dict[str, Any], tell: Tell) -> None:
        self.settings = settings
        self.tell = tell
        self.folder = Path(settings["folder"])
        self.calls: dict[int, Call] = {}
        self.manners: dict[str, Any] = {"refuse": 0, "forward": "", "silent": False}
        self.manners |= {"answer_after": None, "obey_auto_answer": True}
        self._numbers = 0
        self._graves: list[Call] = []
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._collected = 0.0
        gc.disable()
        self.endpoint = pj.Endpoint()
        self._boot()
        self.account = Account(self)
        self.account.create(self._account_config())

    def poll(self) -> None:
        """Serve the library once; then what is due, the dead, and the recordings."""
        if self.endpoint.libHandleEvents(POLL_MS) < 0:
            time.sleep(POLL_MS / 1000)
        now = time.monotonic()
        due = [job for at, job in self._due if at <= now]
        self._due = [(at, job) for at, job in self._due if at > now]
        for job in due:
            self._try(job)
        while self._graves:
            self._destroy(self._graves.pop())
        for call in self.calls.values():
            self._watch(call)
        if now > self._collected + 5:
            gc.collect()
            self._collected = now

    def keep(self, call: Call) -> int:
        """Hold the only reference to a call, return its number."""
        self._numbers += 1
        self.calls[self._numbers] = call
        return self._numbers

    def bury(self, call: Call) -> None:
        """Let go of an ended call once the poll has returned."""
        if self.calls.pop(call.number, None) is not None:
            self._graves.append(call)

    def later(self, seconds: float, job: Callable[[], None]) -> None:
        """Do something after the poll, or in so many seconds."""
        self._due.append((time.monotonic() + seconds, job))

    def speak(self, frequency: float) -> None:
        """Say another sine from now on."""
        self.voice.close()
        self.voice = Voice(self.folder, frequency)
        self._reconnect()

    def send_tones(self, call: Call, digits: str) -> None:
        """Send digits in the audio itself, the voice silent meanwhile."""
        sound, audio = Digits(self.folder, digits), call.getAudioMedia(-1)
        self.voice.out_of(audio)
        sound.into(audio)

        def end() -> None:
            sound.close()
            self._reconnect()

        self.later(sound.seconds + 0.1, end)

    def react(self, call: Call, *, asked_to_answer: bool) -> None:
        """Do what the phone's manners say about a new call: refuse, send on, stay dumb, ring, answer."""
        manners = self.manners
        if manners["refuse"]:
            respond(call, manners["refuse"])
        elif manners["forward"]:
            respond(call, 302, contact=f"<sip:{manners['forward']}@{self.settings['server']}>")
        elif not manners["silent"]:
            respond(call, 180)
            call.tell("ringing", code=180, reason="")
            after = 0.0 if asked_to_answer and manners["obey_auto_answer"] else manners["answer_after"]
            if after is not None:
                self.later(after, lambda: self._answer_if_there(call.number))

    def hang_up(self, call: Call, code: int = 0) -> None:
        """End a call if it is not over already."""
        if call.number in self.calls:
            prm = pj.CallOpParam()
            prm.statusCode = code
            call.hangup(prm)

    def close(self) -> None:
        """Hang up, unregister, end the library."""
        self.endpoint.hangupAllCalls()
        end = time.monotonic() + 1.5
        while self.calls and time.monotonic() < end:
            self.poll()
        for call in [*self.calls.values(), *self._graves]:
            self._destroy(call)
        self.calls.clear()
        self.voice.close()
        self.account.shutdown()
        self.account.__swig_destroy__(self.account)
        gc.collect()
        self.endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)

    def _reconnect(self) -> None:
        for call in self.calls.values():
            call.onCallMediaState(None)

    def _try(self, job: Callable[[], None]) -> None:
        try:
            job()
        except pj.Error as error:
            self.tell("fault", detail=error.info())

    def _boot(self) -> None:
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly, config.uaConfig.maxCalls = 0, True, 64
        config.logConfig.level, config.logConfig.consoleLevel, config.logConfig.msgLogging = 4, 0, 1
        config.logConfig.filename = str(self.folder / "sip.log")
        media = config.medConfig
        media.clockRate, media.noVad, media.ecTailLen, media.sndAutoCloseTime, media.quality = RATE, True, 0, -1, 4
        self.endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.port, transport.boundAddress = self.settings["port"], "127.0.0.1"
        self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.endpoint.libStart()
        self.endpoint.audDevManager().setNullDev()
        self._choose_codecs(self.settings["codecs"])
        self.voice = Voice(self.folder, self.settings["tone"])

    def _choose_codecs(self, wanted: list[str]) -> None:
        for codec in self.endpoint.codecEnum2():
            name = codec.codecId.split("/")[0].lower()
            self.endpoint.codecSetPriority(codec.codecId, 255 - wanted.index(name) if name in wanted else 0)

    def _account_config(self) -> pj.AccountConfig:
        user, server = self.settings["account"], self.settings["server"]
        config = pj.AccountConfig()
        config.idUri = f'"{self.settings["name"]}" <sip:{user}@{server}>'
        config.regConfig.registrarUri = f"sip:{server}" if self.settings["register"] else ""
        config.regConfig.retryIntervalSec = 1
        config.regConfig.unregWaitMsec = 500
        login = pj.AuthCredInfo("digest", "*", user, 0, self.settings["password"])
        config.sipConfig.authCreds.append(login)
        config.natConfig.contactRewriteUse = config.natConfig.viaRewriteUse = config.natConfig.sipOutboundUse = 0
        config.natConfig.udpKaIntervalSec = 0
        rtp = config.mediaConfig.transportConfig
        rtp.port, rtp.portRange, rtp.boundAddress = self.settings["port"] + 2, 90, "127.0.0.1"
        config.mediaConfig.lockCodecEnabled = False
        config.callConfig.prackUse = pj.PJSUA_100REL_NOT_USED
        return config

    def _answer_if_there(self, number: int) -> None:
        if number in self.calls:
            respond(self.calls[number], 200)

    def _watch(self, call: Call) -> None:
        """Tell the first RTP packet (to the poll's 10 ms), write what was heard."""
        if call.listening and not call.rtp and call.getStreamStat(0).rtcp.rxStat.pkt:
            call.rtp = True
            call.tell("rtp")
        if call.ear is not None and call.ear.flush():
            call.tell("recording", path=str(call.ear.path), start=call.ear.start)

    def _destroy(self, call: Call) -> None:
        call.__swig_destroy__(call)
        if call.ear is not None:
            call.ear.close()
            call.ear.__swig_destroy__(call.ear)
            call.ear = None


def respond(call: Call, code: int, *, contact: str = "") -> None:
    """Answer an incoming call with a status code, and a redirection (3xx) with whom to call instead."""
    prm = pj.CallOpParam()
    prm.statusCode = code
    if contact:
        header = pj.SipHeader()
        header.hName, header.hValue = "Contact", contact
        prm.txOption.headers.append(header)
    prm.opt.textCount = prm.opt.videoCount = 0
    call.answer(prm)


def offer() -> pj.CallOpParam:
    """Return the parameters of an INVITE or re-INVITE: audio, and nothing else."""
    prm = pj.CallOpParam(True)
    prm.opt.textCount = prm.opt.videoCount = 0
    return prm
