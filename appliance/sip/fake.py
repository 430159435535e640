"""A SIP stack without a network: `port.Sip` in memory, with levers for everybody at the far side.

It posts the events that the real one posts, in the same order, and keeps the same promises (the contract tests run on
both). What an order causes comes later, from the loop, never from inside the call. Used by `parkdeck demo` and tests.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import assert_never

from appliance.core.events import (
    AdapterFault,
    CallArrived,
    DialogKnown,
    DigitReceived,
    Event,
    IdentityChanged,
    LegAnswered,
    LegDiverted,
    LegEnded,
    LegRang,
    LegReplaced,
    RegistrationChanged,
    ReleaseEnded,
    SpeechEnded,
)
from appliance.core.hearing import Hearing, Silence, Speech
from appliance.core.ids import Dialog, LegId, Party, Serial
from appliance.core.orders import Answer, Dial, Hangup, Message, Refuse, Release, Show, TakeOver, Transfer, Withdraw
from appliance.errors import AdapterError
from appliance.sip.fake_leg import FakeLeg, word
from appliance.sip.port import Post, SipOrder, SipSettings, Voice

_OK, _TEMPORARILY_UNAVAILABLE, _GONE, _BUSY_HERE, _CANCELLED, _UNAVAILABLE = 200, 480, 481, 486, 487, 503


class FakeSip:
    """The same Protocol, played.

    `orders` is the log of all orders, `heard` what each leg with media hears now, `texts` what phones have got.
    """

    def __init__(self, settings: SipSettings, post: Post, voice: Voice, loop: asyncio.AbstractEventLoop) -> None:
        self.orders: list[SipOrder] = []
        self.legs: dict[LegId, FakeLeg] = {}
        self.texts: list[Message] = []
        self.acknowledges = True
        """Whether callers answer our 200 with an ACK by themselves."""
        self.hangs_up_released = True
        """Whether the PBX ends the leg that was released to, as Asterisk does; the released one waits for our BYE."""
        self.gone: set[str] = set()
        """Call-IDs that the PBX has no more: a dialog that has ended, or was taken over. Hand it to the next process."""
        self.answers_take_overs = True
        """Whether the PBX answers a take-over by itself; else `answer`, `refuse`, or nothing at all."""
        self.take_over_code = _OK
        """With what the PBX answers a take-over of a dialog that it has."""
        self.replaces = True
        """Whether the PBX says that it understands Replaces."""
        self.speaks_for: float | None = None
        """Seconds that every utterance lasts; None: until `finish_speech`."""
        self._settings, self._post, self._voice, self._loop = settings, post, voice, loop
        self._hearings: Mapping[LegId, Hearing] = {}
        self._numbers = itertools.count(1)
        self._release_code = _OK
        self.listened_to: frozenset[LegId] = frozenset()
        """Whose tones are heard."""
        self._frozen: float | None = None
        self._running = False
        self._early: list[Callable[[], None]] = []
        """What was asked of us before the start: the real one has a queue for it."""
        self._tasks: set[asyncio.Task[None]] = set()

    # -- port.Sip --------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Register every account at once; one that does not register is as good as registered."""
        self._running = True
        early, self._early = self._early, []
        for job in early:
            self._soon(job)
        for account in self._settings.accounts:
            self._tell(RegistrationChanged(account.name, registered=True, code=_OK if account.register else 0))

    def obey(self, order: SipOrder) -> None:
        """Carry an order out on the loop's next round."""
        self.orders.append(order)
        self._soon(lambda: self._carry_out(order))

    def route(self, hearings: Mapping[LegId, Hearing]) -> None:
        """Take the whole picture; texts that are new begin to be spoken."""
        picture = dict(hearings)
        self._soon(lambda: self._take(picture))

    def listen(self, legs: AbstractSet[LegId]) -> None:
        """Hear the tones of these legs, and of no others."""
        self._soon(lambda: self._listen(frozenset(legs)))

    def beat(self) -> float:
        """Return now, or since when the thread is stuck."""
        return time.monotonic() if self._frozen is None else self._frozen

    async def stop(self, *, hang_up: bool) -> None:
        """End; the legs with it, or without a word to them."""
        for leg in list(self.legs):
            if hang_up:
                self.end(leg)
            else:
                self.legs.pop(leg)
        self._running = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def heard(self) -> Mapping[LegId, Hearing]:
        """What each leg with media hears now; an utterance that is over is silence."""
        return {number: self._hears(leg) for number, leg in self.legs.items() if leg.media}

    # -- levers: the far side --------------------------------------------------------------------------------------

    def arrive(self, dialled: str, caller: Party, *, transferred_by: Party | None = None, account: str = "") -> LegId:
        """An INVITE comes in."""
        leg = LegId(next(self._numbers))
        name = account or self._settings.accounts[0].name
        dialog = self._dialog(answered=True)
        self.legs[leg] = FakeLeg(leg, name, caller, arrived=True, dialog=dialog)
        self._tell(CallArrived(leg, name, dialled, caller, transferred_by, dialog))
        return leg

    def acknowledge(self, leg: LegId) -> None:
        """The caller's ACK comes, or the callee's 200: the dialog is confirmed."""
        known = self.legs.get(leg)
        if known is not None and not known.confirmed:
            known.confirmed = known.media = True
            if not known.arrived:
                self._answered(known)
            self._tell(LegAnswered(leg))
            self._speak()

    def ring(self, leg: LegId) -> None:
        """The called phone rings."""
        known = self.legs.get(leg)
        if known is not None and not known.arrived and not known.rang and not known.confirmed:
            known.rang = True
            self._tell(LegRang(leg))

    def divert(self, leg: LegId) -> None:
        """The called phone sends the call on."""
        known = self.legs.get(leg)
        if known is not None and isinstance(known.dial, Dial) and not (known.diverted or known.confirmed):
            known.diverted = True
            self._tell(LegDiverted(leg))

    def answer(self, leg: LegId) -> None:
        """The called phone is picked up."""
        self.acknowledge(leg)

    def refuse(self, leg: LegId, code: int = _BUSY_HERE) -> None:
        """The called phone refuses."""
        self.end(leg, code)

    def end(self, leg: LegId, code: int = 0, reason: str = "") -> None:
        """The far side hangs up, gives up, or is found to be gone (408, 481)."""
        known = self.legs.pop(leg, None)
        if known is not None:
            self.gone.add(known.dialog.call_id)
            self._tell(LegEnded(leg, code or (_OK if known.confirmed else _CANCELLED), reason))

    def identify(self, leg: LegId, party: Party) -> None:
        """A re-INVITE names another party."""
        known = self.legs.get(leg)
        if known is not None and known.party.number != party.number:
            known.party = party
            self._tell(IdentityChanged(leg, party))

    def replace(self, leg: LegId, party: Party) -> LegId | None:
        """An INVITE with Replaces takes a confirmed leg over; returns the new leg, None when it was refused."""
        known = self.legs.get(leg)
        if known is None or not known.confirmed:
            return None
        by = LegId(next(self._numbers))
        dialog = self._dialog(answered=True)
        self.legs[by] = FakeLeg(by, known.account, party, arrived=True, dialog=dialog, media=True)
        self._tell(LegReplaced(leg, by, party, dialog))
        self.acknowledge(by)
        self.end(leg)
        return by

    def digit(self, leg: LegId, digit: str) -> None:
        """A key is pressed."""
        if leg in self.legs:
            self._tell(DigitReceived(leg, digit))

    def tone(self, leg: LegId, digit: str) -> None:
        """A key is pressed on a phone that can do nothing but sound it; what was asked of us before comes first."""

        def sound() -> None:
            if leg in self.listened_to:
                self.digit(leg, digit)

        self._soon(sound)

    def finish_speech(self, leg: LegId) -> None:
        """The utterance that a leg hears comes to its end."""
        known = self.legs.get(leg)
        if known is not None and known.media and isinstance(speech := self._hears(known), Speech):
            self._said(known, speech.serial)

    def refuse_release(self, code: int = 603) -> None:
        """From now on every release and transfer is refused with this code; 200 allows it again."""
        self._release_code = code

    def unregister(self, account: str, code: int = 0, reason: str = "the PBX does not answer") -> None:
        """The registration is lost."""
        self._tell(RegistrationChanged(account, registered=False, code=code, reason=reason))

    def register(self, account: str) -> None:
        """The registration is back."""
        self._tell(RegistrationChanged(account, registered=True, code=_OK))

    def fault(self, detail: str) -> None:
        """Something of ours fails; an empty detail: it is well again."""
        self._tell(AdapterFault("sip", detail))

    def freeze(self, *, frozen: bool = True) -> None:
        """Let the SIP thread get stuck, or run on."""
        self._frozen = time.monotonic() if frozen else None

    # -- orders ----------------------------------------------------------------------------------------------------

    def _carry_out(self, order: SipOrder) -> None:
        match order:
            case Answer(leg):
                self._answer(leg)
            case Refuse(leg, code, reason):
                self._hang_up(leg, code, reason)
            case Dial() | TakeOver():
                self._call(order)
            case Hangup(leg):
                self._hang_up(leg, _TEMPORARILY_UNAVAILABLE if leg > 0 else _CANCELLED)
            case Release(leg, to):
                self._release(leg, to)
            case Transfer(leg, _):
                self._transfer(leg)
            case Show(leg, party):
                self._show(leg, party)
            case Message():
                self.texts += [order] if order.account in self._accounts() else []
            case Withdraw():
                pass  # nothing follows; it stands in `orders`
            case _:
                assert_never(order)

    def _answer(self, leg: LegId) -> None:
        known = self.legs.get(leg)
        if known is not None and known.arrived and not known.confirmed:
            known.media = True
            if self.acknowledges:
                self.acknowledge(leg)
            self._speak()

    def _hang_up(self, leg: LegId, code: int, reason: str = "") -> None:
        confirmed = leg in self.legs and self.legs[leg].confirmed
        self.end(leg, _OK if confirmed else code, reason)

    def _show(self, leg: LegId, party: Party) -> None:
        known = self.legs.get(leg)
        if known is not None:
            known.displays = party

    def _accounts(self) -> set[str]:
        return {account.name for account in self._settings.accounts}

    def _call(self, order: Dial | TakeOver) -> None:
        if order.account not in self._accounts() or order.leg in self.legs:
            self._tell(LegEnded(order.leg, _UNAVAILABLE, f"no account {order.account}"))
        elif isinstance(order, Dial):
            dialog = replace(self._dialog(answered=False), invite=f"INVITE {order.number}")
            leg = FakeLeg(order.leg, order.account, Party(order.number), arrived=False, dialog=dialog, dial=order)
            leg.displays = order.shown
            self.legs[order.leg] = leg
            self._tell(DialogKnown(order.leg, dialog))
        else:
            self._take_over(order)

    def _take_over(self, order: TakeOver) -> None:
        lost = order.dialog.call_id in self.gone or not order.dialog.remote_tag
        code = _GONE if lost else self.take_over_code
        if code != _OK:
            self._tell(LegEnded(order.leg, code, "the PBX does not give it back"))
            return
        dialog = self._dialog(answered=False)
        self.legs[order.leg] = FakeLeg(order.leg, order.account, order.party, arrived=False, dialog=dialog, dial=order)
        if self.answers_take_overs:
            self.answer(order.leg)

    def _answered(self, leg: FakeLeg) -> None:
        """The far side has answered a call of ours: now its tag is known, and a dialog that was taken over is no more."""
        if isinstance(leg.dial, TakeOver):
            self.gone.add(leg.dial.dialog.call_id)
        leg.dialog = replace(leg.dialog, remote_tag=word(), replaces=self.replaces, invite="")
        self._tell(DialogKnown(leg.leg, leg.dialog))

    def _dialog(self, *, answered: bool) -> Dialog:
        return Dialog(word(), word(), word() if answered else "", self.replaces or not answered)

    def _release(self, leg: LegId, to: LegId) -> None:
        one, other = self.legs.get(leg), self.legs.get(to)
        if one is None:
            return
        code = self._release_code if one.confirmed and other is not None and other.confirmed else _GONE
        self._tell(ReleaseEnded(leg, code))
        if code == _OK and self.hangs_up_released:
            self.end(to)

    def _transfer(self, leg: LegId) -> None:
        """As with Asterisk, the leg waits for our BYE even when the PBX has taken its far side."""
        known = self.legs.get(leg)
        if known is not None:
            self._tell(ReleaseEnded(leg, self._release_code if known.confirmed else _GONE))

    # -- hearing ---------------------------------------------------------------------------------------------------

    def _take(self, hearings: Mapping[LegId, Hearing]) -> None:
        self._hearings = hearings
        for number, leg in self.legs.items():
            hearing = hearings.get(number)
            if not isinstance(hearing, Speech) or hearing.serial != leg.speaking:
                leg.speaking = leg.said = None
        self._speak()

    def _listen(self, legs: frozenset[LegId]) -> None:
        self.listened_to = legs

    def _hears(self, leg: FakeLeg) -> Hearing:
        hearing = self._hearings.get(leg.leg, Silence())
        over = isinstance(hearing, Speech) and hearing.serial == leg.said
        return Silence() if over else hearing

    def _speak(self) -> None:
        for leg in self.legs.values():
            hearing = self._hearings.get(leg.leg)
            if isinstance(hearing, Speech) and leg.media and leg.speaking != hearing.serial:
                leg.speaking = hearing.serial
                task = self._loop.create_task(self._utter(leg, hearing))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _utter(self, leg: FakeLeg, speech: Speech) -> None:
        spoken: Awaitable[object] = self._voice(speech.text)
        try:
            await spoken
        except AdapterError as error:
            self._tell(AdapterFault("sip", f"no voice: {error}"))
            self._said(leg, speech.serial)
            return
        if self.speaks_for is not None:
            await asyncio.sleep(self.speaks_for)
            self._said(leg, speech.serial)

    def _said(self, leg: FakeLeg, serial: Serial) -> None:
        if leg.leg in self.legs and leg.speaking == serial and leg.said != serial:
            leg.said = serial
            self._tell(SpeechEnded(leg.leg, serial))

    # -- inside ----------------------------------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        """Post from the loop, after whatever calls us now."""
        self._loop.call_soon(self._post, event)

    def _soon(self, job: Callable[[], None]) -> None:
        if self._running:
            self._loop.call_soon(job)
        else:
            self._early.append(job)
