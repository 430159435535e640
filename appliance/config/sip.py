"""The way to the PBX: transports, media, and the accounts."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from appliance.config.rule import OneOf, Rule, text, whole
from appliance.config.table import Table
from appliance.config.values import (
    Address,
    Dialled,
    Flag,
    HostPort,
    Label,
    Line,
    OptionalHostPort,
    Source,
    one_line,
    resolved,
)

_LOWEST_MEDIA_PORT = 1024
_HIGHEST_PORT = 65535


def _is_secret(value: object) -> bool:
    return isinstance(value, SecretStr) or (isinstance(value, str) and one_line(value))


def _hide(value: object, _folder: Path | None) -> object:
    return SecretStr(value) if isinstance(value, str) else value


def _is_span(value: object) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004 - first and last
        return False
    ports = [port for port in value if isinstance(port, int) and not isinstance(port, bool)]
    return ports == list(value) and _LOWEST_MEDIA_PORT <= ports[0] < ports[1] <= _HIGHEST_PORT


def _span(value: object, _folder: Path | None) -> object:
    return tuple(value) if isinstance(value, list) else value


Transport = Annotated[Literal["udp", "tcp", "tls"], OneOf()]
Srtp = Annotated[Literal["off", "optional", "mandatory"], OneOf()]
Retrieve = Annotated[Literal["release", "anchor"], OneOf()]
Codec = Annotated[Literal["g722", "pcma", "pcmu", "opus"], OneOf()]
Port = Annotated[int, whole("port", 1, _HIGHEST_PORT - 1, 5060)]
PortSpan = Annotated[
    tuple[int, int],
    Rule("two ports from 1024 to 65535, the first below the second", "[16000, 16999]", _is_span, turn=_span),
]
Secret = Annotated[
    SecretStr,
    Rule("a text in quotes", 'password = "..." or password_file = "..."', _is_secret, turn=_hide, secret=True),
]
SecretFile = Annotated[
    Path,
    replace(
        text("the path of a file", "/etc/parkdeck/password", lambda value: bool(value.strip()) and one_line(value)),
        turn=lambda value, folder: Path(resolved(value, folder)),
    ),
]
CaFile = Annotated[
    Path,
    replace(
        text("the path of a file", "/etc/parkdeck/ca.pem", lambda value: bool(value.strip()) and one_line(value)),
        turn=lambda value, folder: Path(resolved(value, folder)),
    ),
]


class Account(Table):
    """One registration at one PBX."""

    name: Label = "pbx"
    """What the account is called in the status and the logs."""
    extension: Dialled
    """The number the PBX knows us by."""
    server: HostPort
    """The registrar: host or host:port; a host without a port is looked up by SRV."""
    backup: OptionalHostPort = ""
    """A second registrar, used while the first does not answer."""
    transport: Transport = "udp"
    """How SIP is carried: `udp`, `tcp` or `tls`."""
    username: Line = ""
    """The name to log in with; empty: the extension."""
    password: Secret = SecretStr("")
    """The password, or leave it out and name a password_file. Printed as `***`."""
    password_file: SecretFile | None = None
    """A file whose first line is the password; never together with password."""
    srtp: Srtp = "off"
    """Encrypted media: `off`, `optional` or `mandatory`."""
    registers: Flag = Field(default=True, alias="register")
    """Whether the box registers; false: the PBX knows our address."""
    trust: tuple[Source, ...] = ()
    """Further IP addresses, with or without a port, that INVITEs may come from, besides the registrar's."""
    retrieve: Retrieve = "release"
    """How a caller is handed to the phone that fetches him: `release` (the PBX joins them) or `anchor` (the box does)."""

    @property
    def login(self) -> str:
        """The name to log in with."""
        return self.username or self.extension


class Sip(Table):
    """SIP and RTP on this machine."""

    bind: Address = "0.0.0.0"  # noqa: S104 - a PBX may sit behind any interface; strangers are dropped by address
    """The address to listen on."""
    port: Port = 5060
    """The port for UDP and TCP; TLS is one above."""
    rtp_ports: PortSpan = (16000, 16999)
    """First and last port for media; each call needs four, so that 1000 do for 250 calls."""
    codecs: tuple[Codec, ...] = Field(default=("g722", "pcma", "pcmu"), min_length=1)
    """Codecs in order of preference, of `g722`, `pcma`, `pcmu` and `opus`; the rest is off."""
    tls_ca: CaFile | None = None
    """Certificates (PEM) of the authorities that vouch for registrars on TLS; left out: those that the system knows."""
    account: tuple[Account, ...] = Field(min_length=1)
    """The accounts; at least one."""
