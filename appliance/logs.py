"""Logging to stderr in the form that journald reads: `<priority>name: text` (sd-daemon(3), "Logging")."""

import logging
import sys

PRIORITIES = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


class JournalFormatter(logging.Formatter):
    """Puts the priority before each line, so that a traceback keeps it too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as lines with their priority."""
        mark = f"<{PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(mark + line for line in super().format(record).splitlines())


def set_up(*, verbose: bool = False) -> None:
    """Send every log of the process to stderr; INFO and above, with `verbose` all."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JournalFormatter("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
