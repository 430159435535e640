"""One leg: a pjsua2 call with our id. Callbacks read, tell the stack, and return; they run in the SIP thread.

A leg says everything once: that it rang, was answered, ended, and how a release went. `over` is set when its end has
been told; whatever the library still says afterwards is not passed on.
"""

import logging
import time
import weakref
from dataclasses import replace
from typing import Any

import pjsua2 as pj

from appliance.core.events import (
    DialogKnown,
    DigitReceived,
    IdentityChanged,
    LegAnswered,
    LegDiverted,
    LegEnded,
    LegRang,
    LegReplaced,
    ReleaseEnded,
)
from appliance.core.ids import Dialog, LegId, Party, Seconds
from appliance.sip.arrival import HIDDEN_USERS, caller, identity, understands
from appliance.sip.digits import Digits, Way, take
from appliance.sip.diversion import is_diverted
from appliance.sip.headers import Message, parse, text
from appliance.sip.pjsua_display import Display
from appliance.sip.pjsua_guard import guarded, told
from appliance.sip.routing import Media
from appliance.sip.signs import is_gone
from appliance.sip.uri import parse_address

log = logging.getLogger(__name__)

TIMED_OUT = 408
GONE = (TIMED_OUT, 481)
"""Answers to a request inside a dialog that mean its far side is no more (RFC 3261 section 12.2.1.2)."""
REFUSED = 300
_RINGING = (180, 181, 182, 183)
_DIGITS = frozenset("0123456789*#ABCD")
_LIVE_MEDIA = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_LOCAL_HOLD, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)


class Leg(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """A dialog of ours, from its INVITE to its end. `stack` is the SipThread that owns it."""

    def __init__(self, stack: Any, account: Any, leg: LegId, party: Party, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.stack = stack if isinstance(stack, weakref.ProxyType) else weakref.proxy(stack)
        self.account = account
        self.leg = leg
        self.party = party
        """Who is known to be at the far side."""
        self.number = party.number
        """By what a proxy in between finds the far side of a leg of ours."""
        self.takes_over = False
        """Whether our INVITE takes the place of a dialog: until it has, that one is what we are known by."""
        self.display = Display(self.stack, leg)
        self.rang = self.diverted = self.confirmed = self.over = False
        self.releasing = self.release_accepted = False
        self.releasing_to: LegId | None = None
        self.releases = 0
        self.held: LegEnded | None = None
        """The end of the leg that we are being joined to: told after the outcome of the release."""
        self.successor: Leg | None = None
        """The leg of an INVITE with Replaces that is about to take our place."""
        self._successor_invite: Message | None = None
        self._digits = Digits()
        self._asked: Seconds | None = None
        """Since when the far side has owed us an answer."""
        self.media = Media(hears=False, speaks=False)
        self.media_index = 0
        self.slot = -1
        """Port on the conference bridge; a number to compare, never to use."""

    # -- what the SIP thread asks ----------------------------------------------------------------------------------

    def audio(self) -> Any:
        """Return the bridge port of this leg: fetched anew each time, kept by nobody."""
        return self.getAudioMedia(self.media_index)

    def dialog_of(self, call: int, invite: Message) -> Dialog | None:
        """Return by what the PBX knows a call that came with this INVITE."""
        named, asserted = (parse_address(invite.value(name)) for name in ("from", "p-asserted-identity"))
        number = asserted.user if asserted.user and named.user.lower() in HIDDEN_USERS else named.user
        dialog: Dialog | None = self.stack.dialogs.read(call, number)
        return dialog and replace(dialog, replaces=understands(invite, "replaces"))

    def begin_release(self, to: LegId | None) -> int:
        """Owe a ReleaseEnded from now on, for joining us to another leg or (None) to a number; returns its number."""
        self.releasing, self.releasing_to, self.release_accepted = True, to, False
        self.releases += 1
        return self.releases

    def release_ended(self, code: int) -> None:
        """Tell how the release went, once; the end of the other leg waits for it."""
        if self.releasing and not self.over:
            self.releasing, self.releasing_to = False, None
            self.stack.post(ReleaseEnded(self.leg, code))
            held, self.held = self.held, None
            if held is not None:
                self.stack.post(held)

    def ended(self, code: int, reason: str) -> None:
        """Tell that this leg is over, once; the stack forgets and later destroys it."""
        if not self.over:
            self.release_ended(200 if self.release_accepted else code if code in GONE else 481)
            self._tell_end(LegEnded(self.leg, code, reason))
        self.stack.bury(self)

    def pressed(self, way: Way, digit: str) -> None:
        """Tell a key, unless it is the echo of one that came by another way."""
        if digit in _DIGITS:
            self._digits, new = take(self._digits, way, digit, Seconds(time.monotonic()))
            if new:
                self._post(DigitReceived(self.leg, digit))

    def ask(self) -> None:
        """Ask the far side whether it is there; the answer, or that there is none, comes as a transaction's state."""
        if self._asked is None:
            self._asked = Seconds(time.monotonic())
        ask = pj.CallSendRequestParam()
        ask.method = "OPTIONS"
        try:
            self.sendRequest(ask)
        except pj.Error as error:
            log.debug("leg %s: OPTIONS: %s", self.leg, told(error))

    def lost(self, code: int) -> None:
        """Tell at once that the far side is gone; the library would take 64 s more to say so (S-6)."""
        self.release_ended(code)
        if not self.over:
            self._tell_end(LegEnded(self.leg, code, "the far side is gone"))
            self.stack.hang_up_later(self)

    # -- what the library tells ------------------------------------------------------------------------------------

    @guarded()
    def onCallState(self, prm: Any) -> None:
        """Report ringing, the answer, the end."""
        info = self.getInfo()
        code = int(info.lastStatusCode)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.ended(self._final(code), text(info.lastReason))
        elif info.state == pj.PJSIP_INV_STATE_CONNECTING and info.role == pj.PJSIP_ROLE_UAC:
            body = prm.e.body.tsxState
            if prm.e.type == pj.PJSIP_EVENT_TSX_STATE and body.type == pj.PJSIP_EVENT_RX_MSG:
                self._divert(body.src.rdata.wholeMsg)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED and not self.confirmed:
            self.confirmed = True
            self.stack.audit(self)
            if info.role == pj.PJSIP_ROLE_UAC:
                self._tell_dialog(self.stack.dialogs.read(int(info.id), self.number))
            self._post(LegAnswered(self.leg))
            self.display.confirmed()
        elif info.state == pj.PJSIP_INV_STATE_EARLY and not self.rang and code in _RINGING:
            self.rang = True
            if info.role == pj.PJSIP_ROLE_UAC:
                self._post(LegRang(self.leg))

    @guarded()
    def onCallMediaState(self, _prm: Any) -> None:
        """Every new offer and answer makes a new stream: look again what it allows, and connect it again."""
        self.media, self.slot = Media(hears=False, speaks=False), -1
        info = self.getInfo()  # keeps what `media` points into alive
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in _LIVE_MEDIA and media.audioConfSlot >= 0:
                hears, speaks = media.dir & pj.PJMEDIA_DIR_ENCODING, media.dir & pj.PJMEDIA_DIR_DECODING
                self.media = Media(hears=bool(hears), speaks=bool(speaks))
                self.media_index, self.slot = int(media.index), int(media.audioConfSlot)
                break
        self.stack.audio.media_changed(self)
        self.stack.ears.media_changed(self.leg)

    @guarded()
    def onCallTsxState(self, prm: Any) -> None:
        """Read the identity in requests of the far side, find out when it is gone, and see our own INVITE leave."""
        body = prm.e.body.tsxState
        transaction = body.tsx
        said = body.type == pj.PJSIP_EVENT_RX_MSG
        if said:
            self.account.heard()
        if transaction.role == pj.PJSIP_ROLE_UAS:
            fresh = said and transaction.state == pj.PJSIP_TSX_STATE_TRYING
            if fresh and transaction.method in {"INVITE", "UPDATE"}:
                self._identify(body.src.rdata.wholeMsg)
        elif transaction.state < pj.PJSIP_TSX_STATE_COMPLETED:
            if transaction.method == "INVITE" and not (self.confirmed or self.takes_over):
                self._inviting(body)
        else:
            code = int(transaction.statusCode)
            if said:
                self._answered(str(transaction.method), code)
            elif body.type == pj.PJSIP_EVENT_TRANSPORT_ERROR or (
                body.type == pj.PJSIP_EVENT_TIMER and code == TIMED_OUT
            ):
                self._unanswered(str(transaction.method))

    @guarded()
    def onCallTransferRequest(self, prm: Any) -> None:
        """Refuse every REFER: the library would dial whatever it names."""
        prm.statusCode = pj.PJSIP_SC_DECLINE

    @guarded()
    def onCallTransferStatus(self, prm: Any) -> None:
        """Follow a release of ours (RFC 3515 section 2.4.4)."""
        code = int(prm.statusCode)
        if code >= 200:  # noqa: PLR2004 - a final answer
            self.release_ended(code)
            prm.cont = False
        elif prm.finalNotify:
            self.release_ended(480)
        elif code in _RINGING and self.releasing_to is None:
            # The PBX has the far side: Asterisk tells 200 only when the number is answered, and takes nothing back.
            self.release_ended(pj.PJSIP_SC_ACCEPTED)
            prm.cont = False
        else:
            self.release_accepted = True

    @guarded()
    def onCallReplaceRequest(self, prm: Any) -> None:
        """Take an INVITE with Replaces for a confirmed leg (RFC 3891 section 3); the door let only trusted ones in."""
        if not self.confirmed or self.over or self.stack.stopping:
            prm.statusCode = pj.PJSIP_SC_DECLINE
            return
        invite = parse(prm.rdata.wholeMsg)
        self.successor = Leg(self.stack, self.account, self.stack.next_leg(), caller(invite))
        self._successor_invite = invite
        prm.opt.videoCount = prm.opt.textCount = 0
        prm.newCall = self.successor
        prm.statusCode = pj.PJSIP_SC_OK

    @guarded()
    def onCallReplaced(self, prm: Any) -> None:
        """Tell that the successor goes on in our place; the library answers it and hangs us up."""
        successor, self.successor = self.successor, None
        if successor is not None and self._successor_invite is not None:
            self.stack.adopt(successor)
            dialog = self.dialog_of(int(prm.newCallId), self._successor_invite)
            self._post(LegReplaced(self.leg, successor.leg, successor.party, dialog))

    @guarded(pj.PJSIP_REDIRECT_REJECT)
    def onCallRedirected(self, _prm: Any) -> int:
        """Follow no 3xx (P-29): with every target rejected it ends the leg with its code; with STOP that would be 487."""
        return int(pj.PJSIP_REDIRECT_REJECT)

    @guarded()
    def onDtmfDigit(self, prm: Any) -> None:
        """Pass a telephone-event on; the library tells nothing else here."""
        self.pressed(Way.EVENT, text(prm.digit).upper())

    # -- inside ----------------------------------------------------------------------------------------------------

    def _post(self, event: Any) -> None:
        if not self.over:
            self.stack.post(event)

    def _tell_dialog(self, dialog: Dialog | None) -> None:
        """Tell by what a dialled leg is known from now on."""
        if dialog is not None:
            self._post(DialogKnown(self.leg, dialog))

    def _tell_end(self, end: LegEnded) -> None:
        """Tell the end; a PBX that joins two legs ends one of them before it says so, and that is no hang-up."""
        self.over = True
        releasing = self.stack.releasing_to(self.leg)
        if releasing is None:
            self.stack.post(end)
        else:
            releasing.held = end

    def _final(self, code: int) -> int:
        """A confirmed dialog ended with 200 unless the far side was lost; pjsua calls a BYE 487."""
        return code if not self.confirmed or code in GONE else 200

    def _identify(self, raw: str) -> None:
        party = identity(parse(raw))
        if party is not None and party.number != self.party.number:
            self.party = party
            self._post(IdentityChanged(self.leg, party))

    def _inviting(self, body: Any) -> None:
        """Our first INVITE leaves, or something is said to it that is not final."""
        if body.tsx.state == pj.PJSIP_TSX_STATE_CALLING:
            self._tell_dialog(self.stack.dialogs.read_ringing(self.getId()))
        elif body.type == pj.PJSIP_EVENT_RX_MSG:
            self._divert(body.src.rdata.wholeMsg)

    def _divert(self, raw: str) -> None:
        """Tell when a response to our INVITE says that it was sent on."""
        if not (self.diverted or self.takes_over) and is_diverted(parse(raw)):
            self.diverted = True
            self._post(LegDiverted(self.leg))

    def _answered(self, method: str, code: int) -> None:
        """Judge the final answer to a request of ours inside the dialog."""
        if method in {"INVITE", "UPDATE"}:
            self.display.answered(method, code)
        if method == "REFER" and code >= REFUSED:
            self.release_ended(code)
        elif method == "REFER":
            self.release_accepted = True
        self._asked = None
        if self.confirmed and code in GONE:
            self.lost(code)

    def _unanswered(self, method: str) -> None:
        """Nobody answers a request of ours: give the leg up, unless the whole PBX is silent and has not been for long."""
        if method == "REFER":
            self.release_ended(TIMED_OUT)
        elif method in {"INVITE", "UPDATE"}:
            self.display.answered(method, TIMED_OUT)
        now = Seconds(time.monotonic())
        self._asked = now if self._asked is None else self._asked
        if self.confirmed and is_gone(self.account.signs, self._asked, now):
            self.lost(TIMED_OUT)
