"""What the phone of a leg displays, and telling it in the middle of the call that this has changed (P-16).

UPDATE without an offer where the far side allows it, which leaves the sound alone; else a re-INVITE. One request at a time:
whoever is wanted last is told next. Runs in the SIP thread.
"""

import logging
import random
import time
from typing import Any

import pjsua2 as pj

from appliance.core.ids import LegId, Party
from appliance.sip.outgoing import display
from appliance.sip.pjsua_guard import told

log = logging.getLogger(__name__)

SETTLED = 1.0
"""Seconds after our answer in which whoever called us is told nothing. The PBX answers his phone when we answer; what it is
told before the phone has acknowledged that, it forgets (Asterisk 22 does), and does not take for news when it comes again."""
TRIES = 8
"""How often one change is told when it crosses requests of the far side."""
CROSSED, BUSY = 491, 500
"""Both sides asked at once, or the far side has not finished with another request (RFC 3261 section 14.2)."""
UNKNOWN = (405, 501)
"""It does not know UPDATE, whatever it said."""
REFUSED = 300


class Display:
    """What one leg's phone displays. `stack` is the SipThread; `shown` is what our INVITE told, None: not known."""

    def __init__(self, stack: Any, leg: LegId, shown: Party | None = None) -> None:
        self._stack, self._leg = stack, leg
        self._shown = self._wanted = shown
        self._asked: Party | None = None
        """Who is being told just now; a refresh of the session's timer that ends meanwhile is taken for that."""
        self._tries = 0
        self._updates = True
        self._settled_at = 0.0

    def show(self, party: Party) -> None:
        """Have somebody displayed, unless he is already; by a leg that is not confirmed yet as soon as it is."""
        self._wanted, self._tries = party, 0
        self._tell()

    def confirmed(self) -> None:
        """The leg is confirmed (told in a callback)."""
        self._settled_at = time.monotonic() + SETTLED * (self._leg > 0)
        if self._wanted != self._shown:
            self._stack.do(self._tell)

    def answered(self, method: str, code: int) -> None:
        """Take the final answer to an UPDATE or re-INVITE of ours (told in a callback); 408: there was none."""
        asked, self._asked = self._asked, None
        if asked is None:
            return
        if code in (CROSSED, BUSY):
            self._later()
            return
        if method == "UPDATE" and code in UNKNOWN:
            self._updates = False
        else:
            self._shown = asked  # or he is refused: then the phone keeps what it shows, and is not asked again
            log.debug("leg %s: %s for %s: %s", self._leg, method, asked, code)
        self._stack.do(self._tell)

    def _tell(self) -> None:
        leg = self._stack.legs.get(self._leg)
        if leg is None or leg.over or not leg.confirmed or self._asked is not None:
            return
        if self._wanted is None or self._wanted == self._shown:
            return
        if (early := self._settled_at - time.monotonic()) > 0:
            self._stack.later(early, self._tell)
            return
        self._asked = self._wanted
        try:
            self._send(leg, self._wanted)
        except pj.Error as error:
            log.debug("leg %s: display: %s", self._leg, told(error))
            self._asked = None
            self._later()

    def _send(self, leg: Any, party: Party) -> None:
        operation = pj.CallOpParam(True)
        operation.opt.videoCount = operation.opt.textCount = 0
        settings, host = leg.account.settings, leg.account.host()
        for name, value in display(party, extension=settings.extension, host=host, calling=self._leg < 0):
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            operation.txOption.headers.append(header)
        if self._updates and leg.remoteHasCap(pj.PJSIP_H_ALLOW, "", "UPDATE") == pj.PJSIP_DIALOG_CAP_SUPPORTED:
            operation.opt.flag = pj.PJSUA_CALL_NO_SDP_OFFER
            leg.update(operation)
        else:
            leg.reinvite(operation)

    def _later(self) -> None:
        """Try again; who made the Call-ID waits longer, so that the two do not cross for ever (RFC 3261 section 14.1)."""
        self._tries += 1
        if self._tries < TRIES:
            delay = random.uniform(2.1, 4.0) if self._leg < 0 else random.uniform(0.1, 2.0)  # noqa: S311 - no secret
            self._stack.later(delay, self._tell)
