"""Certificates for a test: an authority of its own, and servers that it vouches for. By the machine's openssl."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Papers:
    """What a server shows."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True, slots=True)
class Authority:
    """Vouches for servers; `certificate` is what those who trust it need."""

    folder: Path
    certificate: Path
    key: Path

    @classmethod
    def found(cls, folder: Path, name: str = "Parkdeck Test CA") -> "Authority":
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / "ca.pem", folder / "ca.key"
        _openssl("req", "-x509", *_new(key), "-subj", f"/CN={name}", "-days", "2", "-out", certificate)
        return cls(folder, certificate, key)

    def vouch(self, *names: str, days: int = 1) -> Papers:
        """Return papers for DNS names and, where one reads like it, IPv4 addresses; days < 0: they have expired."""
        stem = self.folder / names[0]
        request, certificate, key = (stem.with_name(f"{names[0]}.{end}") for end in ("csr", "pem", "key"))
        listed = ",".join(f"{'IP' if name.replace('.', '').isdigit() else 'DNS'}:{name}" for name in names)
        extension = stem.with_name(f"{names[0]}.ext")
        extension.write_text(f"subjectAltName={listed}\n")
        _openssl("req", *_new(key), "-subj", f"/CN={names[0]}", "-out", request)
        signed = ("-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-extfile", extension)
        _openssl("x509", "-req", "-in", request, *signed, "-days", str(days), "-out", certificate)
        return Papers(certificate, key)


def _new(key: Path) -> tuple[str | Path, ...]:
    return ("-newkey", "rsa:2048", "-nodes", "-keyout", key)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
