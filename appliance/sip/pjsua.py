"""The real SIP stack: PJSIP through pjsua2, behind `port.Sip`. Here is the loop's side; the work is in `pjsua_thread`.

The `pjsua*.py` files are the only ones that import pjsua2, and the only ones with `Any`.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, assert_never

import pjsua2 as pj

from appliance.core.events import LegEnded
from appliance.core.hearing import Hearing
from appliance.core.ids import LegId, Party
from appliance.core.orders import Answer, Dial, Hangup, Refuse, Release
from appliance.errors import AdapterError
from appliance.sip.outgoing import invite
from appliance.sip.pjsua_call import Leg
from appliance.sip.pjsua_guard import told
from appliance.sip.pjsua_thread import SipThread
from appliance.sip.port import Post, SipOrder, SipSettings, Voice

log = logging.getLogger(__name__)

SETTLE = 0.3
"""Seconds that the PBX gets to connect what it has just answered; we bridge meanwhile. Asterisk 22 on a busy machine takes
a REFER that comes before that, says 202, and leaves the caller without sound."""
RELEASE_PATIENCE = 10.0
"""Seconds that the outcome of a release may take."""
LONGEST_END = 10.0
"""Seconds that the thread may take to end; an unanswered un-REGISTER alone takes the library four."""


class PjsuaSip:
    """`port.Sip` on PJSIP. Its methods belong to the loop's thread."""

    def __init__(self, settings: SipSettings, post: Post, voice: Voice, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = SipThread(settings, post, voice, loop)

    async def start(self) -> None:
        """Open the transports, create the accounts, begin to register."""
        self._thread.start()
        try:
            await asyncio.wrap_future(self._thread.started, loop=self._loop)
        except AdapterError:  # it still shuts the library down: a process that ended meanwhile would abort in there
            await self._loop.run_in_executor(None, self._thread.join, LONGEST_END)
            raise

    def obey(self, order: SipOrder) -> None:
        """Pass an order to the SIP thread."""
        thread = self._thread
        thread.do(lambda: _obey(thread, order))

    def route(self, hearings: Mapping[LegId, Hearing]) -> None:
        """Pass the whole picture to the SIP thread."""
        thread, picture = self._thread, dict(hearings)
        thread.do(lambda: thread.audio.route(picture))

    def beat(self) -> float:
        """Return when the SIP thread last came round."""
        return self._thread.heartbeat

    async def stop(self, *, hang_up: bool) -> None:
        """End the SIP thread and wait for it, but not for ever."""
        self._thread.finish(hang_up=hang_up)
        if self._thread.ident is not None:
            await self._loop.run_in_executor(None, self._thread.join, LONGEST_END)
            if self._thread.is_alive():
                log.error("the SIP thread does not end")


def _obey(thread: SipThread, order: SipOrder) -> None:
    match order:
        case Answer(leg):
            _answer(thread, leg)
        case Refuse(leg, code, reason):
            thread.hang_up(leg, code, reason)
        case Dial():
            try:
                _dial(thread, order)
            except Exception as error:
                if not _undialled(thread, order.leg, told(error)):
                    thread.post(LegEnded(order.leg, 500, told(error)))
                raise
        case Hangup(leg):
            thread.hang_up(leg)
        case Release(leg, to):
            thread.later(SETTLE, lambda: _release(thread, leg, to))
        case _:
            assert_never(order)


def _answer(thread: SipThread, number: LegId) -> None:
    leg = thread.legs.get(number)
    if leg is None:
        log.debug("answer: leg %s is gone", number)
        return
    operation = _with_audio()
    operation.statusCode = pj.PJSIP_SC_OK
    try:
        leg.answer(operation)
    except pj.Error as error:
        log.warning("leg %s: answer: %s", number, told(error))
        thread.hang_up(number, 488, "")


def _dial(thread: SipThread, order: Dial) -> None:
    account = thread.accounts.get(order.account)
    if account is None or order.leg in thread.legs or thread.stopping:
        thread.post(LegEnded(order.leg, 503, f"no account {order.account}"))
        return
    if not account.candidates:
        thread.post(LegEnded(order.leg, 503, f"{account.host()} cannot be found"))
        return
    settings = account.settings
    words = invite(order, extension=settings.extension, host=account.host(), transport=settings.transport)
    leg = Leg(thread, account, order.leg, Party(order.number))
    thread.adopt(leg)
    operation = _with_audio()
    operation.txOption.localUri = words.source
    for name, value in words.headers:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        operation.txOption.headers.append(header)
    try:
        leg.makeCall(words.target, operation)
    except pj.Error as error:
        log.warning("leg %s: dial: %s", order.leg, told(error))
        _undialled(thread, order.leg, told(error))


def _undialled(thread: SipThread, number: LegId, reason: str) -> bool:
    """Tell the end of a leg whose INVITE did not leave; False when there is no such leg (any more)."""
    leg = thread.legs.get(number)
    if leg is not None:
        leg.ended(500, reason)
    return leg is not None


def _release(thread: SipThread, number: LegId, to: LegId) -> None:
    leg, other = thread.legs.get(number), thread.legs.get(to)
    if leg is None:
        log.debug("release: leg %s is gone", number)
        return
    release = leg.begin_release(to)
    if other is None or not (leg.confirmed and other.confirmed):
        leg.release_ended(481)
        return
    thread.later(RELEASE_PATIENCE, lambda: _release_unanswered(thread, number, release))
    try:
        leg.xferReplaces(other, pj.CallOpParam())
    except pj.Error as error:
        log.warning("leg %s: release: %s", number, told(error))
        leg.release_ended(500)


def _release_unanswered(thread: SipThread, number: LegId, release: int) -> None:
    """Give a release up whose outcome nobody tells: not every PBX sends the last NOTIFY."""
    leg = thread.legs.get(number)
    if leg is not None and leg.releases == release:
        leg.release_ended(408)


def _with_audio() -> Any:
    """Return parameters for an offer or answer of ours: one audio stream and nothing else."""
    operation = pj.CallOpParam(True)
    operation.opt.videoCount = operation.opt.textCount = 0
    return operation
