"""Where a PBX is: `host` or `host:port` to addresses, by SRV (RFC 3263) where there is no port, and whom we trust (S-10).

`find` asks the network and may take seconds: it runs in a thread of its own, never in the SIP thread or the loop.
"""

import ipaddress
import re
import secrets
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = {"udp": 5060, "tcp": 5060, "tls": 5061}
_SERVICE = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
_SRV = 33
_RESOLV_CONF = Path("/etc/resolv.conf")
_DNS_PORT = 53
_PATIENCE = 2.0
"""Seconds for one name server."""
_SPEC = re.compile(
    r"\s*(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<host>[^:\[\]\s]+)|(?P<bare>[0-9A-Fa-f:]+))(?::(?P<port>\d{1,5}))?\s*"
)


@dataclass(frozen=True, slots=True)
class Server:
    """A server as the configuration names it."""

    host: str
    port: int | None

    @property
    def literal(self) -> bool:
        """Whether the host is an address already."""
        return _is_address(self.host)

    def __str__(self) -> str:
        """Render as it goes into a URI."""
        return at(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Target:
    """One address that a server answers at."""

    address: str
    port: int


def at(host: str, port: int | None) -> str:
    """Return host and port as they go into a URI or a list of trusted sources."""
    bracketed = f"[{host}]" if ":" in host else host
    return f"{bracketed}:{port}" if port else bracketed


def parse_server(spec: str) -> Server:
    """Read `host`, `host:port`, `[v6]:port` or a bare IPv6 address."""
    found = _SPEC.fullmatch(spec)
    if not found:
        return Server(spec.strip(), None)
    if found["bare"] and not _is_address(found["bare"]):
        return Server(spec.strip(), None)
    return Server(found["six"] or found["host"] or found["bare"], int(found["port"]) if found["port"] else None)


def trusted(server: Server, targets: Iterable[Target]) -> Iterator[str]:
    """Yield the sources that a server's requests may come from.

    Any port of its addresses: a PBX may send from another port than it listens at. On loopback, where everybody on the
    machine has the same address, a given port counts.
    """
    for target in targets:
        if server.port and ipaddress.ip_address(target.address.partition("%")[0]).is_loopback:
            yield at(target.address, server.port)
        else:
            yield at(target.address.partition("%")[0], None)


def find(server: Server, transport: str) -> tuple[Target, ...]:
    """Return the server's addresses, best first; empty when it cannot be found. Blocks."""
    if server.literal:
        return (Target(server.host, server.port or DEFAULT_PORT[transport]),)
    if server.port:
        return _hosts(server.host, server.port)
    services = [target for host, port in _srv(f"{_SERVICE[transport]}.{server.host}") for target in _hosts(host, port)]
    return tuple(dict.fromkeys(services)) or _hosts(server.host, DEFAULT_PORT[transport])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _hosts(host: str, port: int) -> tuple[Target, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(Target(str(entry[4][0]), port) for entry in found))


def _srv(name: str) -> list[tuple[str, int]]:
    """Return (host, port) of the SRV records of a name, best first (RFC 2782), empty when there are none."""
    for server in _name_servers():
        answer = _ask(server, name)
        if answer is not None:
            return srv_records(answer)
    return []


def _name_servers() -> list[str]:
    try:
        lines = _RESOLV_CONF.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [words[1] for words in map(str.split, lines) if len(words) > 1 and words[0] == "nameserver"][:3]


def _ask(server: str, name: str) -> bytes | None:
    query = srv_query(name, secrets.randbelow(1 << 16))
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as channel:
            channel.settimeout(_PATIENCE)
            channel.connect((server, _DNS_PORT))
            channel.send(query)
            answer = channel.recv(4096)
    except OSError:
        return None
    return answer if answer[:2] == query[:2] else None


def srv_query(name: str, number: int) -> bytes:
    """Build one question (RFC 1035 section 4.1)."""
    labels = b"".join(bytes([len(label)]) + label for label in _labels(name))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", _SRV, 1)


def srv_records(answer: bytes) -> list[tuple[str, int]]:
    """Read an answer; one that is malformed holds nothing. Order: priority, then weight (largest first)."""
    try:
        return [(host, port) for _, _, host, port in sorted(_records(answer))]
    except (IndexError, struct.error, UnicodeError):
        return []


def _labels(name: str) -> Iterator[bytes]:
    for label in name.rstrip(".").split("."):
        yield label.encode("ascii", "replace")[:63]


def _records(answer: bytes) -> Iterator[tuple[int, int, str, int]]:
    _, flags, questions, answers, _, _ = struct.unpack_from("!6H", answer)
    if flags & 0x000F:
        return
    at_byte = 12
    for _ in range(questions):
        at_byte = _skip(answer, at_byte) + 4
    for _ in range(min(answers, 32)):
        at_byte = _skip(answer, at_byte)
        kind, _, _, length = struct.unpack_from("!HHIH", answer, at_byte)
        at_byte += 10
        if kind == _SRV:
            priority, weight, port = struct.unpack_from("!3H", answer, at_byte)
            yield priority, -weight, _read_name(answer, at_byte + 6), port
        at_byte += length


def _skip(answer: bytes, at_byte: int) -> int:
    """Return where a name ends (RFC 1035 section 4.1.4: a pointer ends it)."""
    while answer[at_byte]:
        if answer[at_byte] >= 0xC0:  # noqa: PLR2004 - the two bits of a pointer
            return at_byte + 2
        at_byte += answer[at_byte] + 1
    return at_byte + 1


def _read_name(answer: bytes, at_byte: int) -> str:
    labels: list[str] = []
    for _ in range(128):
        length = answer[at_byte]
        if not length:
            break
        if length >= 0xC0:  # noqa: PLR2004 - the two bits of a pointer
            at_byte = struct.unpack_from("!H", answer, at_byte)[0] & 0x3FFF
            continue
        labels.append(answer[at_byte + 1 : at_byte + 1 + length].decode("ascii"))
        at_byte += length + 1
    return ".".join(labels)
