"""The relay lines of the PA: one owner, who tries again what did not work. On the loop's thread.

Zones may share a line (one amplifier, two cards): it is closed while any of them wants it closed.
"""

import logging
from collections.abc import Iterable

from appliance.errors import AdapterError
from appliance.pa.faults import Faults
from appliance.pa.port import ZoneSettings
from hardware.ports import HardwareError, Outputs

_log = logging.getLogger(__name__)


class Lines:
    """The relays of `zones` on `outputs`; all are taken to be open."""

    def __init__(self, zones: Iterable[ZoneSettings], outputs: Outputs, faults: Faults) -> None:
        self._line = {zone.name: zone.relay for zone in zones if zone.relay}
        self._wanted: dict[str, frozenset[str]] = {line: frozenset() for line in self._line.values()}
        self._undone: set[str] = set()
        self._outputs = outputs
        self._faults = faults

    def reset(self) -> None:
        """Drive every line off, whatever it was. Raises AdapterError for one that is not wired."""
        for line in self._wanted:
            try:
                self._drive(line)
            except KeyError as error:
                raise AdapterError(f"relay {line} is not wired: name an output of the hardware") from error

    def move(self, zone: str, *, closed: bool) -> None:
        """Close or open a zone's relay at once; a line that refuses is a fault and is tried again by `retry`."""
        line = self._line.get(zone)
        if line is None:
            return
        before = self._wanted[line]
        self._wanted[line] = before | {zone} if closed else before - {zone}
        if bool(before) != bool(self._wanted[line]):
            self._drive(line)

    def retry(self) -> None:
        """Drive again what could not be driven."""
        for line in tuple(self._undone):
            self._drive(line)

    def closed(self, zone: str) -> bool:
        """Say whether a zone's relay is meant to be closed."""
        return bool(self._wanted.get(self._line.get(zone, ""), frozenset()))

    def _drive(self, line: str) -> None:
        active = bool(self._wanted[line])
        try:
            self._outputs.write(line, active=active)
        except HardwareError as error:
            self._undone.add(line)
            self._tell(line, f"relay {line} cannot be {'closed' if active else 'opened'}: {error}")
            return
        _log.debug("relay line=%s closed=%s", line, active)
        self._undone.discard(line)
        self._tell(line, "")

    def _tell(self, line: str, detail: str) -> None:
        for zone, own in self._line.items():
            if own == line:
                self._faults.tell(f"pa.{zone}.relay", detail)
