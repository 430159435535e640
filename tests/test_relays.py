"""The relays are driven off after the service is dead, from its note alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from appliance import relays
from appliance.errors import AdapterError
from hardware import gpio
from hardware.board import Wire
from hardware.ports import HardwareError

AMP, HORN = Wire("amp", 17), Wire("horn", 22, active_high=False)


@pytest.fixture
def header(monkeypatch: pytest.MonkeyPatch) -> MockFactory:
    """Pins that a dead process has left as they were: both relays closed. What they were driven to stays to be seen."""
    factory = MockFactory()
    for wire, pull in ((AMP, "up"), (HORN, "down")):
        factory.pin(wire.pin).pull = pull
        factory.pin(wire.pin).clear_states()
        monkeypatch.setattr(factory.pin(wire.pin), "close", lambda: None)
    monkeypatch.setattr(factory, "close", lambda: None)
    monkeypatch.setattr(gpio, "open_header", lambda: factory)
    return factory


def levels(header: MockFactory, wire: Wire) -> list[bool]:
    """Levels that a pin had since it was left, the first one is how it was found."""
    assert header.pin(wire.pin).function == "output"
    return [bool(state.state) for state in header.pin(wire.pin).states]


@pytest.mark.rule("A-2")
def test_every_relay_of_the_note_is_driven_off(tmp_path: Path, header: MockFactory) -> None:
    """A-2: off after a crash, each with its own polarity."""
    note = tmp_path / relays.NOTE
    relays.note(note, (AMP, HORN))
    assert relays.switch_off(note) == ("amp", "horn")
    assert levels(header, AMP) == [True, False]
    assert levels(header, HORN) == [False, True]


@pytest.mark.rule("A-2")
def test_a_relay_that_cannot_be_reached_keeps_no_other_one_on(
    tmp_path: Path, header: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = gpio.GpioOutputs

    def outputs(wires: tuple[Wire, ...], factory: MockFactory) -> gpio.GpioOutputs:
        if wires == (AMP,):
            raise HardwareError("somebody has it")
        return real(wires, factory)

    monkeypatch.setattr(gpio, "GpioOutputs", outputs)
    note = tmp_path / relays.NOTE
    relays.note(note, (AMP, HORN))
    with pytest.raises(AdapterError, match="relay amp was not switched off: somebody has it"):
        relays.switch_off(note)
    assert levels(header, HORN) == [False, True]


def test_without_a_header_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise HardwareError("no GPIO header found")

    monkeypatch.setattr(gpio, "open_header", refuse)
    relays.note(tmp_path / relays.NOTE, (AMP,))
    with pytest.raises(AdapterError, match="not switched off: no GPIO header found"):
        relays.switch_off(tmp_path / relays.NOTE)


def test_a_service_without_relays_leaves_no_note_and_touches_no_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpio, "open_header", None)
    note = tmp_path / relays.NOTE
    relays.note(note, (AMP,))
    relays.note(note, ())
    assert not note.exists()
    assert relays.switch_off(note) == ()


@pytest.mark.parametrize("text", ["", "{}}", '["amp"]', '[{"line": "amp"}]', "\udcff"])
def test_a_note_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    note = tmp_path / relays.NOTE
    note.write_text(text, errors="surrogateescape")
    with pytest.raises(AdapterError, match="switch the amplifier off by hand"):
        relays.switch_off(note)


def test_a_note_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="must be able to write there"):
        relays.note(tmp_path / "nowhere" / relays.NOTE, (AMP,))


def test_the_note_lies_in_the_folder_that_systemd_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert relays.place_of_note(tmp_path) == tmp_path / relays.NOTE
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/parkdeck")
    assert relays.place_of_note(tmp_path) == Path("/run/parkdeck") / relays.NOTE


@pytest.mark.rule("A-2")
def test_neither_the_sip_stack_nor_the_configuration_is_loaded_for_it(tmp_path: Path) -> None:
    """A-2: what broke the service must not keep the relays closed."""
    relays.note(tmp_path / relays.NOTE, (AMP,))
    program = (
        "import json, sys; from pathlib import Path; from appliance import relays\n"
        "try: relays.switch_off(Path(sys.argv[1]))\n"
        "except relays.AdapterError: pass\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / relays.NOTE)], capture_output=True, text=True, check=True
    )
    loaded = json.loads(answer.stdout)
    assert "hardware.gpio" in loaded
    assert not {"pjsua2", "pydantic", "numpy", "appliance.config"}.intersection(loaded)
