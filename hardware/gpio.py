"""The pins of the Pi: the only file that knows gpiozero and lgpio.

gpiozero gives raw levels and edges, nothing more: no `Button`, no bounce time, no blinking (each of these is a thread per
device); debounce, presses and patterns are ours and pure. The pin factory is always named, so gpiozero never looks for
one that works, and what cannot be opened is a HardwareError that says what to do (B-10).

lgpio opens a pipe `.lgd-nfyN` in its working directory when it is imported, and starts the one thread that tells all
edges. `LG_WD` moves that directory, and with it that of the whole process: a service sets `LG_WD` and
`WorkingDirectory=` to the same writable folder. An exception in that thread would silence every key for good, therefore
every callback is guarded here.
"""

import importlib
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError
from gpiozero.pins import Factory

from hardware.board import Pull, Wire
from hardware.ports import Edge, HardwareError

CHIPS = Path("/sys/bus/gpio/devices")
"""Where the kernel lists its GPIO chips; their numbers differ between kernels, above all on the Pi 5."""

HEADER_CHIPS = frozenset({b"raspberrypi,rp1-gpio", b"brcm,bcm2711-gpio", b"brcm,bcm2835-gpio"})
"""What the chip of the 40 pins is compatible with: Pi 5, Pi 4, Pi 3B+ and older."""

FRESH = 1.0
"""Seconds; an edge that claims to be older, or to come, is stamped by our own clock: lgpio's time base is the kernel's."""

_log = logging.getLogger(__name__)


class _Lgpio(Protocol):
    """What is used of the module lgpio beside gpiozero."""

    def gpio_claim_output(self, handle: int, gpio: int, level: int) -> int:
        """Make a line an output that starts with a level."""


def find_chip(chips: Path = CHIPS) -> int:
    """Return the number of the GPIO chip that the 40 pins hang on. Raises HardwareError."""
    for chip in sorted(chips.glob("gpiochip*")):
        number = re.search(r"\d+$", chip.name)
        try:
            compatible = (chip / "of_node" / "compatible").read_bytes()
        except OSError:
            continue
        if number and HEADER_CHIPS.intersection(compatible.split(b"\0")):
            return int(number.group())
    raise HardwareError(
        f"no GPIO header found in {chips}: this is no Raspberry Pi, or the service may not read there; "
        'without pins set backend = "sim"'
    )


def open_header(chips: Path = CHIPS) -> Factory:
    """Open the 40 pins through lgpio, for `GpioInputs` and `GpioOutputs` together; `close()` gives the chip back.

    Raises HardwareError.
    """
    number = find_chip(chips)
    with _opening(f"the GPIO chip /dev/gpiochip{number}"):
        pins = importlib.import_module("gpiozero.pins.lgpio")
        factory = pins.LGPIOFactory(chip=number)
    factory.pin_class = _steady_pin(pins.LGPIOPin, sys.modules["lgpio"])
    return factory


def _steady_pin(base: type, lgpio: _Lgpio) -> type:
    """Make gpiozero's pin start an output at its level: gpiozero starts it low, which closes an active-low relay."""

    def output_with_state(self: Factory, state: bool) -> None:  # noqa: FBT001 - gpiozero's signature
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))  # noqa: SLF001 - there is no other way

    return type("SteadyPin", (base,), {"output_with_state": output_with_state})


class GpioInputs:
    """Input lines on the header. See `Inputs`. Raises HardwareError; then nothing stays open."""

    def __init__(self, wires: Iterable[Wire], factory: Factory) -> None:
        self._devices: dict[str, DigitalInputDevice] = {}
        self._inverted: dict[str, bool] = {}
        self._listeners: tuple[Callable[[Edge], None], ...] = ()
        try:
            for wire in wires:
                self._open(wire, factory)
        except HardwareError:
            self.close()
            raise

    def levels(self) -> Mapping[str, bool]:
        """See `Inputs.levels`; reads the pins, so it also tells what an edge failed to tell. Empty once closed."""
        with _working("inputs"):
            return {line: bool(device.value) != self._inverted[line] for line, device in self._devices.items()}

    def listen(self, on_edge: Callable[[Edge], None]) -> None:
        """See `Inputs.listen`; the callback runs in lgpio's only thread: it may post, and nothing else."""
        self._listeners = (*self._listeners, on_edge)

    def close(self) -> None:
        """See `Inputs.close`."""
        self._listeners = ()
        devices, self._devices = self._devices, {}
        for line, device in devices.items():
            with _told(line):
                device.close()

    def _open(self, wire: Wire, factory: Factory) -> None:
        """Open one line. gpiozero takes the active level from the pull, so a contact against its pull is inverted here."""
        pull_up = {Pull.UP: True, Pull.DOWN: False, Pull.NONE: None}[wire.pull]
        with _opening(f"GPIO {wire.pin} ({wire.line})"):
            device = DigitalInputDevice(
                wire.pin,
                pull_up=pull_up,
                active_state=wire.active_high if pull_up is None else None,
                pin_factory=factory,
            )
        self._devices[wire.line] = device
        self._inverted[wire.line] = pull_up is not None and wire.active_high == pull_up
        device.when_activated = partial(self._tell, wire.line, device, True)
        device.when_deactivated = partial(self._tell, wire.line, device, False)

    def _tell(self, line: str, device: DigitalInputDevice, active: bool) -> None:  # noqa: FBT001 - bound by partial
        """Hand an edge to the listeners; runs in the thread of gpiozero's back end, and never raises."""
        try:
            age = device.active_time if active else device.inactive_time
            now = time.monotonic()
            at = now - age if age is not None and 0 <= age <= FRESH else now
            edge = Edge(line, active != self._inverted[line], at)
        except Exception:  # noqa: BLE001 - the edge of a foreign thread
            _log.exception("edge lost line=%s", line)
            return
        for on_edge in self._listeners:
            try:
                on_edge(edge)
            except Exception:  # noqa: BLE001 - the edge of a foreign thread
                _log.exception("callback failed line=%s", line)


class GpioOutputs:
    """Output lines on the header, inactive from the first moment. See `Outputs`. Raises HardwareError; then nothing stays open.

    The kernel keeps the level of a line whose process has died, unless `dtparam=strict_gpiod` is set (A-2).
    """

    def __init__(self, wires: Iterable[Wire], factory: Factory) -> None:
        self._lines: frozenset[str] = frozenset()
        self._devices: dict[str, DigitalOutputDevice] = {}
        try:
            for wire in wires:
                self._open(wire, factory)
        except HardwareError:
            self.close()
            raise

    def write(self, line: str, *, active: bool) -> None:
        """See `Outputs.write`; nothing once closed."""
        device = self._devices.get(line)
        if device is not None:
            with _working(line):
                device.value = active
        elif line not in self._lines:
            raise KeyError(line)

    def close(self) -> None:
        """See `Outputs.close`; a line that fails does not keep the others from being driven to inactive."""
        devices, self._devices = self._devices, {}
        for line, device in devices.items():
            with _told(line):
                device.off()
        for line, device in devices.items():
            with _told(line):
                device.close()

    def _open(self, wire: Wire, factory: Factory) -> None:
        with _opening(f"GPIO {wire.pin} ({wire.line})"):
            device = DigitalOutputDevice(
                wire.pin, active_high=wire.active_high, initial_value=False, pin_factory=factory
            )
        self._devices[wire.line] = device
        self._lines |= {wire.line}


def _errors() -> tuple[type[Exception], ...]:
    """Everything that gpiozero and lgpio raise for the world's faults; lgpio's is known once it is imported."""
    own = getattr(sys.modules.get("lgpio"), "error", OSError)
    return (GPIOZeroError, OSError, ImportError, own)


@contextmanager
def _opening(what: str) -> Iterator[None]:
    """Turn a failure to open into a HardwareError with what to do."""
    try:
        yield
    except _errors() as error:
        raise HardwareError(
            f"{what} cannot be opened: {error}: see with `gpioinfo` whether another program has it, put the user into the "
            'group "gpio", install rpi-lgpio, and give lgpio a writable WorkingDirectory and LG_WD'
        ) from error


@contextmanager
def _working(what: str) -> Iterator[None]:
    """Turn a failure of an open line into a HardwareError."""
    try:
        yield
    except _errors() as error:
        raise HardwareError(f"{what} cannot be reached any more: {error}: restart the service") from error


@contextmanager
def _told(line: str) -> Iterator[None]:
    """Log a failure and go on: used where the other lines matter more."""
    try:
        yield
    except _errors() as error:
        _log.warning("closing failed line=%s error=%s", line, error)
