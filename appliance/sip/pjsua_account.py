"""One registration at one PBX: where it is, whom we trust there, and trying again for ever (S-7, S-10).

Runs in the SIP thread, except for the search for addresses, which has a short-lived thread of its own.
"""

import logging
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pjsua2 as pj

from appliance.core.events import RegistrationChanged
from appliance.core.ids import Seconds
from appliance.sip.addresses import Server, Target, at, find, parse_server, trusted
from appliance.sip.certificates import SYSTEM_AUTHORITIES, complaint
from appliance.sip.headers import Message, text
from appliance.sip.pjsua_guard import guarded, told
from appliance.sip.pjsua_text import Texts
from appliance.sip.port import AccountSettings, SipSettings
from appliance.sip.registration import NO_ANSWER, Attempts, explain, failed, succeeded
from appliance.sip.signs import Signs, hear
from appliance.sip.uri import parse_address, parse_uri

log = logging.getLogger(__name__)

EXPIRES = 120
"""Seconds that a registration is asked for; renewed a little before."""
PATIENCE = 8.0
"""Seconds after which a REGISTER counts as unanswered; pjsip repeats it for 32 (RFC 3261 section 17.1.2.2)."""
PROBE_EVERY = 15.0
"""Seconds between two OPTIONS to the registrar: is it there, and is the first one back? Less than `signs.LATE`."""
PROBE_PATIENCE = 10.0
"""Seconds until a probe counts as unanswered; it has been repeated six times by then."""
LOOK_AGAIN = 300.0
"""Seconds after which a name is looked up again."""
OK = 200
REFUSED = 300
UNTRUSTED = "PJSIP_TLS_ECERTVERIF"
"""What the library says of every certificate that it does not believe."""


class PbxAccount(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """An account of the configuration. `stack` is the SipThread that owns it."""

    def __init__(self, stack: Any, settings: AccountSettings, sip: SipSettings) -> None:
        super().__init__()
        self.stack = weakref.proxy(stack)
        self.settings = settings
        self.sip = sip
        self.user = settings.username or settings.extension
        self.servers = [parse_server(name) for name in (settings.server, settings.backup) if name]
        self.candidates: list[tuple[Server, Target]] = []
        self.sources: frozenset[str] = frozenset()
        self.attempts = Attempts(len(self.servers))
        self.registered = False
        self.signs = Signs()
        self.texts = Texts()
        self._reported: tuple[bool, int, str] | None = None
        self._used: tuple[Server, Target] | None = None
        self._probes_unanswered = 0
        self._round = 0
        """Number of the attempt under way; timers of earlier ones are stale."""

    # -- what the SIP thread asks ----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Create the account in the library and look where the PBX is; registering follows by itself."""
        self.create(self._config(self.servers[0], None))
        self._begin_ports()
        if all(server.literal for server in self.servers):
            self._found([(server, find(server, self.settings.transport)) for server in self.servers])
        else:
            self._look_up()

    def _begin_ports(self) -> None:
        if self.sip.rtp_first:
            self.stack.dialogs.begin_ports(self.getId(), self.sip.rtp_first)

    def host(self) -> str:
        """Return what stands behind the @ in addresses at this PBX."""
        return str(self._used[0] if self._used else self.servers[0])

    def target(self) -> Target | None:
        """Return the address in use, None while it is not known."""
        return self._used[1] if self._used else None

    def heard(self) -> None:
        """Something came from this PBX."""
        self.signs = hear(self.signs, Seconds(time.monotonic()))

    def own_users(self) -> frozenset[str]:
        """Return the user parts that are nothing but this registration."""
        return frozenset({self.settings.extension, self.user})

    def knows(self, source: str) -> bool:
        """Whether requests from `address:port` are this PBX's."""
        address = source.rpartition(":")[0].strip("[]")
        return source in self.sources or address in self.sources or f"[{address}]" in self.sources

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield (name, address) of every server that is named, best first; a TLS PBX is called by its name."""
        for server, target in self.candidates:
            if not server.literal:
                yield server.host, target.address.partition("%")[0]

    # -- what the library tells ------------------------------------------------------------------------------------

    @guarded()
    def onIncomingCall(self, prm: Any) -> None:
        """Hand an INVITE over."""
        self.stack.invited(self, prm)

    @guarded()
    def onIncomingSubscribe(self, prm: Any) -> None:
        """Offer no event package; the library would accept presence by itself."""
        prm.code = pj.PJSIP_SC_BAD_EVENT

    @guarded()
    def onRegState(self, prm: Any) -> None:
        """Take the outcome of a REGISTER; one without a message was made up by the library."""
        code = int(prm.code) if prm.rdata.wholeMsg else NO_ANSWER
        if code:
            self.heard()
        if self.stack.stopping:
            return
        if OK <= code < REFUSED and prm.expiration > 0:
            self._succeeded(code)
        elif code == NO_ANSWER and UNTRUSTED in str(prm.reason):
            self._distrust()
        elif code >= REFUSED or code == NO_ANSWER:
            self._failed(code, text(prm.reason) if code else "")

    @guarded()
    def onSendRequest(self, prm: Any) -> None:
        """Take the answer to a probe."""
        if self.stack.stopping or prm.e.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
            return
        self._probes_unanswered = 0
        self.heard()
        if self._used != self.candidates[0]:  # the first registrar is back
            self.attempts = Attempts(len(self.candidates))
            self._register()

    @guarded()
    def onInstantMessageStatus(self, prm: Any) -> None:
        """Take the answer to a text."""
        self.texts.answered(self.settings.name, str(prm.toUri), int(prm.code))

    # -- registering -----------------------------------------------------------------------------------------------

    def _register(self) -> None:
        """Send a REGISTER to the current candidate."""
        self._round += 1
        current = self._round
        try:
            self._use(self.candidates[self.attempts.current % len(self.candidates)])
            if not self.settings.register:
                self._tell(registered=True, code=NO_ANSWER, reason="")
                return
            self.setRegistration(True)
        except pj.Error as error:
            log.warning("%s: REGISTER: %s", self.settings.name, told(error))
            self._failed(NO_ANSWER, told(error))
            return
        self.stack.later(PATIENCE, lambda: self._unanswered(current))

    def _unanswered(self, current: int) -> None:
        """Say that nobody answers; with another candidate there is no need to wait for the library's own 32 s."""
        if current != self._round or self.stack.stopping:
            return
        if len(self.candidates) > 1:
            self._failed(NO_ANSWER, "")
        else:
            self._report(NO_ANSWER, explain(NO_ANSWER, self.user, self.host(), ""))

    def _succeeded(self, code: int) -> None:
        self._round += 1
        self.attempts = succeeded(self.attempts)
        self._report(code, "")

    def _failed(self, code: int, reason: str) -> None:
        self._round += 1
        current = self._round
        self._report(code, explain(code, self.user, self.host(), reason))
        self.attempts, delay = failed(self.attempts, code, random.random())  # noqa: S311 - jitter, no secret
        self.stack.later(delay, lambda: self._retry(current))

    def _distrust(self) -> None:
        """Look in a thread of its own why the certificate of the current candidate is not believed (S-10)."""
        self._round += 1
        current, (server, target) = self._round, self.candidates[self.attempts.current % len(self.candidates)]
        authorities = self.sip.tls_ca or SYSTEM_AUTHORITIES
        tell = self.stack.teller(lambda why: self._distrusted(current, why))
        threading.Thread(
            target=lambda: tell(complaint(server.host, target.address, target.port, authorities)),
            name="sip-certificate",
            daemon=True,
        ).start()

    def _distrusted(self, current: int, why: str) -> None:
        if current == self._round and not self.stack.stopping:
            self._failed(NO_ANSWER, why)

    def _retry(self, current: int) -> None:
        if current == self._round and not self.stack.stopping:
            self._register()

    def _report(self, code: int, reason: str) -> None:
        self._tell(registered=OK <= code < REFUSED, code=code, reason=reason)

    def _tell(self, *, registered: bool, code: int, reason: str) -> None:
        """Tell what is new; an account that does not register is as good as registered once it is found."""
        self.registered = registered
        if self._reported != (registered, code, reason):
            self._reported = (registered, code, reason)
            self.stack.post(RegistrationChanged(self.settings.name, registered, code, reason))

    def _probe(self) -> None:
        """Ask the first registrar whether it is there: the one in use, or the one to go back to."""
        self.stack.later(PROBE_EVERY, self._probe)
        if not self.candidates or not (self.registered or self._used != self.candidates[0]):
            return
        server, target = self.candidates[0]
        ask = pj.SendRequestParam()
        ask.method = "OPTIONS"
        host = str(server) if self._used == self.candidates[0] else at(target.address, target.port)
        ask.txOption.targetUri = f"sip:{host}{self._suffix()}"
        self._probes_unanswered += 1
        self.stack.later(PROBE_PATIENCE, self._probe_unanswered)
        try:
            self.sendRequest(ask)
        except pj.Error as error:
            log.debug("%s: OPTIONS: %s", self.settings.name, told(error))

    def _probe_unanswered(self) -> None:
        """Count the registration as lost; a PBX that we do not register at may well not answer OPTIONS."""
        in_use = self.settings.register and self.registered and self._used == self.candidates[0]
        if self._probes_unanswered and in_use and not self.stack.stopping:
            self._failed(NO_ANSWER, "")

    # -- addresses -------------------------------------------------------------------------------------------------

    def _look_up(self) -> None:
        """Look for the PBX in a thread of its own; the answer comes back as a job."""
        servers, transport, tell = list(self.servers), self.settings.transport, self.stack.teller(self._found)
        threading.Thread(target=_search, args=(servers, transport, tell), name="sip-lookup", daemon=True).start()

    def _found(self, found: list[tuple[Server, tuple[Target, ...]]]) -> None:
        """Take what was found; whoever was found before stays trusted when nothing is found now."""
        first = not self.candidates
        candidates = [(server, target) for server, targets in found for target in targets]
        if candidates:
            self.candidates = candidates
            sources = {source for server, targets in found for source in trusted(server, targets)}
            self.sources = frozenset(sources | set(self.settings.trust))
            self.stack.trust_changed()
        if not all(server.literal for server in self.servers):
            self.stack.later(LOOK_AGAIN if self.candidates else 1.0, self._look_up)
        if not self.candidates:
            names = " or ".join(server.host for server in self.servers)
            self._report(NO_ANSWER, f"{names} cannot be found: check sip.account server, and the network's DNS")
        elif first:
            self.attempts = Attempts(len(self.candidates))
            self._register()
            self.stack.later(PROBE_EVERY, self._probe)
        else:
            self.attempts = replace(self.attempts, candidates=len(self.candidates))
            if candidates and self._used not in candidates:  # the PBX has moved
                self._register()

    def _use(self, candidate: tuple[Server, Target]) -> None:
        """Point the account at a candidate, if it is not yet."""
        if candidate != self._used:
            self.modify(self._config(*candidate))
            self._begin_ports()
            self._used = candidate

    # -- settings --------------------------------------------------------------------------------------------------

    def _suffix(self) -> str:
        return "" if self.settings.transport == "udp" else f";transport={self.settings.transport}"

    def _config(self, server: Server, target: Target | None) -> Any:
        config = pj.AccountConfig()
        config.idUri = f"sip:{self.settings.extension}@{server}"
        if self.settings.register:
            config.regConfig.registrarUri = f"sip:{server}{self._suffix()}"
        config.regConfig.registerOnAdd = False
        config.regConfig.disableRegOnModify = True
        config.regConfig.timeoutSec = EXPIRES
        config.regConfig.retryIntervalSec = 0  # we try again ourselves
        config.regConfig.dropCallsOnFail = False
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", self.user, 0, self.settings.password))
        if target and not server.literal and self.settings.transport != "tls":  # TLS checks the name in the URI
            # Loose route to the address that we found, left out of the message: pjsip need not ask the DNS.
            config.sipConfig.proxies.append(f"<sip:{at(target.address, target.port)};lr{self._suffix()};hide>")
        self._set_media(config.mediaConfig)
        return config

    def _set_media(self, media: Any) -> None:
        low, high = self.sip.rtp_ports
        media.transportConfig.port, media.transportConfig.portRange = low, high - low
        if self.sip.bind not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
            media.transportConfig.boundAddress = self.sip.bind
        media.transportConfig.qosType = pj.PJ_QOS_TYPE_VOICE
        media.lockCodecEnabled = False  # one re-INVITE less; we take what the answer puts first
        media.srtpUse = {"off": 0, "optional": 1, "mandatory": 2}[self.settings.srtp]
        media.srtpSecureSignaling = 0


def whose(accounts: Sequence[PbxAccount], chosen: PbxAccount, source: str, message: Message) -> PbxAccount:
    """Return whose INVITE it is: by its source, then by our user in it; `chosen` is the library's guess."""
    known = [account for account in accounts if account.knows(source)]
    users = {parse_uri(message.target).user, parse_address(message.value("to")).user}
    named = [account for account in known if account.own_users() & users]
    candidates = named or known
    return chosen if chosen in candidates or not candidates else candidates[0]


def _search(
    servers: list[Server],
    transport: str,
    tell: Callable[[list[tuple[Server, tuple[Target, ...]]]], None],
) -> None:
    tell([(server, find(server, transport)) for server in servers])
