"""From the SIP thread to the loop and back: have a text spoken into a file. Touches nothing of the library."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from appliance.sip.pjsua_guard import told
from appliance.sip.port import Voice

Tell = Callable[[Path | None, str], None]
"""Takes the file, or None and what went wrong; may be called in any thread."""


def fetch(voice: Voice, words: str, loop: asyncio.AbstractEventLoop, tell: Tell) -> None:
    """Ask for the file of a text; `tell` is called once, whatever happens."""
    asked = _speak(voice, words)
    try:
        asyncio.run_coroutine_threadsafe(asked, loop).add_done_callback(lambda done: tell(*_outcome(done)))
    except RuntimeError as error:  # the loop is closed
        asked.close()
        tell(None, told(error))


async def _speak(voice: Voice, words: str) -> Path:
    return await voice(words)


def _outcome(done: "Future[Path]") -> tuple[Path | None, str]:
    if done.cancelled():
        return None, "stopped"
    error = done.exception()
    return (None, told(error)) if error else (done.result(), "")
