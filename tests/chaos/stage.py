"""Where scenarios play that need a box or a PBX of their own: a folder, a common PBX, and how long they may take."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.site import Exchange


@dataclass(slots=True)
class Stage:
    """One stage; `where` is the common PBX with its crowd and phones."""

    folder: Path
    where: Exchange
    outage: float = 60.0
    """Seconds that the wire is cut (S-8)."""
    storm: float = 10.0
    """Seconds of fifty INVITEs each (S-12)."""
    patient: bool = True
    """Whether a recall is waited for, which takes half a minute."""
    _rooms: "itertools.count[int]" = field(default_factory=itertools.count)

    def room(self, name: str) -> Path:
        """Return a new folder."""
        path = self.folder / f"{name}{next(self._rooms)}"
        path.mkdir(parents=True)
        return path
