"""What is wrong with an adapter now, told as one AdapterFault whenever it changes. On the loop."""

import logging
from collections.abc import Callable

from appliance.core.events import AdapterFault, Event

_log = logging.getLogger(__name__)


class Faults:
    """Faults by what is broken; posts all of them in one line, and an empty line when all is well again."""

    def __init__(self, post: Callable[[Event], None], adapter: str) -> None:
        self._post = post
        self._adapter = adapter
        self._standing: dict[str, str] = {}

    def stand(self, what: str, detail: str) -> None:
        """Something is broken; told once, however often it is found."""
        if self._standing.get(what) != detail:
            self._standing[what] = detail
            _log.warning("%s fault: %s", self._adapter, detail)
            self._tell()

    def clear(self, what: str) -> None:
        """Something is well again, or never was broken."""
        if self._standing.pop(what, None) is not None:
            _log.info("%s fault over: %s", self._adapter, what)
            self._tell()

    def stands(self, what: str) -> bool:
        """Say whether something is broken now."""
        return what in self._standing

    def _tell(self) -> None:
        self._post(AdapterFault(self._adapter, "; ".join(self._standing.values())))
