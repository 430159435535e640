"""Addresses: SIP and tel URIs, and the name-addr that headers carry them in (RFC 3261 sections 19.1 and 20.10).

Tolerant in what it reads, strict in what it writes: nothing that `escaped` or `quoted` returned can end a header or
begin another one. Pure; nothing here raises.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from appliance.sip.headers import text

LONGEST_NAME = 80
"""Characters of a number or display name; the rest is cut off."""
LONGEST_SHOWN = 120
"""Octets of a display name that we write: an INVITE with two of them still is one datagram. Phones show 20 to 40 characters."""

_SCHEME = re.compile(r"\s*(sips?|tel)\s*:", re.IGNORECASE)
_SEPARATORS = re.compile(r"[-.()\s]")
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"?(.*)', re.DOTALL)
_PLAIN_USER = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,/")
"""What may stand in a user part as it is (RFC 3261 section 25.1), without `;` and `?`, which many parsers cut at."""


@dataclass(frozen=True, slots=True)
class Address:
    """One name-addr or addr-spec, taken apart and unescaped."""

    name: str = ""
    scheme: str = ""
    """sip, sips or tel; empty: this was no address that we know."""
    user: str = ""
    """User part without password and user parameters; of a tel URI the number without visual separators."""
    host: str = ""
    """Host without port, lower case, without the brackets of an IPv6 address."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the URI, names in lower case."""
    headers: str = ""
    """What follows `?` in the URI, escaped as it was."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the header, names in lower case."""


def parse_address(value: str) -> Address:
    """Read one element of From, To, P-Asserted-Identity, Diversion, History-Info and their like."""
    name, rest = _name(value)
    before, bracket, after = rest.partition("<")
    if not bracket:
        spec, _, parameters = rest.strip().partition(";")
        return _address(name, spec, parameters)
    spec, _, parameters = after.partition(">")
    return _address(name or before, spec, parameters)


def parse_uri(value: str) -> Address:
    """Read a bare URI: its parameters are its own (RFC 3261 section 19.1.1)."""
    return _address("", value.strip().removeprefix("<").removesuffix(">"), "")


def escaped(user: str) -> str:
    """Return a user part to put into a URI: `#` becomes %23 and so on."""
    return "".join(char if char in _PLAIN_USER else _percent(char) for char in user)


def quoted(name: str) -> str:
    """Return a display name to put before `<`, in quotes; empty when there is none."""
    plain = shortened(clean(name), LONGEST_SHOWN).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"' if plain else ""


def shortened(value: str, octets: int) -> str:
    """Return as many whole characters of a text as fit into so many octets of UTF-8."""
    return value.encode()[:octets].decode(errors="ignore").strip()


def clean(value: str) -> str:
    """Return a name or number as valid text of bounded length on one line."""
    return text(value).strip()[:LONGEST_NAME].strip()


def _percent(char: str) -> str:
    return "".join(f"%{octet:02X}" for octet in char.encode("utf-8", "replace"))


def _name(value: str) -> tuple[str, str]:
    """Return the quoted display name, unescaped (section 25.1), and what follows it."""
    found = _QUOTED.match(value)
    if not found:
        return "", value
    return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL), found[2]


def _address(name: str, spec: str, parameters: str) -> Address:
    scheme = _SCHEME.match(spec)
    if not scheme:
        return Address(name=clean(name), parameters=_parameters(parameters))
    kind, rest = scheme[1].lower(), spec[scheme.end() :]
    user, host, options, headers = _tel(rest) if kind == "tel" else _sip(rest)
    return Address(clean(name), kind, clean(user), clean(host), _parameters(options), headers, _parameters(parameters))


def _tel(rest: str) -> tuple[str, str, str, str]:
    """RFC 3966: number;parameters."""
    number, _, options = rest.partition(";")
    return _SEPARATORS.sub("", unquote(number, errors="replace")), "", options, ""


def _sip(rest: str) -> tuple[str, str, str, str]:
    """Take user:password@host:port;parameters?headers apart (RFC 3261 section 19.1.1)."""
    before, at, after = rest.rpartition("@") if "@" in rest.partition("?")[0] else ("", "", rest)
    user = before.partition(";")[0].partition(":")[0] if at else ""
    spec, _, headers = after.partition("?")
    place, _, options = spec.partition(";")
    return unquote(user, errors="replace"), _host(place.strip()), options, headers


def _host(place: str) -> str:
    if place.startswith("["):
        return place[1:].partition("]")[0].lower()
    return place.partition(":")[0].lower()


def _parameters(value: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in value.split(";"):
        name, _, content = part.partition("=")
        if name.strip():
            found.setdefault(name.strip().lower(), unquote(content.strip().strip('"'), errors="replace"))
    return found
