"""The programs that speak, run once for each text: espeak-ng (in Debian, no network, 10 ms a sentence on a PC), and piper.

The only file that knows them. Blocking: for worker threads. The text goes in by standard input, never by the command line:
it holds names that callers chose.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import AdapterError
from appliance.pa import wav
from appliance.pa.levels import Samples

ESPEAK, PIPER = "espeak-ng", "piper"
SPEED, PITCH, GAP = 145, 45, 2
"""espeak-ng: words a minute (its own 175 is too fast across a hall), pitch 0-99, pause between words in 10 ms."""
PATIENCE = 10.0
"""Seconds for one text."""
LONGEST = 1000
"""Characters that are spoken; the rest is left out."""
STANDARD = {"de": "de", "en": "en-gb"}
"""The espeak-ng voice of each language of the site."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: a program, and the name that it has for the voice (`de`, `en-gb`, `de+f2`; a file for piper)."""

    program: str
    name: str


def chosen(setting: str, language: str) -> tuple[Voice, ...]:
    """Return the voices to be tried in turn: the one that is set, `espeak-ng` or `piper:NAME`, and the language's own."""
    program, _, name = setting.partition(":")
    standard = Voice(ESPEAK, STANDARD.get(language, language))
    wanted = Voice(program, name or (standard.name if program == ESPEAK else ""))
    return tuple(dict.fromkeys((wanted, standard)))


def say(voice: Voice, text: str, rate: int) -> Samples:
    """Return a text as speech at `rate`, as the program gives it. Raises AdapterError: no program, no such voice, no sound."""
    program = shutil.which(voice.program)
    if program is None:
        raise AdapterError(f"{voice.program} is not installed")
    if not voice.name:
        raise AdapterError(f"{voice.program} needs a voice: set it as {voice.program}:NAME")
    with tempfile.TemporaryDirectory(prefix="parkdeck-speech-") as folder:
        spoken = Path(folder, "spoken.wav")
        _run(voice.program, [program, *_options(voice, spoken)], plain(text))
        if not wav.whole(spoken):
            raise AdapterError(f"{voice.program} said nothing with the voice {voice.name}")
        return wav.load(spoken, rate)


def plain(text: str) -> str:
    """Return what may be spoken: one line, without control characters and without espeak-ng's phonemes in [[ ]]."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    while "[[" in line:
        line = line.replace("[[", "[")
    return line[:LONGEST].strip()


def _options(voice: Voice, spoken: Path) -> list[str]:
    if voice.program == PIPER:
        return ["-m", voice.name, "-f", str(spoken)]
    manner = ["-s", str(SPEED), "-p", str(PITCH), "-g", str(GAP)]
    return ["-v", voice.name, *manner, "-b", "1", "--stdin", "-w", str(spoken)]


def _run(program: str, command: list[str], text: str) -> None:
    try:
        subprocess.run(command, input=text.encode(), capture_output=True, check=True, timeout=PATIENCE)  # noqa: S603
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or f"exit code {error.returncode}"
        raise AdapterError(f"{program} failed: {said}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AdapterError(f"{program} could not be run: {error}") from error
