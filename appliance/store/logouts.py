"""Who has logged out of which hunt group, kept over crashes and restarts (P-30).

One small JSON file, replaced as a whole: `{"850": ["101"]}`. It follows the reports, so that it holds what was told; a thread of
its own writes, because a disk may take as long as it pleases. Without the file everybody is logged in.
"""

import json
import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from appliance.core.events import AdapterFault
from appliance.core.orders import Report, What
from appliance.store.port import Post

_log = logging.getLogger(__name__)

ADAPTER = "logouts"
Away = Mapping[str, frozenset[str]]
"""For each hunt group's number the members who have logged out."""


class Logouts:
    """`read` at the start, then follow the reports; `stop` at the end. On the loop."""

    def __init__(self, path: Path, post: Post) -> None:
        self._path, self._post = path, post
        self._away: dict[str, frozenset[str]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="logouts")

    def read(self) -> Away:
        """Return what an earlier process left; a file that cannot be read is told as a fault, and counts as none."""
        try:
            self._away = _decoded(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            self._post(AdapterFault(ADAPTER, f"{self._path}: {error}: every member of a hunt group is logged in again"))
        return dict(self._away)

    def tell(self, report: Report) -> None:
        """Keep what a report says of a member who has logged in or out."""
        if report.what not in (What.LOGGED_IN, What.LOGGED_OUT) or report.by is None:
            return
        group, member = report.detail, frozenset({report.by.number})
        before = self._away.get(group, frozenset())
        after = before | member if report.what is What.LOGGED_OUT else before - member
        if after != before:
            self._away[group] = after
            self._thread.submit(self._write, _encoded(self._away))

    def stop(self) -> None:
        """Write what is still to be written."""
        self._thread.shutdown(wait=True)

    def _write(self, text: str) -> None:
        """Replace the file; in the thread."""
        beside = self._path.with_suffix(".new")
        try:
            with beside.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            _log.warning("%s: %s", self._path, error)
            self._post(AdapterFault(ADAPTER, f"{self._path}: {error}: who logs out now is logged in after a restart"))
        else:
            self._post(AdapterFault(ADAPTER, ""))


def _encoded(away: Away) -> str:
    return json.dumps({group: sorted(members) for group, members in sorted(away.items()) if members})


def _decoded(text: str) -> dict[str, frozenset[str]]:
    """Return what a file holds. Raises ValueError."""
    kept = json.loads(text)
    if not isinstance(kept, dict):
        raise ValueError("it holds no groups")  # noqa: TRY004 - for the reader it is one kind of broken file
    for group, members in kept.items():
        if not (isinstance(members, list) and all(isinstance(member, str) for member in members)):
            raise ValueError(f"group {group} holds no numbers")
    return {group: frozenset(members) for group, members in kept.items()}
