"""What phones and the box need to know of a PBX, whichever it is."""

from typing import Protocol

from tests.lab.pbx_config import Company, Line


class Registrar(Protocol):
    """A PBX that phones register at."""

    company: Company
    server: str
    """Address, or address:port."""

    def line(self, account: str) -> Line:
        """Return the account of a phone, customer or the box by its name."""
