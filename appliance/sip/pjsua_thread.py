"""The SIP thread: every pjsua2 object is made, used and destroyed here, and nowhere else.

Orders come down as closures through a queue, events go up through `post`; nobody waits across. Between two polls:
destroy what ended, carry out jobs, run timers, tell the time. Only `legs` refers to calls; an ended one is destroyed
right after the callback that told of it has returned (a stale object would hang up whoever has its slot next).
"""

import asyncio
import contextlib
import gc
import heapq
import itertools
import logging
import queue
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pjsua2 as pj

from appliance.core.events import AdapterFault, CallArrived, Event
from appliance.core.hearing import Speech
from appliance.core.ids import LegId
from appliance.errors import AdapterError
from appliance.sip import pjsua_boot
from appliance.sip.arrival import read_invite
from appliance.sip.headers import parse
from appliance.sip.pjsua_account import PbxAccount, whose
from appliance.sip.pjsua_audio import Audio
from appliance.sip.pjsua_call import Leg
from appliance.sip.pjsua_clock import BridgeClock
from appliance.sip.pjsua_dialog import Dialogs
from appliance.sip.pjsua_digits import Ears
from appliance.sip.pjsua_guard import Door, told
from appliance.sip.pjsua_voice import fetch
from appliance.sip.pjsua_withdraw import Withdrawals
from appliance.sip.port import Post, SipSettings, Voice
from appliance.sip.uri import clean

log = logging.getLogger(__name__)

POLL = 10
"""Milliseconds that the library may wait for the network; no order waits longer."""
GOODBYE = 1.5
"""Seconds that BYEs may take when we end."""
WELL_AGAIN = 60.0
"""Seconds without a new fault after which we call ourselves well."""
AUDIT_EVERY = 25.0
"""Seconds between two questions to a far side; with the 32 s that an answer may take it makes less than 60 (S-6)."""
YOUNG_EVERY, ALL_EVERY = 1.0, 60.0
"""Seconds between collections of young and of all garbage."""

OURS = 4
"""One in so many calls is kept for those that we make: a PBX that floods us shall not keep us from recalling whom we have."""

Job = Callable[[], None]


class SipThread(threading.Thread):
    """Owns the endpoint, the accounts, the legs and the bridge."""

    def __init__(self, settings: SipSettings, post: Post, voice: Voice, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="sip", daemon=True)
        self.settings = settings
        self.started: Future[None] = Future()
        self.heartbeat = time.monotonic()
        self.stopping = False
        self.legs: dict[LegId, Leg] = {}
        self.graveyard: list[Leg] = []
        self.accounts: dict[str, PbxAccount] = {}
        self.audio = Audio(weakref.proxy(self), settings)
        self.ears = Ears(weakref.proxy(self))
        self.clock = BridgeClock()
        self.dialogs: Dialogs
        """There from the boot on."""
        self.withdrawals = Withdrawals(self)
        self._post, self._voice, self._loop = post, voice, loop
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count(1)
        self._order = itertools.count()
        self._goodbye: bool | None = None
        self._endpoint: Any = None
        self._door: Door | None = None
        self._faulty = 0
        self._alone = False
        self._next_gc = [0.0, 0.0]

    # -- called from anywhere --------------------------------------------------------------------------------------

    def do(self, job: Job) -> None:
        """Have something done in this thread, soon."""
        self._jobs.put(job)

    def finish(self, *, hang_up: bool) -> None:
        """Ask the thread to end, with BYE on every leg or leaving the dialogs as they are."""
        self._goodbye = hang_up

    def teller(self, take: Callable[..., None]) -> Callable[..., None]:
        """Return a function for another thread that has `take` called in this one."""
        jobs = self._jobs
        return lambda *values: jobs.put(lambda: take(*values))

    # -- told and asked by calls and accounts ----------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Send a fact up."""
        self._post(event)

    def fault(self, detail: str) -> None:
        """Say that something of ours failed; when nothing more fails for a while, that we are well again."""
        log.error("%s", detail)
        self._faulty += 1
        seen = self._faulty
        self.post(AdapterFault("sip", detail))
        self.later(WELL_AGAIN, lambda: self._well_again(seen))

    def later(self, delay: float, job: Job) -> None:
        """Run a job in this thread after a delay in seconds."""
        heapq.heappush(self._timers, (time.monotonic() + delay, next(self._order), job))

    def next_leg(self) -> LegId:
        """Return the id of a leg that arrives."""
        return LegId(next(self._numbers))

    def adopt(self, leg: Leg) -> None:
        """Keep a leg from now on."""
        self.legs[leg.leg] = leg

    def bury(self, leg: Leg) -> None:
        """Forget a leg; it is destroyed when no callback of it is running."""
        if self.legs.pop(leg.leg, None) is not None:
            self.graveyard.append(leg)
            self.audio.leg_ended(leg.leg)
            self.ears.leg_ended(leg.leg)
        if leg.successor is not None:  # an INVITE with Replaces that came to nothing
            self.graveyard.append(leg.successor)
            leg.successor = None

    def releasing_to(self, number: LegId) -> Leg | None:
        """Return the leg whose release to this one is under way."""
        return next((leg for leg in self.legs.values() if leg.releasing_to == number and leg.leg != number), None)

    def hang_up_later(self, leg: Leg) -> None:
        """End a leg's dialog outside the callback that asks for it."""
        number = leg.leg
        self.do(lambda: self.hang_up(number))

    def hang_up(self, number: LegId, code: int = 0, reason: str = "") -> None:
        """CANCEL, refuse or BYE; whatever the library says to it, the leg is over afterwards."""
        leg = self.legs.get(number)
        if leg is None:
            return
        if not code and number > 0 and not leg.confirmed:
            code = 480  # pjsua would say 603, with which a PBX stops ringing everybody else
        operation = pj.CallOpParam()
        operation.statusCode, operation.reason = code, clean(reason)
        try:
            leg.hangup(operation)
        except pj.Error as error:
            log.warning("leg %s: hang up: %s", number, told(error))
        if number in self.legs:
            leg.ended(code or 500, reason)

    def audit(self, leg: Leg) -> None:
        """Ask the far side of a confirmed leg again and again whether it is there (S-6)."""
        number = leg.leg
        self.later(AUDIT_EVERY, lambda: self._audit(number))

    def trust_changed(self) -> None:
        """Tell the door who is let in."""
        if self._door is not None:
            self._door.trust(frozenset().union(*(account.sources for account in self.accounts.values())))
            names: dict[str, list[str]] = {}
            for name, address in (pair for account in self.accounts.values() for pair in account.names()):
                if address not in names.setdefault(name, []):
                    names[name].append(address)
            self._door.know(names)

    def invited(self, account: PbxAccount, prm: Any) -> None:
        """Keep an INVITE as a leg and tell the core; called by the account that the library chose."""
        message, source = parse(prm.rdata.wholeMsg), str(prm.rdata.srcAddress)
        named = whose(list(self.accounts.values()), account, source, message)
        arrival = read_invite(message, named.own_users())
        leg = Leg(self, account, self.next_leg(), arrival.caller, prm.callId)
        self.adopt(leg)
        if self.stopping:
            self.hang_up(leg.leg, 503)
            return
        if self._full():
            self.hang_up(leg.leg, 486)
            return
        self.post(
            CallArrived(
                leg.leg,
                named.settings.name,
                arrival.dialled,
                arrival.caller,
                arrival.transferred_by,
                leg.dialog_of(int(prm.callId), message),
            ),
        )

    def fetch_voice(self, leg: LegId, speech: Speech) -> None:
        """Have a text turned into a file on the loop; `voice_came` of the audio follows."""
        tell = self.teller(lambda path, fault: self._voice_came(leg, speech, path, fault))
        fetch(self._voice, speech.text, self._loop, tell)

    # -- the thread ------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Live: boot, poll until asked to end, shut down."""
        automatic = gc.isenabled()
        gc.disable()  # a collection in another thread must not meet objects of the library
        try:
            self._boot()
            gc.collect()
            gc.freeze()  # what is there from the start need not be looked at in every collection
            self.started.set_result(None)
            while self._goodbye is None:
                self._turn(POLL)
        except AdapterError as error:  # what is wrong outside; whoever started us tells it
            self._died(error)
        except BaseException as error:
            log.exception("the SIP thread ends")
            self._died(error)
        finally:
            self._shut_down(hang_up=bool(self._goodbye))
            gc.unfreeze()
            if automatic:
                gc.enable()

    def _boot(self) -> None:
        self._alone = _ONLY_ONE.acquire(blocking=False)
        if not self._alone:
            raise AdapterError("there is a SIP stack in this process already: the library can be there once")
        self._door, self.dialogs = Door(), Dialogs()
        self._door.hush()
        self._endpoint = pj.Endpoint()  # not subclassed: no director, no trip into Python for each callback
        try:
            self._endpoint.libCreate()
            pjsua_boot.start(self._endpoint, self.settings)
            self._door.close()
            self.dialogs.start()
            self.ears.start()
            self.clock.start()
            for settings in self.settings.accounts:
                account = PbxAccount(self, settings, self.settings)
                self.accounts[settings.name] = account
                account.begin()
        except pj.Error as error:
            raise AdapterError(f"the SIP stack does not start: {told(error)}") from None

    def _died(self, error: BaseException) -> None:
        if self.started.done():
            self.post(AdapterFault("sip", f"the SIP thread ended: {told(error)}"))
        elif isinstance(error, AdapterError):
            self.started.set_exception(error)
        else:
            self.started.set_exception(AdapterError(f"the SIP stack does not start: {told(error)}"))

    def _turn(self, milliseconds: int) -> None:
        if self._endpoint.libHandleEvents(milliseconds) < 0:
            time.sleep(POLL / 1000)
        self.ears.take()
        self._reap()
        self.withdrawals.look()
        for job in self._due():
            try:
                job()
            except Exception as error:
                log.exception("job")
                self.fault(told(error))
            self._reap()
        self.heartbeat = time.monotonic()
        self._collect(self.heartbeat)

    def _due(self) -> list[Job]:
        jobs: list[Job] = []
        with contextlib.suppress(queue.Empty):
            while True:
                jobs.append(self._jobs.get_nowait())
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            jobs.append(heapq.heappop(self._timers)[2])
        return jobs

    def _reap(self) -> None:
        while self.graveyard:
            leg = self.graveyard.pop()
            leg.__swig_destroy__(leg)

    def _collect(self, now: float) -> None:
        for at, (generation, period) in enumerate(((1, YOUNG_EVERY), (2, ALL_EVERY))):
            if now >= self._next_gc[at]:
                gc.collect(generation)
                self._next_gc[at] = now + period

    def _shut_down(self, *, hang_up: bool) -> None:
        """End the library; without hanging up the dialogs stay at the PBX for whoever takes them over (S-4)."""
        self.stopping = True
        try:
            if hang_up:
                self._say_goodbye()
            self.ears.close()
            self.audio.close()
            self._let_go(hang_up=hang_up)
            gc.collect()
            if self._endpoint is not None:
                self._endpoint.libDestroy(0 if hang_up else pj.PJSUA_DESTROY_NO_NETWORK)
                self._endpoint.__swig_destroy__(self._endpoint)
        except Exception:
            log.exception("the SIP stack does not end cleanly")
        self._endpoint = None
        if self._alone:
            _ONLY_ONE.release()

    def _say_goodbye(self) -> None:
        for number in list(self.legs):
            self.hang_up(number)
        end = time.monotonic() + GOODBYE
        while self._door and self._door.calls_in_library() and time.monotonic() < end:
            self._turn(POLL)
        self._reap()

    def _let_go(self, *, hang_up: bool) -> None:
        for leg in self.legs.values():
            leg.over = True
            _leave_to_library(leg)
        self.legs.clear()
        for account in self.accounts.values():
            if hang_up:
                account.shutdown()
                account.__swig_destroy__(account)
            else:
                _leave_to_library(account)
        self.accounts.clear()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _full(self) -> bool:
        """Whether there are as many calls as may arrive: the last ones are for those that we must make ourselves (S-12).

        The library counts a call only after it has told us of it.
        """
        most = self.settings.max_calls
        return self._door is not None and self._door.calls_in_library() >= max(1, most - max(1, most // OURS))

    def _audit(self, number: LegId) -> None:
        leg = self.legs.get(number)
        if leg is not None and not leg.over:
            leg.ask()
            self.audit(leg)

    def _well_again(self, seen: int) -> None:
        if seen == self._faulty:
            self.post(AdapterFault("sip", ""))

    def _voice_came(self, leg: LegId, speech: Speech, path: Path | None, fault: str) -> None:
        if fault and leg in self.legs:
            self.fault(f"no voice: {fault}")
        self.audio.voice_came(leg, speech.serial, path)


_ONLY_ONE = threading.Lock()
_LEFT: list[Any] = []
"""Objects whose dialogs outlive us: their destructors would hang up."""


def _leave_to_library(thing: Any) -> None:
    thing.this.disown()
    _LEFT.append(thing)
