"""Phones that an earlier process of ours made ring, and that are to stop (S-2). Runs in the SIP thread.

The CANCEL goes out as it was written down, past our own stack, which never saw the INVITE. So nothing repeats it and nothing
takes its answers: both is done here, for as long as RFC 3261 lets an answer be repeated.
"""

import logging
import weakref
from dataclasses import dataclass
from typing import Any

from appliance.core.ids import Dialog
from appliance.errors import AdapterError
from appliance.sip.leftover import replies
from appliance.sip.pjsua_account import PbxAccount

log = logging.getLogger(__name__)

REPEAT = (0.5, 1.5, 3.5, 7.5)
"""Seconds after which a CANCEL over UDP is said again while the INVITE is not answered (section 17.1.2.2)."""
FORGET = 40.0
"""Seconds after which the last answer has been repeated for the last time (section 17.2.1, timer H)."""


@dataclass(slots=True)
class _Call:
    account: PbxAccount
    cancel: str
    answered: bool = False


class Withdrawals:
    """The INVITEs that are being cancelled, by their Call-ID. `stack` is the SipThread that owns this."""

    def __init__(self, stack: Any) -> None:
        self._stack = weakref.proxy(stack)
        self._calls: dict[str, _Call] = {}

    def withdraw(self, account: PbxAccount, dialog: Dialog) -> None:
        """Cancel an INVITE; nothing follows."""
        number = dialog.call_id
        self._calls[number] = _Call(account, dialog.invite)
        self._cancel(number)
        if account.settings.transport == "udp":
            for delay in REPEAT:
                self._stack.later(delay, lambda: self._cancel(number))
        self._stack.later(FORGET, lambda: self._calls.pop(number, None))

    def look(self) -> None:
        """Say what is owed to the answers that have come."""
        while self._calls and (answer := self._stack.dialogs.stray()) is not None:
            call = self._calls.get(answer.value("call-id"))
            if call is not None:
                for reply in replies(call.cancel, answer):
                    call.answered = True
                    self._send(call.account, reply)

    def _cancel(self, number: str) -> None:
        call = self._calls.get(number)
        if call is not None and not call.answered:
            self._send(call.account, call.cancel)

    def _send(self, account: PbxAccount, message: str) -> None:
        target, name = account.target(), account.settings.name
        if target is None:
            log.warning("%s: cannot stop a phone that rings: %s cannot be found", name, account.host())
            return
        try:
            self._stack.dialogs.send(message, account.settings.transport, target.address, target.port)
        except AdapterError as error:
            log.warning("%s: cannot stop a phone that rings: %s", name, error)
