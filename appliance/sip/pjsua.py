"""The real SIP stack: PJSIP through pjsua2, behind `port.Sip`. Here is the loop's side; the work is in `pjsua_thread`.

The `pjsua*.py` files are the only ones that import pjsua2, and the only ones with `Any`.
"""

import asyncio
import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from appliance.core.hearing import Hearing
from appliance.core.ids import LegId
from appliance.errors import AdapterError
from appliance.sip.pjsua_orders import obey
from appliance.sip.pjsua_thread import SipThread
from appliance.sip.port import Post, SipOrder, SipSettings, Voice

log = logging.getLogger(__name__)

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
        thread.do(lambda: obey(thread, order))

    def route(self, hearings: Mapping[LegId, Hearing]) -> None:
        """Pass the whole picture to the SIP thread."""
        thread, picture = self._thread, dict(hearings)
        thread.do(lambda: thread.audio.route(picture))

    def listen(self, legs: AbstractSet[LegId]) -> None:
        """Pass the whole picture to the SIP thread."""
        thread, picture = self._thread, frozenset(legs)
        thread.do(lambda: thread.ears.listen(picture))

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
