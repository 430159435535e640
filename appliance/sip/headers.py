"""Headers of a raw SIP message: tolerant, bounded, pure.

`parse` takes whatever came off the wire and never raises; what it cannot read it leaves out. Header names come out long
and in lower case, values unfolded (RFC 3261 section 7.3.1) and as valid text without control characters.
"""

import re
from dataclasses import dataclass

LONGEST_MESSAGE = 65_536
"""Characters; what is beyond is not looked at."""
MOST_FIELDS = 256
LONGEST_VALUE = 4_096

COMPACT = {
    "a": "accept-contact",  # RFC 3841
    "b": "referred-by",  # RFC 3892
    "c": "content-type",
    "d": "request-disposition",  # RFC 3841
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",  # RFC 3841
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",  # RFC 6665
    "r": "refer-to",  # RFC 3515
    "s": "subject",
    "t": "to",
    "u": "allow-events",  # RFC 6665
    "v": "via",
    "x": "session-expires",  # RFC 4028
    "y": "identity",  # RFC 8224
}
"""Compact forms (RFC 3261 section 7.3.3) of the names that we may meet."""

_NOT_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]+")
"""C0 and C1, line ends of Unicode, and what turns the direction of a text: a name must not rewrite the rest of a display."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]{1,64}")


@dataclass(frozen=True, slots=True)
class Message:
    """A request or response without its body."""

    start: str
    """Request or status line."""
    fields: tuple[tuple[str, str], ...]
    """(name, value) in the order of the message."""

    def values(self, name: str) -> tuple[str, ...]:
        """Return each instance of a header, first to last; lists are not taken apart."""
        return tuple(value for known, value in self.fields if known == name)

    def value(self, name: str) -> str:
        """Return the first instance of a header, empty when there is none."""
        return next(iter(self.values(name)), "")

    def items(self, name: str) -> tuple[str, ...]:
        """Return the elements of a list header (RFC 3261 section 7.3.1), whether on one line or on several."""
        return tuple(item for value in self.values(name) for item in split(value))

    @property
    def method(self) -> str:
        """Method of a request; of a response the protocol version."""
        return self.start.partition(" ")[0].upper()

    @property
    def target(self) -> str:
        """Request URI as it stands in the request line; more than one space before it is one too many, and forgiven."""
        return self.start.partition(" ")[2].lstrip(" ").partition(" ")[0]

    @property
    def code(self) -> int:
        """Status of a response; of a request 0."""
        protocol, _, rest = self.start.partition(" ")
        code = rest[:3]
        return int(code) if protocol == "SIP/2.0" and code.isdecimal() else 0


def text(raw: str | bytes) -> str:
    """Return valid text of what came off the wire: UTF-8, else Latin-1, without controls.

    pjsua2 hands bytes that are no UTF-8 over as lone surrogates (PEP 383); they become bytes again first.
    """
    octets = raw if isinstance(raw, bytes) else _NOT_BYTES.sub("\ufffd", raw).encode("utf-8", "surrogateescape")
    try:
        decoded = octets.decode("utf-8")
    except UnicodeDecodeError:
        decoded = octets.decode("latin-1")
    return _CONTROL.sub(" ", decoded)


def parse(raw: str | bytes) -> Message:
    """Take the head of a message apart."""
    whole = raw.decode("utf-8", "surrogateescape") if isinstance(raw, bytes) else raw
    lines = _head(whole[:LONGEST_MESSAGE])
    start = text(lines[0]).strip() if lines else ""
    found = (_field(line) for line in _unfolded(lines[1:]))
    return Message(start, tuple(field for field in found if field is not None)[:MOST_FIELDS])


def split(value: str) -> tuple[str, ...]:
    """Take a comma-separated list apart; commas in quotes or angle brackets separate nothing."""
    items, start, quoted, depth, escaped = [], 0, False, 0, False
    for at, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "<>":
            depth = char == "<"
        elif char == "," and not depth:
            items.append(value[start:at])
            start = at + 1
    items.append(value[start:])
    return tuple(item.strip() for item in items if item.strip())


def _head(whole: str) -> list[str]:
    """Return the lines before the first empty one; empty lines before the start line are skipped (section 7.5)."""
    lines = _LINE_END.split(whole.lstrip("\r\n"))
    return lines[: lines.index("")] if "" in lines else lines


def _unfolded(lines: list[str]) -> list[str]:
    joined: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and joined:
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
    return joined


def _field(line: str) -> tuple[str, str] | None:
    name, colon, value = line.partition(":")
    name = name.strip().lower()
    if not colon or not _NAME.fullmatch(name):
        return None
    return COMPACT.get(name, name), text(value[:LONGEST_VALUE]).strip()
