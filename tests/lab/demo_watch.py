"""Eyes on the box: what its lamps, relays and places show, and since when, to the hundredth of a second."""

import threading
import time
from typing import Any

from appliance.errors import ParkdeckError
from tests.lab.box import Box, Json
from tests.lab.process import LIMIT, LabError

EVERY = 0.01
"""Seconds from one look to the next."""
Name = tuple[str, ...]
"""`("lamp", panel, key)`, `("relay", name)`, `("place", number)` or `("legs",)`."""


class Watch:
    """Looks at the status of a running box until it is closed."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._news = threading.Condition()
        self._shown: dict[Name, tuple[Any, float]] = {}
        self._changes: list[tuple[float, Name, Any]] = []
        self._status: Json = {}
        self._over = threading.Event()
        self._look()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    @property
    def status(self) -> Json:
        """The latest status."""
        return self._status

    def shown(self, *name: str) -> tuple[Any, float]:
        """Return what something shows, and since when."""
        return self._shown.get(name, (None, 0.0))

    def lamps(self, panel: str) -> dict[str, tuple[str, float]]:
        """Return the patterns of a panel's lamps by their keys, and since when."""
        return {name[2]: found for name, found in sorted(self._shown.items()) if name[:2] == ("lamp", panel)}

    def place(self, number: str) -> Json:
        """Return a place of the latest status."""
        return next(place for place in self._status["places"] if place["number"] == number)

    def wait(self, name: Name, value: Any, after: float, limit: float = LIMIT) -> float:
        """Return the first instant after another at which something showed a value; also when it does so all the time."""
        end = time.monotonic() + limit
        with self._news:
            while (found := self._first(name, value, after)) is None:
                if not self._news.wait(end - time.monotonic()):
                    now = self.shown(*name)[0]
                    raise LabError(f"{' '.join(name)} is {now}, not {value}, after {limit} s\n{self._box.tail()}")
        return found

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _first(self, name: Name, value: Any, after: float) -> float | None:
        at = next((at for at, what, now in self._changes if what == name and now == value and at >= after), None)
        shown, since = self.shown(*name)
        return after if at is None and shown == value and since < after else at

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            try:
                self._look()
            except (ParkdeckError, OSError):  # it stops, or somebody killed it: whoever waits for it says so
                time.sleep(0.2)

    def _look(self) -> None:
        status = self._box.status()
        at = time.monotonic()
        with self._news:
            self._status = status
            for name, value in _facts(status):
                if self.shown(*name)[0] != value:
                    self._shown[name] = (value, at)
                    self._changes.append((at, name, value))
            self._news.notify_all()


def _facts(status: Json) -> list[tuple[Name, Any]]:
    lamps = [(("lamp", panel["name"], key), lamp) for panel in status["panels"] for key, lamp in panel["lamps"].items()]
    relays = [(("relay", relay["name"]), relay["closed"]) for relay in status["relays"]]
    places = [(("place", place["number"]), place["state"]) for place in status["places"]]
    return [*lamps, *relays, *places, (("legs",), status["legs"])]
