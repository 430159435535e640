"""Pins as data: the header of a Pi, what is wired to it, and what is wrong with a wiring (B-9).

Pure: tables and functions, nothing is opened here. Pins are BCM numbers throughout; only `HEADER` knows the numbers
printed on the board. The same 40 pins are on the 3B+, the 4 and the 5.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

HEADER: Mapping[int, int | str] = MappingProxyType({
    1: "3V3", 2: "5V",
    3: 2, 4: "5V",
    5: 3, 6: "GND",
    7: 4, 8: 14,
    9: "GND", 10: 15,
    11: 17, 12: 18,
    13: 27, 14: "GND",
    15: 22, 16: 23,
    17: "3V3", 18: 24,
    19: 10, 20: "GND",
    21: 9, 22: 25,
    23: 11, 24: 8,
    25: "GND", 26: 7,
    27: 0, 28: 1,
    29: 5, 30: "GND",
    31: 6, 32: 12,
    33: 13, 34: "GND",
    35: 19, 36: 16,
    37: 26, 38: 20,
    39: "GND", 40: 21,
})  # fmt: skip
"""Number on the board to BCM number, or to what else is on that pin; odd numbers are the inner row."""

PINS = frozenset(pin for pin in HEADER.values() if isinstance(pin, int))
"""BCM numbers that are on the header: 0 to 27."""

EEPROM = frozenset({0, 1})
"""Read by the firmware at boot to know the HAT; never ours."""

I2C = frozenset({2, 3})
"""The bus that expanders and many HATs hang on; with 1.8 kOhm pull-ups on the board."""

I2S = frozenset({18, 19, 20, 21})
"""The digital sound that DAC and amplifier HATs take."""

HIGH_AT_BOOT = frozenset(range(9))
"""Pulled high from power-up until somebody claims them (BCM2835 and BCM2711 peripherals, "alternative functions");
the others are pulled low."""


class Pull(Enum):
    """The resistor that the Pi switches on at an input."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wire:
    """One named line and the pin that it hangs on."""

    line: str
    pin: int
    """BCM number."""
    active_high: bool = True
    """Whether high means pressed, lit or closed."""
    pull: Pull = Pull.NONE
    """For inputs; outputs have none."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything that is wired to the header."""

    inputs: tuple[Wire, ...] = ()
    outputs: tuple[Wire, ...] = ()
    """Lamps."""
    relays: tuple[Wire, ...] = ()
    """Outputs too, but ones that must be off when nobody is in charge."""
    i2c: bool = False
    """An expander or a HAT uses the I2C bus."""
    i2s: bool = False
    """A DAC or amplifier HAT uses the I2S pins."""

    @property
    def driven(self) -> tuple[Wire, ...]:
        """All outputs: lamps, then relays."""
        return self.outputs + self.relays

    @property
    def wires(self) -> tuple[Wire, ...]:
        """All lines, inputs first."""
        return self.inputs + self.driven


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a wiring: which line, what is wrong with it, what to do."""

    line: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        """Render as `line: what is wrong: what to do`."""
        return f"{self.line}: {self.wrong}: {self.remedy}"


def problems(wiring: Wiring) -> list[Problem]:
    """Everything that is wrong with a wiring, in its own order; empty when it can be opened safely (B-9)."""
    found: list[Problem] = []
    for wire in wiring.wires:
        found.extend(_of_pin(wire, wiring))
    for wire in wiring.inputs:
        found.extend(_of_input(wire))
    for wire in wiring.relays:
        found.extend(_of_relay(wire))
    found.extend(_shared_pins(wiring))
    found.extend(_shared_names(wiring))
    return found


def reserved(pin: int, wiring: Wiring) -> str:
    """Who else owns a pin, in words; empty: nobody."""
    if pin in EEPROM:
        return "belongs to the EEPROM of the HAT"
    if pin in I2C and wiring.i2c:
        return "belongs to the I2C bus, which is in use"
    if pin in I2S and wiring.i2s:
        return "belongs to the sound card on the header (I2S)"
    return ""


def _of_pin(wire: Wire, wiring: Wiring) -> Iterator[Problem]:
    if wire.pin not in PINS:
        yield Problem(wire.line, f"GPIO {wire.pin} is not on the header", "take a BCM number from 2 to 27")
    owner = reserved(wire.pin, wiring)
    if owner:
        yield Problem(wire.line, f"GPIO {wire.pin} {owner}", "wire it to another pin")


def _of_input(wire: Wire) -> Iterator[Problem]:
    """GPIO 2 and 3 have real resistors to 3.3 V: no other pull can be had there."""
    if wire.pin in I2C and wire.pull is not Pull.UP:
        yield Problem(wire.line, f"GPIO {wire.pin} has a fixed pull-up resistor", 'set pull = "up" or take another pin')


def _of_relay(wire: Wire) -> Iterator[Problem]:
    """Refuse any relay there, an active-low one too: its polarity is the setting that is wrong most often."""
    if wire.pin in HIGH_AT_BOOT:
        yield Problem(
            wire.line,
            f"GPIO {wire.pin} is pulled high while the Pi boots, the relay could close",
            "wire the relay to GPIO 9 to 27",
        )


def _shared_pins(wiring: Wiring) -> Iterator[Problem]:
    users: defaultdict[int, list[str]] = defaultdict(list)
    for wire in wiring.wires:
        users[wire.pin].append(wire.line)
    for pin, lines in users.items():
        for line in lines[1:]:
            yield Problem(line, f"GPIO {pin} is already used by {lines[0]}", "wire it to a pin of its own")


def _shared_names(wiring: Wiring) -> Iterator[Problem]:
    """Inputs and outputs are apart: a key and its lamp may have one name."""
    for wires in (wiring.inputs, wiring.driven):
        lines = [wire.line for wire in wires]
        for line in dict.fromkeys(lines):
            if lines.count(line) > 1:
                yield Problem(line, "is the name of more than one line", "give each line a name of its own")
