"""PyAudio's file: its decisions on a PortAudio that is played by the test, its sound on a real loudspeaker."""

import time

import numpy as np
import pytest

from hardware import sound
from hardware.ports import HardwareError
from hardware.sound import PyAudioCards
from tests.lab import hearing
from tests.lab.loudspeaker import Loudspeaker

RATE, BLOCK = 48000, 960


class FakeStream:
    def __init__(self, machine, card):
        self.machine, self.card, self.written, self.closed = machine, card, 0, False

    def write(self, samples, frames, *, exception_on_underflow):
        assert (len(samples), frames, exception_on_underflow) == (2 * BLOCK, BLOCK, False)
        if self.card not in self.machine.cards:
            raise OSError(-9999, "Unanticipated host error")
        self.written += 1

    def close(self):
        assert not self.closed
        self.closed = True
        self.machine.open.remove(self)


class FakeMachine:
    """Cards that come and go, and a PortAudio that sees those that were there when it started."""

    def __init__(self):
        self.cards = ["HDA Intel: (hw:0,0)", "USB Audio Device: - (hw:1,0)"]
        self.kernel = ["0 [Intel]", "1 [Device]"]
        self.busy = set()
        self.starts = 0
        self.open = []

    def start(self):
        """Take the place of pyaudio.PyAudio."""
        self.starts += 1
        return FakePortAudio(self, list(self.cards))


class FakePortAudio:
    def __init__(self, machine, names):
        self.machine, self.names = machine, [*names, "Microphone"]

    def get_device_count(self):
        return len(self.names)

    def get_device_info_by_index(self, index):
        name = self.names[index]
        return {"index": index, "name": name, "maxOutputChannels": 0 if name == "Microphone" else 2}

    def open(self, *, output_device_index, rate, frames_per_buffer, channels, **_):
        assert (rate, frames_per_buffer, channels) == (RATE, BLOCK, 1)
        card = self.names[output_device_index]
        if card in self.machine.busy or card not in self.machine.cards:
            raise OSError(-9985, "Device unavailable")
        self.machine.open.append(FakeStream(self.machine, card))
        return self.machine.open[-1]

    def terminate(self):
        assert not self.machine.open, "streams end before PortAudio does"


@pytest.fixture
def machine(monkeypatch, tmp_path):
    made = FakeMachine()
    kernel = tmp_path / "cards"
    kernel.write_text("\n".join(made.kernel))
    monkeypatch.setattr(sound, "KERNEL_LIST", kernel)
    monkeypatch.setattr(sound, "STALE", 0.0)
    monkeypatch.setattr(sound.pyaudio, "PyAudio", made.start)
    made.write_kernel = lambda: kernel.write_text("\n".join(made.kernel))
    return made


@pytest.fixture
def cards(machine):
    assert machine.starts == 0
    return PyAudioCards()


SILENCE = bytes(2 * BLOCK)


@pytest.mark.rule("A-17")
@pytest.mark.parametrize("name", ["USB Audio Device: - (hw:1,0)", "USB Audio", "usb", "hw:1,0"])
def test_a_card_is_found_by_its_name_or_a_part_of_it(cards, machine, name):
    out = cards.open_output(name, RATE, BLOCK)
    assert (out.rate, out.block) == (RATE, BLOCK)
    out.write(SILENCE)
    assert machine.open[0].card == "USB Audio Device: - (hw:1,0)"


def test_the_whole_name_goes_before_a_part_of_another(cards, machine):
    machine.cards = ["sysdefault", "default: x", "default"]
    for name, card in [("default", "default"), ("def", "default: x"), ("ysd", "sysdefault")]:
        cards.open_output(name, RATE, BLOCK).close()
        assert machine.open == []
        with_stream = cards.open_output(name, RATE, BLOCK)
        assert machine.open[0].card == card
        with_stream.close()


@pytest.mark.rule("A-17")
def test_a_card_that_is_not_there_is_an_error_that_lists_those_that_are(cards):
    with pytest.raises(HardwareError, match=r"no card Focusrite; cards there are: HDA Intel.*, USB Audio Device"):
        cards.open_output("Focusrite", RATE, BLOCK)
    assert len(cards.names()) == 2
    assert "Microphone" not in cards.names()


def test_a_card_that_is_in_use_is_an_error_that_says_so(cards, machine):
    machine.busy.add("USB Audio Device: - (hw:1,0)")
    with pytest.raises(HardwareError, match=r"cannot be opened.*another program"):
        cards.open_output("USB", RATE, BLOCK)


@pytest.mark.rule("A-17")
def test_a_card_that_was_pulled_and_put_back_is_found_by_a_portaudio_started_anew(cards, machine):
    out = cards.open_output("USB", RATE, BLOCK)
    usb = machine.cards.pop()
    with pytest.raises(HardwareError, match="unplugged"):
        out.write(SILENCE)
    out.close()
    for _ in range(2):
        with pytest.raises(HardwareError):
            cards.open_output("USB", RATE, BLOCK)
    machine.cards.append(usb)
    cards.open_output("USB", RATE, BLOCK).write(SILENCE)


@pytest.mark.rule("A-17")
def test_a_new_card_ends_the_streams_of_the_others_before_the_cards_are_listed_anew(cards, machine):
    intel = cards.open_output("Intel", RATE, BLOCK)
    machine.cards.append("Focusrite")
    with pytest.raises(HardwareError, match="there is no card"):  # not the kernel's news yet: nobody is disturbed
        cards.open_output("Focusrite", RATE, BLOCK)
    intel.write(SILENCE)
    machine.kernel.append("2 [Focusrite]")
    machine.write_kernel()
    with pytest.raises(HardwareError, match="listed anew"):
        cards.open_output("Focusrite", RATE, BLOCK)
    with pytest.raises(HardwareError, match="open it again"):
        intel.write(SILENCE)
    intel.close()
    cards.open_output("Focusrite", RATE, BLOCK).write(SILENCE)
    cards.open_output("Intel", RATE, BLOCK).write(SILENCE)
    assert machine.starts == 2


@pytest.mark.rule("A-17")
def test_a_missing_card_does_not_disturb_the_one_that_plays(cards, machine):
    intel = cards.open_output("Intel", RATE, BLOCK)
    machine.cards.pop()
    machine.kernel.pop()
    machine.write_kernel()
    for _ in range(3):
        with pytest.raises(HardwareError):
            cards.open_output("USB", RATE, BLOCK)
        intel.write(SILENCE)
    assert machine.starts == 1


def test_the_cards_are_logged_when_they_change_and_not_at_every_look(cards, machine, caplog):
    caplog.set_level("INFO", "hardware.sound")
    machine.cards.clear()
    for number in range(1, 4):
        with pytest.raises(HardwareError):
            cards.open_output("USB", RATE, BLOCK)
        assert machine.starts == number
    machine.cards.append("USB")
    for _ in range(2):
        cards.open_output("USB", RATE, BLOCK).close()
        cards.close()
    machine.cards.clear()
    cards.names()
    assert caplog.messages == ["sound cards: none", "sound cards: USB", "sound cards: none"]


def test_closing_twice_is_nothing_and_a_closed_stream_says_so(cards, machine):
    out = cards.open_output("USB", RATE, BLOCK)
    out.close()
    out.close()
    assert machine.open == []
    with pytest.raises(HardwareError, match="open it again"):
        out.write(SILENCE)


def test_a_block_of_another_size_is_a_mistake_of_ours(cards):
    with pytest.raises(ValueError, match="1920 bytes"):
        cards.open_output("USB", RATE, BLOCK).write(b"\0\0")


def test_closing_the_cards_ends_portaudio_but_never_under_an_open_stream(cards):
    out = cards.open_output("USB", RATE, BLOCK)
    cards.close()
    with pytest.raises(HardwareError):
        out.write(SILENCE)
    out.close()
    cards.close()
    cards.close()


@pytest.fixture
def loudspeaker(tmp_path, monkeypatch):
    with Loudspeaker(tmp_path) as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made


def write_silence(out, blocks):
    for _ in range(blocks):
        out.write(SILENCE)


@pytest.mark.e2e
def test_what_is_written_is_heard(loudspeaker):
    cards = PyAudioCards()
    out = cards.open_output("pulse", RATE, BLOCK)
    tone = (8000 * np.sin(2 * np.pi * 600 * np.arange(BLOCK) / RATE)).astype("<i2").tobytes()  # 12 periods a block
    write_silence(out, 100)
    began = time.monotonic()
    for block in [tone] * 100 + [SILENCE] * 25:
        out.write(block)
    heard = loudspeaker.wait_heard(3.0, began)
    out.close()
    cards.close()
    windows = np.array_split(heard.samples, 150)  # 20 ms each; a machine under load may put silence in between
    loud = sum(hearing.tone_level(hearing.Sound(each, RATE), 600) > -16 for each in windows)
    assert 95 <= loud <= 101


@pytest.mark.e2e
@pytest.mark.rule("A-17")
def test_a_sound_server_that_died_is_seen_by_the_next_write_or_so_and_found_again(loudspeaker):
    cards = PyAudioCards()
    out = cards.open_output("pulse", RATE, BLOCK)
    loudspeaker.stop()
    with pytest.raises(HardwareError, match="takes no more samples"):
        write_silence(out, 1000)
    out.close()
    with pytest.raises(HardwareError):
        cards.open_output("pulse", RATE, BLOCK)
    with Loudspeaker(loudspeaker.folder):
        cards.open_output("pulse", RATE, BLOCK).close()
    cards.close()


@pytest.mark.e2e
@pytest.mark.usefixtures("loudspeaker")
def test_looking_for_cards_writes_nothing_to_stderr(capfd):
    cards = PyAudioCards()
    with pytest.raises(HardwareError, match=r"no card Focusrite; cards there are: .*pulse"):
        cards.open_output("Focusrite", RATE, BLOCK)
    cards.close()
    assert capfd.readouterr().err == ""
