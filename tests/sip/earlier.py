"""The process before: a box that answers what calls it, dials what it is told, says what it is known by, and is killed.

Its argument is a JSON object: port, server, account, password, `dial` (a number, or empty) and `dies_at` (the name of an
event, or empty). Each line of its output is one event: its name, and its dialog where it has one.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from appliance.core.events import CallArrived, Event
from appliance.core.ids import LegId, Party
from appliance.core.orders import Answer, Dial
from appliance.sip.pjsua import PjsuaSip
from appliance.sip.port import AccountSettings, SipSettings

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # pjlib greets on standard output


async def _mute(_text: str) -> Path:
    raise AssertionError("nobody speaks here")


async def live(wishes: dict[str, str]) -> None:
    loop, events = asyncio.get_running_loop(), asyncio.Queue[Event]()
    account = AccountSettings("pbx", wishes["account"], wishes["server"], password=wishes["password"])
    settings = SipSettings((account,), bind="127.0.0.1", port=int(wishes["port"]))

    def post(event: Event) -> None:
        if type(event).__name__ == wishes["dies_at"]:  # when the library has said all that it says by itself
            sip._thread.do(lambda: os.kill(os.getpid(), signal.SIGKILL))
        else:
            loop.call_soon_threadsafe(events.put_nowait, event)

    sip = PjsuaSip(settings, post, _mute, loop)
    await sip.start()
    if wishes["dial"]:
        sip.obey(Dial(LegId(-1), "pbx", wishes["dial"], Party("+4930123", "Bernd")))
    while True:
        event = await events.get()
        if isinstance(event, CallArrived):
            sip.obey(Answer(event.leg))
        dialog = getattr(event, "dialog", None)
        print(type(event).__name__, json.dumps(dialog and asdict(dialog)), file=answers, flush=True)


if __name__ == "__main__":
    asyncio.run(live(json.loads(sys.argv[1])))
