"""A hundred light phones in one thread: real SIP and real RTP towards a PBX, each with a voice of its own.

Made for what many people at once must not suffer: they are lost, doubled, or joined with the wrong one. One phone that
does everything a desk phone does is `phone.Phone`.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from tests.lab import crowd_sip
from tests.lab.crowd_call import ALLOW, UNAUTHORISED, CrowdCall, Login, Step
from tests.lab.crowd_rtp import RtpCrowd
from tests.lab.crowd_sip import Message, Wire, parameter, token
from tests.lab.pbx_config import Line
from tests.lab.ports import HOST
from tests.lab.process import LIMIT, LabError, until
from tests.lab.sip_text import user_of

EXPIRES = 3600


class Station:
    """One registered phone: its calls come in, ring, and wait to be answered."""

    def __init__(self, login: Login, voice: int) -> None:
        self.login = login
        self.voice = voice
        self.calls: list[CrowdCall] = []
        """Every call that came, in order."""
        self.messages: list[tuple[str, str]] = []
        """(who, text) of each MESSAGE."""
        self.answers: bool = False
        """Picks up at once."""
        self.registered: float | None = None

    def ringing(self) -> list[CrowdCall]:
        """Return what rings now."""
        return [call for call in self.calls if call.step is Step.RINGING]


class Crowd:
    """Callers and stations of one PBX (`server` is host:port). Its thread ends with `stop`."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._stations: dict[str, Station] = {}
        self._dialogs: dict[str, CrowdCall] = {}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="crowd", daemon=True)
        self._fault: BaseException | None = None

    def start(self) -> Self:
        """Open the ports."""
        self._thread.start()
        self._ready.wait(LIMIT)
        return self

    def stop(self) -> None:
        """Close everything without a word to anybody."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(LIMIT)

    @property
    def server(self) -> str:
        """Return host:port of the PBX."""
        return self._server

    @property
    def wire(self) -> Wire:
        """Return the SIP port."""
        return self._wire

    @property
    def rtp(self) -> RtpCrowd:
        """Return mouths and ears."""
        return self._rtp

    def register(self, line: Line, voice: int) -> Station:
        """Register a phone of the company; wait for it."""
        login = Login(line.number, line.name, line.account, line.password)
        station = self._stations[line.account] = Station(login, voice)
        self.renew(station)
        return station

    def renew(self, station: Station, limit: float = LIMIT) -> None:
        """Register again (the PBX may have forgotten); wait for it."""
        station.registered = None
        self.post(lambda: self._register(station, token(), 1, None))
        until(
            lambda: self.check() and station.registered is not None, f"{station.login.user} is registered", limit=limit
        )

    def call(self, number: str, me: Login, voice: int, headers: Mapping[str, str] | None = None) -> CrowdCall:
        """Call a number; returns at once."""
        self.check()
        call = CrowdCall(self, me, number, voice, headers=list((headers or {}).items()))
        self.post(lambda: self._begin(call))
        return call

    def check(self) -> bool:
        """Raise what went wrong in the crowd itself."""
        if self._fault is not None or not self._thread.is_alive():
            raise LabError(f"the crowd is gone: {self._fault!r}")
        return True

    def post(self, action: Callable[[], None]) -> None:
        """Do something on the loop."""
        self._loop.call_soon_threadsafe(action)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._broken)
        self._end = asyncio.Event()
        host, _, port = self._server.partition(":")
        make: Callable[[], Wire] = lambda: Wire((host, int(port)), self._incoming)  # noqa: E731 - asyncio wants a factory
        _, self._wire = await self._loop.create_datagram_endpoint(make, local_addr=(HOST, 0))
        self._rtp = RtpCrowd()
        self._ready.set()
        await self._end.wait()
        await self._rtp.close()
        self._wire.close()

    def _broken(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        self._fault = error if isinstance(error, BaseException) else LabError(str(context.get("message")))

    def _begin(self, call: CrowdCall) -> None:
        self._dialogs[call.call_id] = call
        call._invite()

    def _incoming(self, request: Message) -> None:
        call = self._dialogs.get(request.call_id)
        if call is not None and (call.step is not Step.OVER or request.method in ("BYE", "CANCEL")):
            call._request(request)
        elif request.method == "INVITE" and not parameter(request.value("to"), "tag"):
            self._called(request)
        else:
            self._outside(request)

    def _called(self, request: Message) -> None:
        user = user_of(request.text.split(" ", 2)[1])
        station = self._stations.get(user)
        if station is None:
            self._wire.reply(request, crowd_sip.answer(request, 404, [], token()))
            return
        call = CrowdCall(self, station.login, user_of(request.value("from")), station.voice, invite=request)
        call.call_id = request.call_id
        self._dialogs[call.call_id] = call
        station.calls.append(call)
        call._ring()
        if station.answers:
            call._answer()

    def _outside(self, request: Message) -> None:
        """Answer what belongs to no call."""
        station = self._stations.get(user_of(request.text.split(" ", 2)[1]))
        known = request.method == "OPTIONS" or (request.method == "MESSAGE" and station is not None)
        if request.method == "MESSAGE" and station is not None:
            station.messages.append((user_of(request.value("from")), request.text.partition("\r\n\r\n")[2]))
        self._wire.reply(request, crowd_sip.answer(request, 200 if known else 481, [("Allow", ALLOW)], token()))

    def _register(self, station: Station, call_id: str, sequence: int, login: tuple[str, str] | None) -> None:
        target, user = f"sip:{self._server}", station.login.user
        branch = f"z9hG4bK{token()}"
        address = f"<sip:{user}@{self._server}>"
        headers = [
            ("Via", f"SIP/2.0/UDP {HOST}:{self._wire.port};branch={branch};rport"),
            ("From", f"{address};tag={token()}"),
            ("To", address),
            ("Call-ID", call_id),
            ("CSeq", f"{sequence} REGISTER"),
            ("Contact", f"<sip:{user}@{HOST}:{self._wire.port}>"),
            ("Max-Forwards", "70"),
            ("Expires", str(EXPIRES)),
            *([login] if login else []),
        ]

        def answered(response: Message | None) -> None:
            if response is not None and response.code in UNAUTHORISED and login is None:
                who = (user, station.login.password)
                proof = crowd_sip.credentials(response, "REGISTER", target, *who)
                self._register(station, call_id, sequence + 1, proof)
            elif response is not None and response.code == 200:
                station.registered = time.monotonic()

        self._wire.ask(crowd_sip.render(f"REGISTER {target} SIP/2.0", headers), branch, "REGISTER", answered)
