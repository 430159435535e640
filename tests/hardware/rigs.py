"""One bench for every back end: levers that move contacts, meters that read lines, whatever is underneath."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gpiozero.pins.mock import MockFactory

from hardware.board import Pull, Wire
from hardware.gpio import GpioInputs, GpioOutputs
from hardware.ports import Inputs, Outputs
from hardware.sim import SimInputs, SimOutputs

CONTACTS = (
    Wire("to ground", 5, active_high=False, pull=Pull.UP),
    Wire("to 3.3 V", 13, active_high=True, pull=Pull.DOWN),
    Wire("opens to ground", 19, active_high=True, pull=Pull.UP),
    Wire("opens to 3.3 V", 26, active_high=False, pull=Pull.DOWN),
    Wire("driven", 16, active_high=True, pull=Pull.NONE),
    Wire("driven low", 12, active_high=False, pull=Pull.NONE),
)
"""Every way in which a contact can be wired."""

LAMPS = (Wire("lamp", 6), Wire("relay", 17), Wire("active low", 22, active_high=False))
LINES = tuple(wire.line for wire in CONTACTS)


@dataclass
class InputRig:
    """Inputs, and a hand that moves their contacts."""

    inputs: Inputs
    move: Callable[[str, bool], None]


@dataclass
class OutputRig:
    """Outputs, a meter at the lines (logical levels), and a record of every level that each line had."""

    outputs: Outputs
    levels: Callable[[], Mapping[str, bool]]
    passed: Callable[[str], list[bool]]


def sim_inputs() -> InputRig:
    inputs = SimInputs(LINES)
    return InputRig(inputs, lambda line, active: (inputs.press if active else inputs.release)(line))


def sim_outputs() -> OutputRig:
    outputs = SimOutputs(wire.line for wire in LAMPS)
    return OutputRig(
        outputs, outputs.levels, lambda line: [False, *(edge.active for edge in outputs.history if edge.line == line)]
    )


def gpio_inputs() -> InputRig:
    """Everything released, as the wire to it would have it, before the lines are opened."""
    factory = MockFactory()
    wires = {wire.line: wire for wire in CONTACTS}

    def move(line: str, active: bool) -> None:  # noqa: FBT001 - the lever of `InputRig`
        pin = factory.pin(wires[line].pin)
        (pin.drive_high if active == wires[line].active_high else pin.drive_low)()

    opened = GpioInputs(CONTACTS, factory)
    for line in LINES:
        move(line, False)
    return InputRig(opened, move)


def gpio_outputs() -> OutputRig:
    factory = MockFactory()
    wires = {wire.line: wire for wire in LAMPS}
    for wire in LAMPS:  # the board's own resistor holds each line inactive until it is opened
        pin = factory.pin(wire.pin)
        pin.pull = "down" if wire.active_high else "up"
        pin.clear_states()
    outputs = GpioOutputs(LAMPS, factory)

    def levels() -> dict[str, bool]:
        return {line: bool(factory.pin(wire.pin).state) == wire.active_high for line, wire in wires.items()}

    def passed(line: str) -> list[bool]:
        states = [bool(each.state) == wires[line].active_high for each in factory.pin(wires[line].pin).states]
        return [state for count, state in enumerate(states) if count == 0 or state != states[count - 1]]

    return OutputRig(outputs, levels, passed)
