"""Speech as files. The voice itself is a counter here, and the real espeak-ng where its words matter."""

import asyncio
import gc
import os
import shutil
import stat
import subprocess
import threading
import time
import wave

import numpy as np
import pytest

from appliance.errors import AdapterError
from appliance.pa import levels, speech, voices, wav
from appliance.pa.speech import SpeechCache
from appliance.pa.voices import Voice
from tests.pa.stage import sine

needs_espeak = pytest.mark.skipif(shutil.which(voices.ESPEAK) is None, reason="espeak-ng is not installed")


class Counted:
    """Takes the place of the programs: says everything as a tone between silences, and counts."""

    def __init__(self):
        self.said = []
        self.broken = set()
        self.most_at_once = 0
        self.gate = threading.Event()
        self.gate.set()
        self._now = 0

    def __call__(self, voice, text, rate):
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        self.gate.wait(20)
        self._now -= 1
        self.said.append((voice.name, text, rate))
        if voice.program in self.broken:
            raise AdapterError(f"{voice.program} is not installed")
        silence = levels.silence(rate // 2)
        return np.concatenate([silence, sine(800, 1.0, rate, level=-30.0), silence])


@pytest.fixture
def counted(monkeypatch):
    said = Counted()
    monkeypatch.setattr(voices, "say", said)
    return said


@pytest.fixture
def cache(tmp_path):
    made = SpeechCache(tmp_path / "speech", "de")
    yield made
    made.close()


def read(path):
    """Return a file's shape (channels, bytes a sample, rate) and samples."""
    with wave.open(str(path)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return (file.getnchannels(), file.getsampwidth(), file.getframerate()), levels.from_pcm(pcm)


@pytest.mark.rule("A-8")
async def test_a_text_is_spoken_once_and_then_kept(cache, counted, tmp_path):
    first = await cache.file("Hallo", 16000)
    written = first.stat().st_mtime_ns
    assert await cache.file("Hallo", 16000) == first
    again = SpeechCache(tmp_path / "speech", "de")
    assert await again.file("Hallo", 16000) == first
    assert (len(counted.said), first.stat().st_mtime_ns) == (1, written)


async def test_text_rate_voice_and_language_make_different_files(counted, tmp_path):
    made = [
        await SpeechCache(tmp_path, language, voice).file(text, rate)
        for language, voice, text, rate in [
            ("de", "espeak-ng", "Hallo", 16000),
            ("de", "espeak-ng", "Hallo", 48000),
            ("de", "espeak-ng", "Hallo!", 16000),
            ("en", "espeak-ng", "Hallo", 16000),
            ("de", "espeak-ng:de+f2", "Hallo", 16000),
        ]
    ]
    assert len(set(made)) == len(counted.said) == 5


@pytest.mark.rule("A-12")
@pytest.mark.parametrize("rate", [8000, 16000, 48000])
@pytest.mark.usefixtures("counted")
async def test_a_file_is_mono_16_bit_trimmed_and_at_its_level(cache, rate):
    shape, sound = read(await cache.file("Hallo", rate))
    assert shape == (1, 2, rate)
    assert sound.size / rate == pytest.approx(1.1, abs=0.02)
    assert levels.decibels(levels.active(sound, rate)) == pytest.approx(speech.LEVEL, abs=0.3)


async def test_two_who_want_the_same_text_share_the_work(cache, counted):
    counted.gate.clear()
    both = [asyncio.create_task(cache.file("Hallo", 16000)) for _ in range(2)]
    await asyncio.sleep(0)
    both[0].cancel()
    counted.gate.set()
    assert (await both[1]).exists()
    assert len(counted.said) == 1


async def test_no_more_than_two_programs_run_and_one_place_is_left_by_the_warming(cache, counted):
    counted.gate.clear()
    warming = asyncio.create_task(cache.warm([str(number) for number in range(5)], 16000))
    wanted = [asyncio.create_task(cache.file(f"now {number}", 16000)) for number in range(5)]
    await asyncio.sleep(0.05)
    counted.gate.set()
    await asyncio.gather(warming, *wanted)
    assert counted.most_at_once == 2
    assert len(counted.said) == 10


@pytest.mark.rule("A-8")
async def test_what_was_warmed_is_there_at_once(cache, counted):
    await cache.warm(["eins", "zwei"], 16000)
    counted.gate.clear()
    assert (await cache.file("zwei", 16000)).exists()


@pytest.mark.rule("A-8")
async def test_a_voice_that_is_missing_falls_back_to_the_languages_own_and_is_given_up(counted, tmp_path, caplog):
    counted.broken.add("piper")
    cache = SpeechCache(tmp_path, "en", "piper:amy")
    for text in ("one", "two"):
        await cache.file(text, 16000)
    assert [name for name, _, _ in counted.said] == ["amy", "en-gb", "en-gb"]
    assert caplog.text.count("given up") == 1


@pytest.mark.rule("A-8")
async def test_without_any_voice_it_is_an_error_and_warming_only_says_so(cache, counted, caplog):
    counted.broken.add("espeak-ng")
    with pytest.raises(AdapterError, match="not installed"):
        await cache.file("Hallo", 16000)
    await cache.warm(["eins", "zwei", ""], 16000)
    assert caplog.text.count("speech cannot be prepared texts=3") == 1


async def test_a_voice_that_fails_when_nobody_waits_any_more_is_no_error_of_ours(cache, monkeypatch):
    go_on, failed, wrong = threading.Event(), threading.Event(), []

    def fail(*_):
        go_on.wait(20)
        failed.set()
        raise AdapterError("no voice")

    monkeypatch.setattr(speech, "_speak", fail)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(cache.file("Hallo", 16000), 0.01)
    go_on.set()
    await asyncio.to_thread(failed.wait, 20)
    async with asyncio.timeout(20):
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - the tasks of the cache are its own
            await asyncio.sleep(0.01)
    gc.collect()
    assert wrong == []


async def test_a_text_without_words_is_an_error_that_costs_no_voice_its_place(counted, tmp_path):
    cache = SpeechCache(tmp_path, "de", "piper:amy")
    with pytest.raises(AdapterError, match="nothing to be said"):
        await cache.file(" \n\x00", 16000)
    await cache.file("Hallo", 16000)
    assert counted.said == [("amy", "Hallo", 16000)]


@pytest.mark.usefixtures("counted")
async def test_nobody_ever_sees_half_a_file(cache, monkeypatch, tmp_path):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(AdapterError, match="No space left"):
        await cache.file("Hallo", 16000)
    assert list((tmp_path / "speech").iterdir()) == []


@pytest.mark.usefixtures("counted")
async def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(AdapterError, match="cannot be written"):
        await SpeechCache(tmp_path / "file" / "speech", "de").file("Hallo", 16000)


@pytest.mark.usefixtures("counted")
async def test_the_oldest_files_go_when_there_are_too_many_but_never_what_was_warmed(cache, monkeypatch, tmp_path):
    monkeypatch.setattr(speech, "KEPT", 3)
    made = [await cache.file(str(number), 16000) for number in range(5)]
    for age, path in enumerate(reversed(made)):
        os.utime(path, (time.time() - 100 * age - 100,) * 2)
    (tmp_path / "speech" / "x.tmp").touch()
    os.utime(tmp_path / "speech" / "x.tmp", (1, 1))
    await cache.warm(["0"], 16000)
    assert set((tmp_path / "speech").iterdir()) == {made[0], made[4], made[3]}


def ipa(text, voice):
    """Return what espeak-ng makes of a text, in phonetic letters without stress."""
    command = [voices.ESPEAK, "-b", "1", "--stdin", "-q", "--ipa", "-v", voice]
    spoken = subprocess.run(command, input=voices.plain(text).encode(), capture_output=True, check=True)
    return spoken.stdout.decode().translate({0x2C8: None, 0x2CC: None})


@needs_espeak
@pytest.mark.rule("A-7")
def test_digits_are_spoken_one_by_one_and_umlauts_are_umlauts():
    assert ipa("Leitung 1 0 2.", "de").split()[1:] == ipa("eins null zwei.", "de").split()
    assert ipa("line 1 0 2.", "en-gb").split()[1:] == ipa("one zero two.", "en-gb").split()
    assert "y" in ipa("Jürgen", "de")
    assert ipa("Größe", "de") != ipa("Grosse", "de")


@needs_espeak
@pytest.mark.rule("A-7", "A-8")
@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Ein Anruf für Jürgen Größe, geparkt auf 1 0 2."), ("en", "A call for Anna Smith, parked on 1 0 2.")],
)
async def test_the_shipped_voices_say_an_announcement_loud_and_clear(tmp_path, language, text):
    cache = SpeechCache(tmp_path, language)
    shape, sound = read(await cache.file(text, 48000))
    assert shape == (1, 2, 48000)
    assert 2.5 < sound.size / 48000 < 6.0
    assert levels.peak(sound) <= levels.CEILING + 1e-4
    assert levels.decibels(levels.active(sound, 48000)) == pytest.approx(speech.LEVEL, abs=0.7)
    assert abs(sound[0]) < 0.001
    assert abs(sound[-1]) < 0.001


@needs_espeak
def test_a_voice_that_espeak_does_not_have_is_an_error_in_its_words():
    with pytest.raises(AdapterError, match=r"espeak-ng failed: .*voice does not exist"):
        voices.say(Voice(voices.ESPEAK, "xx-none"), "Hallo", 16000)


def program(folder, name, script):
    """Put a program on the PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return a folder that is first on the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_piper_is_run_with_its_voice_and_the_text_by_standard_input(path):
    wav.save(path / "spoken.wav", [sine(440, 0.2, 22050)], 22050)
    program(path, "piper", f'echo "$@" > {path}/args; cat > {path}/text; cp {path}/spoken.wav "$4"')
    sound = voices.say(Voice(voices.PIPER, "thorsten.onnx"), "Hallo, Jürgen", 16000)
    assert sound.size == pytest.approx(3200, abs=10)
    assert (path / "args").read_text().startswith("-m thorsten.onnx -f ")
    assert (path / "text").read_text() == "Hallo, Jürgen"


def test_programs_that_fail_hang_or_say_nothing_are_errors(path, monkeypatch):
    voice = Voice(voices.PIPER, "v")
    program(path, "piper", "echo out of memory >&2; exit 3")
    with pytest.raises(AdapterError, match="piper failed: out of memory"):
        voices.say(voice, "x", 16000)
    program(path, "piper", "true")
    with pytest.raises(AdapterError, match="said nothing"):
        voices.say(voice, "x", 16000)
    program(path, "piper", "exec sleep 60")
    monkeypatch.setattr(voices, "PATIENCE", 0.1)
    with pytest.raises(AdapterError, match="could not be run"):
        voices.say(voice, "x", 16000)
    with pytest.raises(AdapterError, match="needs a voice"):
        voices.say(Voice(voices.PIPER, ""), "x", 16000)
    with pytest.raises(AdapterError, match="not installed"):
        voices.say(Voice("no-such-program", "v"), "x", 16000)


def test_what_a_caller_calls_himself_cannot_command_the_voice():
    assert voices.plain("[[[[hEllo]] \x1b[2J\nx\ud800") == "[hEllo]]  [2J x"
    assert len(voices.plain("x" * 5000)) == voices.LONGEST


def test_the_voices_are_tried_in_turn():
    german = Voice("espeak-ng", "de")
    assert voices.chosen("espeak-ng", "de") == (german,)
    assert voices.chosen("espeak-ng:de+f2", "de") == (Voice("espeak-ng", "de+f2"), german)
    assert voices.chosen("piper", "de") == (Voice("piper", ""), german)
    assert voices.chosen("piper:x", "en") == (Voice("piper", "x"), Voice("espeak-ng", "en-gb"))
