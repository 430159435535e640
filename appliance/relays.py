"""The relays driven off when nobody is in charge: what the service manager runs after any end of the service (A-2).

The service notes which lines it is going to drive before it drives them. Whoever comes after its death reads that note and not
the configuration, which may be broken by now or name other pins; nothing else of the service is needed, above all no SIP stack.
"""

import importlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from appliance.errors import AdapterError
from hardware.board import Wire
from hardware.ports import HardwareError

NOTE = "relays.json"


def place_of_note(state_dir: Path) -> Path:
    """Return where the note lies: in the unit's folder in memory (RuntimeDirectory=), without systemd in the state folder."""
    return Path(os.environ.get("RUNTIME_DIRECTORY") or state_dir) / NOTE


def note(path: Path, relays: Iterable[Wire]) -> None:
    """Write down which lines this process is going to drive; a service without any leaves no note. Raises AdapterError."""
    lines = [{"line": wire.line, "pin": wire.pin, "active_high": wire.active_high} for wire in relays]
    text = json.dumps(lines)
    try:
        if (path.read_text() if path.exists() else "[]") == text:
            return  # also on a disk that has become read-only
        if lines:
            fresh = path.with_suffix(".new")
            fresh.write_text(text)
            fresh.replace(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise AdapterError(
            f"the relays cannot be noted in {path}: {error}: the service must be able to write there"
        ) from error


def switch_off(path: Path) -> tuple[str, ...]:
    """Drive every noted line off and return their names. Raises AdapterError, after all have been tried."""
    wires = _noted(path)
    if not wires:
        return ()
    gpio = importlib.import_module("hardware.gpio")  # gpiozero is for boxes with pins
    try:
        header = gpio.open_header()
    except HardwareError as error:
        raise AdapterError(f"the relays were not switched off: {error}") from error
    failed = []
    for wire in wires:
        try:
            gpio.GpioOutputs((wire,), header).close()
        except HardwareError as error:
            failed.append(f"relay {wire.line} was not switched off: {error}")
    header.close()
    if failed:
        raise AdapterError("\n".join(failed))
    return tuple(wire.line for wire in wires)


def _noted(path: Path) -> tuple[Wire, ...]:
    try:
        lines = json.loads(path.read_text())
        return tuple(Wire(str(line["line"]), int(line["pin"]), bool(line["active_high"])) for line in lines)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise AdapterError(
            f"{path} does not say which relays there are ({error}): switch the amplifier off by hand"
        ) from error
