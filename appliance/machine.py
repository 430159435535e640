"""The box's pins and cards, real or simulated, as the configuration says; never simulated by itself (B-10)."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from appliance import settings
from appliance.config.model import Config
from appliance.errors import AdapterError
from hardware.ports import HardwareError, Inputs, Outputs
from hardware.sim import SimInputs, SimOutputs


@dataclass(frozen=True, slots=True)
class Machine:
    """What was opened; `close` gives everything back: lamps dark, relays open."""

    inputs: Inputs
    outputs: Outputs
    close: Callable[[], None]


def open_machine(config: Config) -> Machine:
    """Open the pins. Raises AdapterError that says what to do."""
    try:
        return _simulated(config) if config.hardware.backend == "sim" else _real(config)
    except HardwareError as error:
        raise AdapterError(str(error)) from error


def _simulated(config: Config) -> Machine:
    contacts, outputs = settings.lines(config)
    keys, lamps = SimInputs(contacts), SimOutputs(outputs)

    def close() -> None:
        keys.close()
        lamps.close()

    return Machine(keys, lamps, close)


def _real(config: Config) -> Machine:
    gpio = importlib.import_module("hardware.gpio")  # gpiozero is for boxes with pins
    wiring = settings.board(config)
    header = gpio.open_header()
    try:
        inputs = gpio.GpioInputs(wiring.inputs, header)
        outputs = gpio.GpioOutputs(wiring.driven, header)
    except HardwareError:
        header.close()
        raise

    def close() -> None:
        inputs.close()
        outputs.close()
        header.close()

    return Machine(inputs, outputs, close)
