"""What is wrong with the panels now, told as one AdapterFault whenever it changes. On the loop."""

import logging

from appliance.core.events import AdapterFault
from appliance.panel.port import Post

_log = logging.getLogger(__name__)


class Faults:
    """Faults by what is broken; posts all of them in one line, and an empty line when all is well again."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._standing: dict[str, str] = {}

    def stand(self, what: str, detail: str) -> None:
        """Something is broken; told once, however often it is found."""
        if self._standing.get(what) != detail:
            self._standing[what] = detail
            _log.warning("panel fault: %s", detail)
            self._tell()

    def clear(self, what: str) -> None:
        """Something is well again, or never was broken."""
        if self._standing.pop(what, None) is not None:
            _log.info("panel fault over: %s", what)
            self._tell()

    def _tell(self) -> None:
        self._post(AdapterFault("panel", "; ".join(self._standing.values())))
