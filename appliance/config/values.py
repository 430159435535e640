"""The kinds of values that more than one section of the tree has, each with its rule."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from appliance.config.rule import Rule, decimal, text, whole


def matching(pattern: str) -> Callable[[str], bool]:
    """Test that a whole text matches a pattern."""
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def or_empty(rule: Rule) -> Rule:
    """Allow the empty text besides what the rule allows."""
    return replace(
        rule,
        what=f'{rule.what}, or ""',
        holds=lambda value: (not value and isinstance(value, str)) or rule.holds(value),
    )


def one_line(value: str) -> bool:
    """Test for a text without control characters and line breaks."""
    return value.isprintable()


def resolved(value: object, folder: Path | None) -> str:
    """Take a path relative to the folder of the file; without one it stays as it is."""
    return str(folder / str(value)) if folder else str(value)


def sound(words: tuple[str, ...], example: str) -> Rule:
    """One of some words, or the path of a sound file, which is resolved."""
    listed = ", ".join(f'"{word}"' for word in words)
    rule = text(f"{listed} or the path of a sound file", example, lambda value: bool(value.strip()) and one_line(value))
    return replace(rule, turn=lambda value, folder: value if value in words else resolved(value, folder))


def _is_port(value: str) -> bool:
    return re.fullmatch("[0-9]{1,5}", value) is not None and 0 < int(value) < 65536  # noqa: PLR2004 - 16 bits


def is_address(value: str) -> bool:
    """Test for an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def is_host_port(value: str) -> bool:
    """Test for `host`, `host:port`, an address, `[v6]:port`; RFC 3986 3.2.2 without the user part."""
    if is_address(value):
        return True
    bracketed = re.fullmatch(r"\[([^\[\]]+)\](?::(.*))?", value)
    if bracketed:
        return is_address(bracketed[1]) and (bracketed[2] is None or _is_port(bracketed[2]))
    host, colon, port = value.partition(":")
    return (_is_host(host) or is_address(host)) and (not colon or _is_port(port))


def _is_host(value: str) -> bool:
    label = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
    if re.search(r"(?:^|\.)[0-9]+\.?$", value):
        return False  # an address that is none
    return len(value) < 254 and re.fullmatch(rf"{label}(?:\.{label})*\.?", value) is not None  # noqa: PLR2004 - RFC 1035 2.3.4


def is_source(value: str) -> bool:
    """Test for an IP address, with or without a port: what a packet's source can be compared with."""
    bracketed = re.fullmatch(r"\[([^\[\]]+)\](?::.*)?", value)
    host = bracketed[1] if bracketed else value.partition(":")[0]
    return is_address(value) or (is_host_port(value) and is_address(host))


def is_group_port(value: str) -> bool:
    """Test for an IPv4 multicast address with its port."""
    host, _, port = value.partition(":")
    return is_address(host) and ipaddress.ip_address(host).is_multicast and _is_port(port)


_FLAG = Rule("true or false", "true or false", lambda value: isinstance(value, bool))
_DIALLED = text("a number to dial in quotes", "100", matching(r"[0-9A-Za-z+*#._-]{1,64}"))
_RING = 30

Flag = Annotated[bool, _FLAG]
"""A switch."""
Line = Annotated[str, text("a text of one line", "Anna", one_line)]
"""Words for people; may be empty."""
Label = Annotated[str, text("a name of letters, digits, _ and -", "shop", matching(r"[\w-]{1,64}"))]
"""A name that the file gives to something."""
OptionalLabel = Annotated[str, or_empty(text("a name of letters, digits, _ and -", "shop", matching(r"[\w-]{1,64}")))]
"""The name of something else in the file; empty: none."""
Number = Annotated[str, text("a number of digits in quotes", "102", matching(r"[0-9]{1,15}"))]
"""The number of a place or group of ours."""
Dialled = Annotated[str, _DIALLED]
"""Whatever the PBX can dial."""
OptionalDialled = Annotated[str, or_empty(_DIALLED)]
"""Whatever the PBX can dial; empty: nobody."""
Address = Annotated[str, text("an IP address in quotes", "0.0.0.0", is_address)]  # noqa: S104 - all interfaces of a box
"""An address of this machine."""
HostPort = Annotated[str, text("a host or host:port in quotes", "pbx.example.com", is_host_port)]
"""Another machine."""
OptionalHostPort = Annotated[str, or_empty(text("a host or host:port in quotes", "pbx.example.com", is_host_port))]
"""Another machine; empty: none."""
Source = Annotated[str, text("an IP address in quotes, with or without a port", "192.0.2.10", is_source)]
"""Where packets come from."""
GroupPort = Annotated[str, text("a multicast address and port in quotes", "239.0.1.1:5004", is_group_port)]
"""Where multicast RTP goes."""
Music = Annotated[str, sound(("default", "off"), "default")]
"""`default`, `off`, or the path of a sound file."""
HuntMusic = Annotated[str, sound(("ringback", "default", "off"), "ringback")]
"""`ringback`, `default`, `off`, or the path of a sound file."""
LongTimer = Annotated[int, whole("whole number of seconds", 30, 600, 45)]
"""The recall timer and its like (P-19, P-23)."""
RingTime = Annotated[int, whole("whole number of seconds", 1, 300, _RING)]
"""How long something rings or waits between tries."""
Pin = Annotated[int, whole("header pin (BCM number)", 0, 27, 17)]
"""A GPIO of the 40-pin header by its BCM number."""
PressTime = Annotated[float, decimal("number of seconds", 0.5, 5.0, 1.5)]
"""How long a finger stays on a key."""
