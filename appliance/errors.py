"""Every error that a user may meet, by whose fault it is.

ParkdeckError
├── ConfigError     the file says something impossible; carries every finding at once
├── ControlError    the running service cannot be asked, or refused
└── AdapterError    the world refused: SIP stack, sound, pins, disk
"""

from dataclasses import dataclass


class ParkdeckError(Exception):
    """Base of all errors of ours."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a configuration: dotted path of the key, what is wrong, what to do about it."""

    path: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        """Render as `path.to.key: what is wrong: what to do`."""
        return f"{self.path}: {self.wrong}: {self.remedy}"


class ConfigError(ParkdeckError, ValueError):
    """The configuration cannot be used; `findings` lists everything that is wrong with it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


class ControlError(ParkdeckError):
    """The running service refused what was asked; the message says why."""


class NotRunningError(ControlError):
    """Nobody answers at the control socket."""


class AdapterError(ParkdeckError):
    """The outside world refused; the message names what and why."""
