"""Orders, carried out in the SIP thread: each is one job of it, and its outcome is told later by the leg."""

import logging
from collections.abc import Callable
from typing import Any, assert_never

import pjsua2 as pj

from appliance.core.events import LegEnded
from appliance.core.ids import LegId, Party
from appliance.core.orders import Answer, Dial, Hangup, Message, Refuse, Release, Show, TakeOver, Transfer, Withdraw
from appliance.sip.outgoing import Invite, address, invite, refer_to, take_over
from appliance.sip.pjsua_account import PbxAccount
from appliance.sip.pjsua_call import Leg
from appliance.sip.pjsua_display import Display
from appliance.sip.pjsua_guard import told
from appliance.sip.pjsua_thread import SipThread
from appliance.sip.port import SipOrder

log = logging.getLogger(__name__)

SETTLE = 0.3
"""Seconds that the PBX gets to connect what it has just answered; we bridge meanwhile. Asterisk 22 on a busy machine takes
a REFER that comes before that, says 202, and leaves the caller without sound."""
RELEASE_PATIENCE = 10.0
"""Seconds that the outcome of a release may take."""


def obey(thread: SipThread, order: SipOrder) -> None:  # noqa: C901 - a table: one case for each order
    """Carry one order out; what it fails with is told as the end of its leg, and raised."""
    match order:
        case Answer(leg):
            _answer(thread, leg)
        case Refuse(leg, code, reason):
            thread.hang_up(leg, code, reason)
        case Dial() | TakeOver():
            try:
                _call(thread, order)
            except Exception as error:
                if not _uncalled(thread, order.leg, told(error)):
                    thread.post(LegEnded(order.leg, 500, told(error)))
                raise
        case Hangup(leg):
            thread.hang_up(leg)
        case Release(leg, to):
            thread.later(SETTLE, lambda: _release(thread, leg, to))
        case Transfer(leg, number):
            thread.later(SETTLE, lambda: _transfer(thread, leg, number))
        case Withdraw():
            _withdraw(thread, order)
        case Show(leg, party):
            _show(thread, leg, party)
        case Message(account, number, text):
            _text(thread, account, number, text)
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


def _call(thread: SipThread, order: Dial | TakeOver) -> None:
    account = thread.accounts.get(order.account)
    if account is None or order.leg in thread.legs or thread.stopping:
        thread.post(LegEnded(order.leg, 503, f"no account {order.account}"))
    elif not account.candidates:
        thread.post(LegEnded(order.leg, 503, f"{account.host()} cannot be found"))
    elif isinstance(order, Dial):
        settings = account.settings
        words = invite(order, extension=settings.extension, host=account.host(), transport=settings.transport)
        leg = Leg(thread, account, order.leg, Party(order.number))
        leg.display = Display(leg.stack, order.leg, order.shown)
        _send_invite(thread, leg, words)
    else:
        _take_over(thread, account, order)


def _take_over(thread: SipThread, account: PbxAccount, order: TakeOver) -> None:
    if not order.dialog.remote_tag:
        thread.post(LegEnded(order.leg, 481, "it was never answered"))
        return
    leg = Leg(thread, account, order.leg, order.party)
    leg.number, leg.takes_over = order.dialog.target, True
    settings = account.settings
    words = take_over(order, extension=settings.extension, host=account.host(), transport=settings.transport)
    _send_invite(thread, leg, words)


def _send_invite(thread: SipThread, leg: Leg, words: Invite) -> None:
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
        log.warning("leg %s: call: %s", leg.leg, told(error))
        _uncalled(thread, leg.leg, told(error))


def _uncalled(thread: SipThread, number: LegId, reason: str) -> bool:
    """Tell the end of a leg whose INVITE did not leave; False when there is no such leg (any more)."""
    leg = thread.legs.get(number)
    if leg is not None:
        leg.ended(500, reason)
    return leg is not None


def _withdraw(thread: SipThread, order: Withdraw) -> None:
    account = thread.accounts.get(order.account)
    if account is None or not order.dialog.invite:
        log.debug("withdraw: nothing to cancel of %s", order.dialog.call_id)
        return
    thread.withdrawals.withdraw(account, order.dialog)


def _show(thread: SipThread, number: LegId, party: Party) -> None:
    leg = thread.legs.get(number)
    if leg is None:
        log.debug("show: leg %s is gone", number)
        return
    leg.display.show(party)


def _text(thread: SipThread, name: str, number: str, text: str) -> None:
    account = thread.accounts.get(name)
    if account is None or thread.stopping:
        log.debug("text: no account %s", name)
        return
    account.texts.send(account, number, text)


def _release(thread: SipThread, number: LegId, to: LegId) -> None:
    other = thread.legs.get(to)
    where = "" if other is None or not other.confirmed else _where(thread, other)
    _refer(thread, number, to, lambda leg: leg.xfer(where, pj.CallOpParam()), possible=bool(where))


def _where(thread: SipThread, leg: Leg) -> str:
    """Return the Refer-To that joins somebody to a leg, empty when it has no dialog.

    The library's own would be the From of a leg that arrived, which names no port.
    """
    account, settings = leg.account, leg.account.settings
    dialog = thread.dialogs.read(int(leg.getId()), "")
    if dialog is None:
        return ""
    return refer_to(dialog, leg.number or settings.extension, host=account.host(), transport=settings.transport)


def _transfer(thread: SipThread, number: LegId, to: str) -> None:
    def send(leg: Leg) -> None:
        account = leg.account
        leg.xfer(f"<{address(to, host=account.host(), transport=account.settings.transport)}>", pj.CallOpParam())

    _refer(thread, number, None, send)


def _refer(
    thread: SipThread, number: LegId, to: LegId | None, send: Callable[[Leg], None], *, possible: bool = True
) -> None:
    """Send a REFER; its outcome is told within RELEASE_PATIENCE, whatever the PBX says or does not say."""
    leg = thread.legs.get(number)
    if leg is None or leg.releasing:
        log.debug("release: leg %s is gone, or being released", number)
        return
    release = leg.begin_release(to)
    if not (possible and leg.confirmed):
        leg.release_ended(481)
        return
    thread.later(RELEASE_PATIENCE, lambda: _release_unanswered(thread, number, release))
    try:
        send(leg)
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
