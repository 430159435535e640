"""One call of a crowd: a dialog (RFC 3261 section 12), what happened to it, what its phone hears.

The methods with an underscore run on the crowd's loop; everything else may be called from the test's thread.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from tests.lab import crowd_sip
from tests.lab.crowd_rtp import Ear, RtpCrowd, Spell
from tests.lab.crowd_sip import FINAL, Message, Wire, token, uri
from tests.lab.ports import HOST
from tests.lab.sip_text import Headers, Party, asserted, first_line
from tests.lab.voices import Heard

ALLOW = "INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS, NOTIFY, REFER"
UNAUTHORISED = (401, 407)
REFUSED = 300


class Step(Enum):
    """How far a call is."""

    CALLING = "calling"
    RINGING = "ringing"
    UP = "up"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: `ringing`, `up`, `cancelled`, `bye`, `refused`, `hung up`, `transfer`, `shown`."""

    at: float
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """Who calls: account and password where the server asks for them, number and name as the far side sees them."""

    number: str
    name: str = ""
    account: str = ""
    password: str = ""

    @property
    def user(self) -> str:
        """Return the user part of its address."""
        return self.account or self.number


class Home(Protocol):
    """What a call needs of its crowd."""

    @property
    def server(self) -> str:
        """Return host:port."""

    @property
    def wire(self) -> Wire:
        """Return the SIP port."""

    @property
    def rtp(self) -> RtpCrowd:
        """Return mouths and ears."""

    def post(self, action: Callable[[], None]) -> None:
        """Do something on the loop."""


@dataclass(slots=True, eq=False)
class CrowdCall:
    """One call; `party` is who is on this end, `voice` what he says."""

    home: Home
    me: Login
    number: str
    voice: int
    invite: Message | None = None
    """The INVITE that brought it; None for a call of our own."""
    headers: Headers = field(default_factory=list)
    step: Step = Step.CALLING
    began: float = field(default_factory=time.monotonic)
    answered: float | None = None
    ended: float | None = None
    facts: list[Fact] = field(default_factory=list)
    ear: Ear = field(default_factory=Ear)
    call_id: str = field(default_factory=token)
    _tag: str = field(default_factory=token)
    _branch: str = ""
    _remote: str = ""
    _target: str = ""
    _sequence: int = 1
    _far_port: int | None = None
    _ack: bytes = b""
    _tried_login: bool = False
    _hanging_up: bool = False

    # -- for the test ------------------------------------------------------------------------------------------------------

    @property
    def spells(self) -> list[Spell]:
        """Return what was heard, one after the other."""
        return self.ear.spells()

    @property
    def hears(self) -> Spell | None:
        """Return what is heard now and since when."""
        spells = self.spells
        return spells[-1] if spells else None

    @property
    def shown(self) -> Party:
        """Return whom its INVITE names."""
        assert self.invite is not None
        return asserted(self.invite.headers) or Party("")

    @property
    def last(self) -> str:
        """Return in a word what happened last, for reports."""
        return f"{self.facts[-1].what} {self.facts[-1].detail}".strip() if self.facts else self.step.value

    def heard_for(self, heard: Heard, seconds: float) -> bool:
        """Say whether it has heard that, and nothing else, for so long until now."""
        now = self.hears
        return self.step is Step.UP and now is not None and now.heard == heard and now.length >= seconds

    def answer(self) -> None:
        """Pick up."""
        self.home.post(self._answer)

    def refuse(self, code: int = 486) -> None:
        """Refuse it."""
        self.home.post(lambda: self._refuse(code))

    def hang_up(self) -> None:
        """End it, whatever its state."""
        self.home.post(self._hang_up)

    def transfer(self, number: str) -> float:
        """Send the far side to a number (REFER, RFC 3515); the outcome is a fact `transfer`. Return the instant."""
        self.home.post(lambda: self._transfer(number))
        return time.monotonic()

    # -- on the loop: our own INVITE -----------------------------------------------------------------------------------

    def _invite(self, login: Headers | None = None) -> None:
        self._branch = f"z9hG4bK{token()}"
        self._target = f"sip:{self.number}@{self.home.server}"
        self._remote = f"<{self._target}>"
        headers = [*self._common("INVITE"), *self.headers, *(login or [])]
        data = crowd_sip.render(f"INVITE {self._target} SIP/2.0", headers, crowd_sip.session(self.home.rtp.port))
        self.home.wire.ask(data, self._branch, "INVITE", self._invited)

    def _invited(self, response: Message | None) -> None:
        if response is None:
            self._end("refused", "nobody answered the INVITE")
        elif response.code >= FINAL:
            self._final(response)
        elif response.code > 100 and self.step is Step.CALLING:
            self.step = Step.RINGING
            self._note("ringing", str(response.code))

    def _final(self, response: Message) -> None:
        self._remote = response.value("to")
        if response.code < REFUSED:
            self._accepted(response)
            return
        self._acknowledge(self._branch, f"sip:{self.number}@{self.home.server}")
        if self.step in (Step.CALLING, Step.RINGING):
            if response.code in UNAUTHORISED and self.me.password and not self._tried_login:
                self._tried_login = True
                self._sequence += 1
                self._invite([self._credentials(response, "INVITE", f"sip:{self.number}@{self.home.server}")])
            else:
                self._end("refused", str(response.code))

    def _accepted(self, response: Message) -> None:
        """Acknowledge, also each repetition; hang up when we have given up meanwhile (RFC 3261 section 15)."""
        if not self._ack:
            self._target = uri(response.value("contact")) or self._target
            self._ack = self._acknowledge(f"z9hG4bK{token()}", self._target)
            if self._hanging_up:
                self._bye()
            else:
                self._up(response.media_port)
        else:
            self.home.wire.send(self._ack)

    def _acknowledge(self, branch: str, target: str) -> bytes:
        data = crowd_sip.render(f"ACK {target} SIP/2.0", self._common("ACK", branch))
        self.home.wire.send(data)
        return data

    # -- on the loop: a call that came ---------------------------------------------------------------------------------

    def _ring(self) -> None:
        assert self.invite is not None
        self.step = Step.RINGING
        self._remote = self.invite.value("from")
        self._target = uri(self.invite.value("contact"))
        self._note("ringing")
        self._reply(self.invite, 180)

    def _answer(self) -> None:
        if self.step is not Step.RINGING or self.invite is None:
            return
        self._reply(self.invite, 200, crowd_sip.session(self.home.rtp.port), until_ack=True)
        self._up(self.invite.media_port)

    def _refuse(self, code: int) -> None:
        if self.step is Step.RINGING and self.invite is not None:
            self._reply(self.invite, code)
            self._end("hung up", str(code))

    # -- on the loop: in the dialog --------------------------------------------------------------------------------------

    def _request(self, message: Message) -> None:
        """Take a request in this dialog."""
        match message.method:
            case "BYE":
                self._reply(message, 200)
                self._end("bye", message.value("reason"))
            case "CANCEL":
                self._cancelled(message)
            case "INVITE" | "UPDATE":
                self._changed(message)
            case "NOTIFY":
                self._reply(message, 200)
                self._note("transfer", first_line(message.text.partition("\r\n\r\n")[2]))
            case _:
                self._reply(message, 200)

    def _cancelled(self, message: Message) -> None:
        self._reply(message, 200)
        if self.step is Step.RINGING and self.invite is not None:
            self._reply(self.invite, 487)
            self._end("cancelled")

    def _changed(self, message: Message) -> None:
        """Take a re-INVITE or an UPDATE: another far end, another number to show, or a sign of life."""
        self._target = uri(message.value("contact")) or self._target
        who = asserted(message.headers)
        if who is not None:
            self._note("shown", who.number)
        offered = message.media_port
        if offered is not None and self.step is Step.UP:
            self._connect(offered)
        invited = message.method == "INVITE"
        body = crowd_sip.session(self.home.rtp.port) if invited or offered is not None else ""
        self._reply(message, 200, body, until_ack=invited)

    def _transfer(self, number: str) -> None:
        where = f"<sip:{number}@{self.home.server}>"
        me = f"<sip:{self.me.user}@{self.home.server}>"
        self._send("REFER", [("Refer-To", where), ("Referred-By", me)], lambda r: self._note("transfer", _code(r)))

    def _hang_up(self) -> None:
        if self.step is Step.UP:
            self._bye()
        elif self.step is Step.RINGING and self.invite is not None:
            self._refuse(486)
        elif self.step is not Step.OVER and self.invite is None:
            self._hanging_up = True
            target = f"sip:{self.number}@{self.home.server}"
            data = crowd_sip.render(f"CANCEL {target} SIP/2.0", self._common("CANCEL", self._branch))
            self.home.wire.ask(data, self._branch, "CANCEL", lambda _: None)

    def _bye(self) -> None:
        self._send("BYE", [], lambda _: None)
        self._end("hung up")

    def _send(self, method: str, headers: Headers, answered: Callable[[Message | None], None]) -> None:
        """Send a request in the dialog; log in when that is asked for."""

        def once(response: Message | None) -> None:
            if response is not None and response.code in UNAUTHORISED and self.me.password:
                self._put(method, [*headers, self._credentials(response, method, self._target)], answered)
            else:
                answered(response)

        self._put(method, headers, once)

    def _put(self, method: str, headers: Headers, answered: Callable[[Message | None], None]) -> None:
        self._sequence += 1
        branch = f"z9hG4bK{token()}"
        data = crowd_sip.render(f"{method} {self._target} SIP/2.0", [*self._common(method, branch), *headers])
        self.home.wire.ask(data, branch, method, answered)

    # -- on the loop: what both kinds share --------------------------------------------------------------------------------

    def _up(self, port: int | None) -> None:
        self.step = Step.UP
        self.answered = time.monotonic()
        self._note("up")
        self._connect(port)

    def _connect(self, port: int | None) -> None:
        if port == self._far_port or not port:
            return
        if self._far_port is not None:
            self.home.rtp.disconnect(self._far_port, self.ear)
        self._far_port = port
        self.home.rtp.connect(port, self.voice, self.ear)

    def _end(self, what: str, detail: str = "") -> None:
        if self.step is Step.OVER:
            return
        self.step = Step.OVER
        self.ended = time.monotonic()
        self._note(what, detail)
        if self._far_port is not None:
            self.home.rtp.disconnect(self._far_port, self.ear)

    def _note(self, what: str, detail: str = "") -> None:
        self.facts.append(Fact(time.monotonic(), what, detail))

    def _reply(self, message: Message, code: int, body: str = "", *, until_ack: bool = False) -> None:
        headers = [("Contact", self._contact()), ("Allow", ALLOW)]
        data = crowd_sip.answer(message, code, headers, self._tag, body)
        self.home.wire.reply(message, data, until_ack=until_ack)

    def _credentials(self, response: Message, method: str, target: str) -> tuple[str, str]:
        return crowd_sip.credentials(response, method, target, self.me.account, self.me.password)

    def _contact(self) -> str:
        return f"<sip:{self.me.user}@{HOST}:{self.home.wire.port}>"

    def _common(self, method: str, branch: str = "") -> Headers:
        mine = f'"{self.me.name}" <sip:{self.me.user}@{HOST}>;tag={self._tag}'
        via = f"SIP/2.0/UDP {HOST}:{self.home.wire.port};branch={branch or self._branch};rport"
        return [
            ("Via", via),
            ("From", mine),
            ("To", self._remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self._sequence} {method}"),
            ("Contact", self._contact()),
            ("Max-Forwards", "70"),
            ("Allow", ALLOW),
        ]


def _code(response: Message | None) -> str:
    return str(response.code) if response is not None else "no answer"
