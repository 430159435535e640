"""Speech as files: each text is spoken once and kept (A-8), for the loudspeakers and for phones.

A file's name is the hash of everything that makes its sound, so the cache needs no index and a new voice no clearing. The
loop waits for nothing: programs and disk are in two worker threads, of which `warm` leaves one free for what is wanted now.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from appliance.errors import AdapterError
from appliance.pa import levels, voices, wav
from appliance.pa.voices import Voice

LEVEL = -18.0
"""dBFS, active level: loud for a phone's prompt, and 17 dB under the peaks that speech has."""
KEPT = 2000
"""Files; the oldest beyond are removed at the start. Names of callers would fill a card over the years."""
STALE = 3600.0
"""Seconds after which a file that was never finished is somebody's who died."""
RECIPE = "1"
"""Changed whenever the same text is to sound different."""

_log = logging.getLogger(__name__)


class SpeechCache:
    """Texts in `language` (de, en) as WAV files in `folder`; for one loop.

    `voice` is as in `voices.chosen`. One that fails is not tried again until the next start; the language's own takes over.
    """

    def __init__(self, folder: Path, language: str, voice: str = voices.ESPEAK) -> None:
        self._folder = folder
        self._voices = voices.chosen(voice, language)
        self._failed: set[Voice] = set()
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="speech")
        self._pending: dict[Path, asyncio.Future[Path]] = {}
        self._warmed: set[Path] = set()

    async def file(self, text: str, rate: int) -> Path:
        """Return a text as 16-bit mono WAV at `rate`. Raises AdapterError when no voice can say it."""
        if not voices.plain(text):
            raise AdapterError("there is nothing to be said in an empty text")
        *others, last = self._voices
        for voice in others:
            if voice not in self._failed:
                try:
                    return await self._file(voice, text, rate)
                except AdapterError as error:
                    self._failed.add(voice)
                    _log.warning("the voice %s is given up until the next start: %s", voice.program, error)
        return await self._file(last, text, rate)

    def at(self, rate: int) -> Callable[[str], Awaitable[Path]]:
        """Return the voice of one rate (`sip.port.Voice`)."""
        return lambda text: self.file(text, rate)

    async def warm(self, texts: Iterable[str], rate: int) -> None:
        """Speak what will be wanted, one after the other, and clear out what is old. What fails is logged in one line."""
        failed: list[AdapterError] = []
        for text in texts:
            try:
                self._warmed.add(await self.file(text, rate))
            except AdapterError as error:
                failed.append(error)
        if failed:
            _log.warning("speech cannot be prepared texts=%d: %s", len(failed), failed[0])
        await asyncio.to_thread(self._prune, frozenset(self._warmed))

    def path(self, voice: Voice, text: str, rate: int) -> Path:
        """Return where a text is kept, spoken or not."""
        what = (RECIPE, voice.program, voice.name, str(rate), str(LEVEL), voices.plain(text))
        return self._folder / (hashlib.sha256("\0".join(what).encode()).hexdigest()[:32] + ".wav")

    def close(self) -> None:
        """Begin no more speech; what is being spoken ends within `voices.PATIENCE`."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def _file(self, voice: Voice, text: str, rate: int) -> Path:
        """Return what one voice makes of a text; two who want it at the same time share the work."""
        path = self.path(voice, text, rate)
        if wav.whole(path):
            return path
        work = self._pending.get(path)
        if work is None:
            work = asyncio.get_running_loop().run_in_executor(self._workers, _speak, voice, text, rate, path)
            self._pending[path] = work
            work.add_done_callback(lambda done: self._spoken(path, done))
        return await asyncio.shield(work)

    def _spoken(self, path: Path, work: asyncio.Future[Path]) -> None:
        """Forget what was being worked at; whoever wanted it may be gone, and then nobody else takes its error."""
        self._pending.pop(path, None)
        if not work.cancelled():
            work.exception()

    def _prune(self, keep: frozenset[Path]) -> None:
        try:
            for rest in self._folder.glob("*.tmp"):
                if rest.stat().st_mtime < time.time() - STALE:
                    rest.unlink(missing_ok=True)
            files = [path for path in self._folder.glob("*.wav") if path not in keep]
            files.sort(key=lambda path: path.stat().st_mtime, reverse=True)
            for path in files[max(0, KEPT - len(keep)) :]:
                path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("old speech cannot be removed: %s", error)


def _speak(voice: Voice, text: str, rate: int, path: Path) -> Path:
    spoken = levels.trim(voices.say(voice, text, rate), rate)
    if not spoken.size:
        raise AdapterError(f"{voice.program} made nothing but silence of a text")
    return wav.save(path, [levels.normalise(spoken, rate, LEVEL)], rate)
