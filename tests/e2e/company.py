"""Steps that the stories share: who calls whom, who parks where, what is heard."""

import asyncio
import re
import statistics
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from numpy.typing import NDArray

from appliance.pa.speech import SpeechCache
from tests.lab import hearing, music
from tests.lab.box import Box, Event, Json
from tests.lab.hearing import Sound
from tests.lab.loudspeaker import Loudspeaker
from tests.lab.phone import TONES, Call, Phone
from tests.lab.process import until
from tests.lab.sip_text import Party

CUSTOMER = Party("+49301234567", "Müller")
HUBER = Party("+4989555123", "Huber")
JANSEN = Party("+4340777888", "Jansen")

MUSIC = (480.0, 1120.0, 2080.0)
"""The chord of the box's own music where a file says `configure = with_chord`: nobody's voice, not the PBX's music."""

PHONE_RATE, CARD_RATE = 16000, 48000
"""Samples per second of what phones are told and of what loudspeakers say."""

ALIKE = 0.7
"""From here on two pieces of sound are the same: A-law and resampling leave more than 0.9, another piece has less than 0.5."""
PIECE, TORN = 0.2, 0.5
"""Seconds of the pieces that are compared, and by how much a pause may tear a text apart."""
ENOUGH = 0.6
"""Share of the pieces of a text that must be heard, and of the last two one: other texts have less, or end otherwise."""


# -- settings ----------------------------------------------------------------------------------------------------------


@cache
def chord_file() -> Path:
    """Return a music file that is told from everything else by its three tones."""
    folder = Path(mkdtemp(prefix="parkdeck-music-"))
    return music.write_wav(folder / "chord.wav", music.chord(MUSIC, 10))


def with_chord(config: Json) -> None:
    """Let callers hear the chord instead of the shipped music."""
    config["park"]["music"] = str(chord_file())


# -- steps -------------------------------------------------------------------------------------------------------------


def connect(caller: Phone, callee: Phone, number: str = "") -> tuple[Call, Call]:
    """Let one phone call another; return both ends, talking: a PBX that has not joined them yet cannot transfer."""
    there = caller.dial(number or callee.number)
    here = callee.incoming().answer()
    for call in (there, here):
        call.wait_for("rtp")
    return there, here


def park(box: Box, caller: Phone, parker: Phone, to: str, place: str) -> tuple[Call, Event]:
    """Let a caller call somebody who parks him blindly; return the caller's end and the event."""
    there, here = connect(caller, parker)
    at = here.blind_transfer(to)
    parked = box.wait_for("parked", after=at, place=place)
    here.wait_ended()
    return there, parked


def press(box: Box, panel: str, key: str, place: str) -> float:
    """Press the key of a call that has been parked for a moment, so that the press means what the lamp shows (B-1)."""
    box.wait_status(
        lambda status: any(one["number"] == place and (one["since"] or 0) >= 0.5 for one in status["places"]),
        f"somebody has seen that {place} is taken",
    )
    return box.press(panel, key)


def consult(here: Call, number: str) -> Call:
    """Put the other side on hold and call a number; return that call, answered and heard."""
    here.hold()
    asking = here.phone.dial(number).wait_answered()
    asking.wait_for("rtp")
    return asking


def two_way(one: Call, other: Call) -> bool:
    """Wait until both hear each other's voice and nobody else's."""
    one.wait_tones(TONES[other.phone.line.account])
    other.wait_tones(TONES[one.phone.line.account])
    return True


def happened(box: Box, what: str, since: float = 0.0) -> list[Event]:
    """Return what has happened of one kind until now."""
    return [event for event in box.events if event.what == what and event.at >= since]


def texts(phone: Phone) -> list[str]:
    """Return the texts that a phone has got (SIP MESSAGE), oldest first."""
    return [str(one["body"]) for one in phone.happenings if one.what == "message"]


def wait_text(phone: Phone, pattern: str) -> None:
    """Wait until a phone has got a text that fits."""
    until(
        lambda: any(re.fullmatch(pattern, text) for text in texts(phone)),
        f"{phone.line.account} gets {pattern}",
        tail=phone.tail,
    )


def wait_silent(box: Box) -> None:
    """Wait until nothing is said in any zone and every relay is open."""
    box.wait_status(
        lambda status: not status["pages"] and not any(relay["closed"] for relay in status["relays"]),
        "no page, every relay open",
    )


def wait_lamp(box: Box, panel: str, key: str, pattern: str) -> None:
    """Wait until a lamp shows a pattern."""
    until(lambda: box.lamp(panel, key) == pattern, f"{panel}.{key} shows {pattern}", tail=box.tail)


def at_once(*steps: Callable[[], object]) -> None:
    """Do several things in the same instant, each in a thread of its own (phones that run already)."""
    start = threading.Barrier(len(steps))

    def one(step: Callable[[], object]) -> None:
        start.wait()
        step()

    with ThreadPoolExecutor(len(steps)) as threads:
        for done in [threads.submit(one, step) for step in steps]:
            done.result()


def milliseconds(seconds: Sequence[float]) -> str:
    """Say how long something took each time."""
    low, middle, high = (1000 * pick(seconds) for pick in (min, statistics.median, max))
    return f"median {middle:.1f} ms of {len(seconds)} ({low:.1f} to {high:.1f})"


# -- music -------------------------------------------------------------------------------------------------------------


def rhythm(sound: Sound) -> tuple[float, float, int]:
    """Return the usual length of the bursts in a sound and of the pauses between them, and how many bursts there were."""
    bursts = hearing.cadence(sound)
    lengths = [statistics.median(part) for part in zip(*bursts, strict=True)] if bursts else [0.0, 0.0]
    return lengths[0], lengths[1], len(bursts)


def is_music(sound: Sound) -> bool:
    """Say whether the chord of the box is heard all the time, and nothing else."""
    return all(hearing.has_tone(sound, tone) for tone in MUSIC) and hearing.share_of_tones(sound, MUSIC) > 0.9


def wait_music(call: Call, seconds: float = 0.4) -> Sound:
    """Wait until a caller has heard the chord for so long; return that."""

    def check(sound: Sound) -> bool:
        return sound.duration >= seconds * 0.99 and is_music(sound)

    return call.wait_heard(check, "the music of the box", last=seconds)


# -- speech ------------------------------------------------------------------------------------------------------------


def spoken(box: Box, text: str, rate: int) -> Sound:
    """Return how the box says a text: the file in its own cache."""
    site = box.config["site"]

    async def file() -> Path:
        cache = SpeechCache(box.state / "speech", site["language"])
        try:
            return await cache.file(text, rate)
        finally:
            cache.close()

    return Sound.from_wav(asyncio.run(file()))


@dataclass(frozen=True, slots=True)
class Found:
    """Where words were found in a sound."""

    share: float
    """How much of them, in their order."""
    complete: bool
    """Whether they are there from the first piece to the last but for what a loaded machine tears out."""
    start: float
    """The instant of their beginning."""


def find(sound: Sound, words: Sound) -> Found:
    """Look for words in a sound.

    Piece by piece: under load a card or a jitter buffer drops or repeats a frame, which people hardly hear. The pieces end
    with the words, so that the last digit counts.
    """
    heard, said = _slower(sound), _slower(words)
    size = round(PIECE * heard.rate)
    rest = len(said.samples) % size
    pieces = said.samples[rest:].reshape(-1, size)
    if len(heard.samples) < len(said.samples):
        return Found(0.0, complete=False, start=sound.start)
    search = _Search(heard.samples, size)
    found = [(alike, at - number * size) for number, (alike, at) in enumerate(map(search.best, pieces))]
    middle = float(np.median([begin for alike, begin in found if alike > ALIKE] or [0.0]))
    fits = [alike > ALIKE and abs(begin - middle) < TORN * heard.rate for alike, begin in found]
    first = min((begin for (_, begin), fit in zip(found, fits, strict=True) if fit), default=0)
    share = sum(fits) / len(fits)
    return Found(share, share >= ENOUGH and any(fits[-2:]), sound.start + (first - rest) / heard.rate)


def _slower(sound: Sound) -> Sound:
    """Return a sound at no more than 16 kHz, which is enough to tell words."""
    step = sound.rate // PHONE_RATE
    size = len(sound.samples) // step * step
    return Sound(sound.samples[:size].reshape(-1, step).mean(axis=1), sound.rate // step, sound.start)


class _Search:
    """Looks for pieces of one size in a sound: normalised cross-correlation, so that the level does not count."""

    def __init__(self, samples: NDArray[np.float64], size: int) -> None:
        self._length = 1 << len(samples).bit_length()
        self._spectrum = np.fft.rfft(samples, self._length)
        sums = np.concatenate([[0.0], np.cumsum(samples**2)])
        self._energy = np.maximum(sums[size:] - sums[:-size], 1e-6)

    def best(self, piece: NDArray[np.float64]) -> tuple[float, int]:
        """Return how alike the likest place is (1: the very same), and its first sample."""
        product = np.fft.irfft(self._spectrum * np.conj(np.fft.rfft(piece, self._length)), self._length)
        alike = product[: len(self._energy)] / np.sqrt(self._energy * max(float(np.sum(piece**2)), 1e-9))
        best = int(np.argmax(alike))
        return float(alike[best]), best


def wait_told(call: Call, box: Box, text: str) -> float:
    """Wait until somebody has heard a text at his phone to its end; return the instant at which it began."""
    words = spoken(box, text, PHONE_RATE)
    found: list[Found] = []

    def check(sound: Sound) -> bool:
        found[:] = [find(sound, words)]
        return found[0].complete

    call.wait_heard(check, repr(text))
    return found[0].start


def wait_voice(call: Call) -> None:
    """Wait until something is heard at a phone: a prompt has begun."""
    call.wait_heard(lambda sound: hearing.level(sound) > hearing.QUIET, "a prompt", last=0.1)


def wait_said(loudspeaker: Loudspeaker, box: Box, text: str, since: float, limit: float = 90.0) -> float:
    """Wait until the loudspeaker has said a text to its end; return the instant at which the first word began.

    The limit has room for the repetitions: on a machine under load the sound server may lose a part of one.
    """
    words = spoken(box, text, CARD_RATE)
    found: list[Found] = []

    def check() -> bool:
        found[:] = [find(loudspeaker.heard(since), words)]
        return found[0].complete

    until(check, f"the loudspeaker says {text!r}", limit=limit, tail=box.tail)
    return found[0].start


PERSON = "Ein Anruf für {name}, geparkt auf {place}."
GROUP = "Würde ein Mitglied von {group} bitte einen Anruf auf Leitung {place} übernehmen."
ORBIT = "Ein Anruf, geparkt auf {place}."
"""What is announced, word for word (A-7)."""
