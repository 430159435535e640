"""Why a TLS registrar is not believed, in words for people (S-10); the library says no more than that it is not.

Blocking, a handshake of its own: for a thread.
"""

import socket
import ssl
from pathlib import Path

SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Who vouches for servers as long as sip.tls_ca names nobody else."""
PATIENCE = 5.0
"""Seconds for the connection and for each step of the handshake."""

_REMEDIES = {
    9: "is not valid yet: check this machine's clock",
    10: "has expired: renew it at the PBX",
    18: "is vouched for by nobody but itself: name it as sip.tls_ca",
    19: "comes from an authority that nobody knows: name that as sip.tls_ca",
    20: "comes from an authority that nobody knows: name that as sip.tls_ca",
    21: "comes from an authority that nobody knows: name that as sip.tls_ca",
    62: "is for another name: write the name that stands in it as sip.account server",
    64: "is for no such address: write the name that stands in it as sip.account server",
}
"""By OpenSSL's number of the fault (X509_V_ERR_*)."""


def complaint(host: str, address: str, port: int, authorities: Path) -> str:
    """Return what is wrong with the certificate that a server shows under a name."""
    try:
        context = ssl.create_default_context(cafile=str(authorities))
        with (
            socket.create_connection((address, port), PATIENCE) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return _said(host, "")
    except ssl.SSLCertVerificationError as error:
        return _said(host, _REMEDIES.get(error.verify_code, f"is refused: {error.verify_message}"))
    except OSError as error:
        return _said(host, f"cannot be looked at ({error})")


def _said(host: str, why: str) -> str:
    return f"the certificate of {host} {why or 'is refused: check sip.account server and sip.tls_ca'}"
