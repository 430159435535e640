"""The last lines of the process's log in RAM, for the bundle (S-11)."""

import logging
import time
from collections import deque

LINES = 1000
LONGEST = 2000
"""Characters of a line that are kept: a stranger may have sent what is logged."""


class LogRing(logging.Handler):
    """Keeps the last lines, a traceback line by line; text alone, so that no object lives on in it."""

    def __init__(self) -> None:
        super().__init__()
        form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
        form.default_time_format, form.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
        form.converter = time.gmtime
        self.setFormatter(form)
        self._lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's lines; called with the handler's lock held, from any thread."""
        self._lines.extend(line[:LONGEST] for line in self.format(record).splitlines())

    def lines(self) -> tuple[str, ...]:
        """Return what is kept, the oldest first."""
        self.acquire()
        try:
            return tuple(self._lines)
        finally:
            self.release()
