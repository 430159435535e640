"""Eyes on the wire: every SIP message between the PBX and one of its phones, out of the PBX's own trace."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from tests.lab import sip_text
from tests.lab.pbx import Asterisk
from tests.lab.process import LIMIT, until

_HEAD = re.compile(
    r"^\[(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d\.\d+)\] .*<--- (?P<way>Received|Transmitting) SIP (?:request|response) "
    r"\(\d+ bytes\) (?:from|to) UDP:[\d.]+:(?P<port>\d+) --->$"
)
_QUARTER = 900.0  # time zones differ by quarters of an hour: the trace's own need not be known
_ROUNDED = 0.002  # seconds: the trace has whole milliseconds


@dataclass(frozen=True)
class Message:
    """One SIP message, and the instant when the PBX got or sent it."""

    at: float
    to_pbx: bool
    port: int
    text: str

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Its headers."""
        return sip_text.headers(self.text)

    @property
    def start(self) -> str:
        """`INVITE`, `BYE` ... or a response's code."""
        first, second, *_ = f"{self.text} ".split(" ", 2)
        return second if first == "SIP/2.0" else first

    @property
    def number(self) -> str:
        """The dialled number of a request."""
        return sip_text.dialled(self.text)

    def header(self, name: str) -> str:
        """Return the value of a header, empty when it is missing."""
        return sip_text.first(self.headers, name)

    def answers(self, request: "Message") -> bool:
        """Say whether this is a response to a request."""
        same = all(self.header(name) == request.header(name) for name in ("call-id", "cseq"))
        return self.start.isdigit() and same


class Wire:
    """The PBX's trace, read as far as it is written."""

    def __init__(self, pbx: Asterisk) -> None:
        self._pbx = pbx
        self._file = pbx.log.open(encoding="utf-8", errors="replace", newline="")
        self._rest = ""
        self._head: re.Match[str] | None = None
        self._lines: list[str] = []
        self._messages: list[Message] = []

    def wait(
        self, check: Callable[[Message], bool], what: str, since: float, port: int, limit: float = LIMIT
    ) -> Message:
        """Return the first message between the PBX and a port, at or after an instant, that fits; wait for it."""

        def found() -> Message | None:
            self._read()
            near = (one for one in self._messages if one.port == port and one.at >= since - _ROUNDED)
            return next((one for one in near if check(one)), None)

        message = until(found, f"{what} on the wire", limit=limit, tail=self._pbx.tail)
        assert message is not None
        return message

    def close(self) -> None:
        """Read no more."""
        self._file.close()

    def _read(self) -> None:
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        for line in lines:
            if self._head is None:
                self._head = _HEAD.match(line)
            elif line:
                self._lines.append(line)
            else:  # the only line without CR: the message is whole
                self._messages.append(_message(self._head, "\n".join(self._lines)))
                self._head, self._lines = None, []


def _message(head: re.Match[str], text: str) -> Message:
    written = int(head["h"]) * 3600 + int(head["m"]) * 60 + float(head["s"])
    ago = (time.time() - written) % _QUARTER
    return Message(time.monotonic() - ago, head["way"] == "Received", int(head["port"]), text)
