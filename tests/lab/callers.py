"""SIPp calls, each to a number of its own: so many callers for so many places."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.lab.sipp import Sipp


class Callers(Sipp):
    """One call for each number, in their order; further settings as `Sipp`."""

    def __init__(self, target: str, numbers: Sequence[str], folder: Path, **settings: Any) -> None:
        """Write the numbers where SIPp reads them."""
        super().__init__(target, "", folder, calls=len(numbers), **settings)
        self._numbers = folder / "numbers.csv"
        self._numbers.write_text("SEQUENTIAL\n" + "".join(f"{number};\n" for number in numbers))
        self._scenario.write_text(self._scenario.read_text().replace("[service]", "[field0]"))

    def _command(self, port: int, ear: int) -> list[str]:
        return [*super()._command(port, ear), "-inf", str(self._numbers)]
