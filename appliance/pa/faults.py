"""What is wrong with the PA now: each change is one AdapterFault, a repetition is none. On the loop's thread."""

import logging

from appliance.core.events import AdapterFault
from appliance.pa.port import Post

_log = logging.getLogger(__name__)


class Faults:
    """One line for each part: `pa.shop` its card, `pa.shop.relay`, `pa.shop.chime`, `pa.speech`."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._now: dict[str, str] = {}

    def first(self, part: str, detail: str) -> None:
        """Say how a part is; while it is out of order already, nothing is said of further symptoms."""
        if not detail or not self._now.get(part):
            self.tell(part, detail)

    def tell(self, part: str, detail: str) -> None:
        """Say how a part is; empty: well."""
        if self._now.get(part, "") == detail:
            return
        self._now[part] = detail
        if detail:
            _log.warning("fault adapter=%s detail=%s", part, detail)
        else:
            _log.info("well again adapter=%s", part)
        self._post(AdapterFault(part, detail))
