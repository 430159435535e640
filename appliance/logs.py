"""The log: to the journal with fields where systemd reads us, else to stderr with priorities (sd-daemon(3), "Logging").

To the journal a record goes through a bounded mailbox and a thread: a journal that is slow, or dead, costs the loop and the SIP
thread nothing. What finds the mailbox full is lost, and counted, and the count is told as soon as there is room. The socket is
our own: systemd-python's `sendv` waits for journald with the interpreter locked, and the whole process waits with it [measured].
Fields: `log.info("...", extra={"PARKDECK_PLACE": "102"})`; a value of None is left out. `journalctl PARKDECK_PLACE=102` finds it.
"""

import atexit
import copy
import logging
import os
import queue
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from logging.handlers import QueueHandler
from typing import TextIO

from systemd.journal import JournalHandler

PRIORITIES = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
ROOM = 10_000
"""Records that may wait for the journal: a few megabytes, minutes of a busy day."""
PATIENCE = 2.0
"""Seconds that the records that still wait get at the end of the process."""
SOCKET = "/run/systemd/journal/socket"
"""Where journald listens; the path is part of its interface (systemd.io, "Native Journal Protocol")."""
AGAIN = 0.5
"""Seconds between two tries while journald is being restarted."""
LONGEST = 65536
"""Bytes of one value; the rest is cut off. A datagram must fit into a socket's buffer."""

_SENT = re.compile(r"PARKDECK_[A-Z0-9_]{1,55}|PRIORITY|LOGGER|THREAD_NAME|CODE_(FILE|LINE|FUNC)|SYSLOG_IDENTIFIER")
"""JournalHandler hands over every attribute of a record too; journald takes no name longer than 64."""
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""journalctl shows a text with any of these as "blob data": what a stranger sends must not hide the line that tells of it."""


class JournalFormatter(logging.Formatter):
    """Puts the priority before each line, so that a traceback keeps it too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as lines with their priority."""
        mark = f"<{PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(mark + line for line in super().format(record).splitlines())


class Mailbox(QueueHandler):
    """Takes records from any thread at once, and hands them to `target` in a thread of its own, in their order."""

    def __init__(self, target: logging.Handler, room: int = ROOM) -> None:
        self._box: queue.Queue[logging.LogRecord | None] = queue.Queue(room)
        super().__init__(self._box)
        self.lost = 0
        """Records that found no room since that was last told."""
        self._target = target
        self._thread = threading.Thread(target=self._deliver, name="journal", daemon=True)
        self._thread.start()

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put it in, or count it; `Handler.handle` lets one thread in at a time."""
        try:
            if self.lost:
                self._box.put_nowait(_loss(record, self.lost))
                self.lost = 0
            self._box.put_nowait(record)
        except queue.Full:
            self.lost += 1

    def finish(self, patience: float = PATIENCE) -> bool:
        """Deliver what is in it, and end; False when that took too long and was given up."""
        try:
            self._box.put(None, timeout=patience)
        except queue.Full:
            return False
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _deliver(self) -> None:
        while (record := self._box.get()) is not None:
            self._target.handle(record)


def _loss(after: logging.LogRecord, lost: int) -> logging.LogRecord:
    """Return a record that says how many are missing before another one."""
    record = copy.copy(after)
    for name in [name for name in vars(record) if name.startswith("PARKDECK_")]:
        delattr(record, name)
    record.name, record.levelno, record.levelname = __name__, logging.ERROR, "ERROR"
    record.msg = record.message = f"{__name__}: {lost} lines of the log are lost here, the journal did not take them"
    return record


def set_up(*, verbose: bool = False) -> None:
    """Send every log of the process to where systemd reads, else to stderr; INFO and above, with `verbose` all."""
    handler = _to_journal() if is_journal(sys.stderr, os.environ) else _to_stderr()
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Say whether a stream of ours leads to the journal (systemd.exec(5), $JOURNAL_STREAM: device and inode)."""
    try:
        there = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or none at all: then it is not the journal's
        return False
    return environment.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"


def _to_journal() -> Mailbox:
    mailbox = Mailbox(journal())
    mailbox.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    atexit.register(mailbox.finish)
    return mailbox


def _to_stderr() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JournalFormatter("%(name)s: %(message)s"))
    return handler


def journal() -> logging.Handler:
    """Return a handler that sends to the journal at once; it waits when journald does not read, and while there is none."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def send(message: str, /, **fields: object) -> None:
        """Send one record; called by the handler with everything that the record has."""
        sent = {name: value for name, value in fields.items() if value is not None and _SENT.fullmatch(name)}
        datagram = b"".join(field(name, value) for name, value in {"MESSAGE": message, **sent}.items())
        while not _delivered(line, datagram):
            time.sleep(AGAIN)

    handler: logging.Handler = JournalHandler(sender_function=send, SYSLOG_IDENTIFIER="parkdeck")
    return handler


def _delivered(line: socket.socket, datagram: bytes) -> bool:
    """Send a datagram; False while nobody listens there. Raises OSError when the record itself is the reason."""
    try:
        line.sendto(datagram, SOCKET)
    except (FileNotFoundError, ConnectionError):
        return False
    return True


def field(name: str, value: object) -> bytes:
    """Return one field as journald takes it; what is no UTF-8 and what no terminal should see is shown by its code."""
    text = _UNREADABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", str(value)[:LONGEST])
    data = text.encode("utf-8", "backslashreplace")[:LONGEST].decode("utf-8", "ignore").encode()
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
