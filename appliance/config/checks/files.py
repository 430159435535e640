"""Files that the configuration names: sounds that are sounds, passwords that are there."""

import difflib
import ssl
from collections.abc import Iterator
from pathlib import Path

import soundfile

from appliance.config.draft import Draft
from appliance.config.pa import CHIMES
from appliance.config.rule import quote
from appliance.config.secret import MASK, first_line
from appliance.config.sip import Account
from appliance.errors import Finding

_MUSIC = ("default", "off")
_HUNT_MUSIC = ("ringback", *_MUSIC)


def _music(draft: Draft) -> Iterator[Finding]:
    for path, name in _players(draft):
        yield from _sound(path, name, _MUSIC)
    for group in draft.hunt_groups:
        yield from _sound(f"{group.path}.music", group.value.music, _HUNT_MUSIC)
    for found in draft.zones:
        yield from _sound(f"{found.path}.chime", found.value.chime, CHIMES)


def _players(draft: Draft) -> Iterator[tuple[str, str]]:
    if draft.park:
        yield "park.music", draft.park.music
    for listed in (draft.extensions, draft.orbits, draft.groups):
        yield from ((f"{found.path}.music", found.value.music) for found in listed if found.value.music is not None)


def _sound(path: str, name: str, words: tuple[str, ...]) -> Iterator[Finding]:
    if name in words:
        return
    meant = difflib.get_close_matches(Path(name).name.lower(), words, n=1)
    files = f"name a WAV, FLAC, Ogg or MP3 file, or one of: {', '.join(words)}"
    remedy = f"did you mean {quote(meant[0])}?" if meant else files
    if not _is_file(Path(name)):
        yield Finding(path, f"there is no file {_path(name)}", remedy)
        return
    try:
        soundfile.info(name)
    except (RuntimeError, OSError, ValueError):
        yield Finding(path, f"{_path(name)} is no sound that can be played", remedy)


def _path(name: str | Path) -> str:
    return quote(str(name), 300)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _passwords(draft: Draft) -> Iterator[Finding]:
    for found in draft.accounts:
        yield from _password(found.path, found.value)


def _password(path: str, account: Account) -> Iterator[Finding]:
    password = account.password.get_secret_value()
    if password == MASK:
        wrong = f"is {quote(MASK)}, which a dump writes for a password"
        yield Finding(f"{path}.password", wrong, "write the password itself")
    if account.password_file is None:
        return
    if password:
        yield Finding(f"{path}.password_file", "stands beside password", "keep one of them")
    yield from _password_file(f"{path}.password_file", account.password_file)


def _password_file(path: str, file: Path) -> Iterator[Finding]:
    try:
        why = "" if first_line(file) else "has an empty first line"
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except ValueError:
        why = "cannot be read (not a text file)"
    if why:
        yield Finding(path, f"{_path(file)} {why}", "write the password into that file, readable by the service")


def _authorities(draft: Draft) -> Iterator[Finding]:
    file = draft.sip.tls_ca if draft.sip else None
    if file is None:
        return
    try:
        why = "" if _certificates(file) else "holds no certificate"
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    if why:
        yield Finding("sip.tls_ca", f"{_path(file)} {why}", "name a PEM file: -----BEGIN CERTIFICATE----- ...")


def _certificates(file: Path) -> int:
    """Count what a file holds. Raises OSError."""
    with file.open("rb"):  # what ssl says of a file that is not there does not name it
        pass
    known = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        known.load_verify_locations(str(file))
    except ssl.SSLError:
        return 0
    return known.cert_store_stats()["x509"]


CHECKS = (_music, _passwords, _authorities)
