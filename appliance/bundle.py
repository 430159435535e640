"""The bundle: one zip file that says how the box is and what it did in the last ten minutes (S-11).

    flight.json     what the recorder held; `parkdeck replay` reads it
    status.json     as `parkdeck status --json`
    config.toml     what is in force, secrets as ***
    versions.json   parkdeck and what it runs on
    log.txt         the last lines of the log

No secret is in it, but numbers and names of callers are. `contents` are gathered on the loop, `write` blocks for a second
or two and belongs into another thread while the service lives.
"""

import json
import os
import platform
import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from appliance import flight
from appliance.config.dump import dump
from appliance.config.model import Config
from appliance.errors import AdapterError
from appliance.flight import Flight
from appliance.status import Json

KEPT = 10
"""Bundles that stay in our folder: a service that fails again and again must not fill the disk."""
BOARD = Path("/proc/device-tree/model")
"""What the kernel calls the board; only where it boots by device tree."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a bundle."""

    flight: Flight
    status: Json
    config: Config
    log: tuple[str, ...]


def write(target: Path, contents: Contents) -> Path:
    """Write a bundle, whole or not at all, and return its path; in a folder it is named for the moment of the flight.

    Raises AdapterError when the disk refuses.
    """
    path = target / name(contents.flight) if target.is_dir() else target
    try:
        _settle(path, contents)
    except OSError as error:
        raise AdapterError(f"{path} cannot be written ({error}): check the disk and its rights") from error
    return path


def thin_out(folder: Path) -> None:
    """Remove all but the newest ten bundles of our own folder. Raises OSError."""
    for path in sorted(folder.glob("parkdeck-*Z.zip"))[:-KEPT]:
        path.unlink()


def name(recorded: Flight) -> str:
    """Return the name of a flight's bundle, which sorts by time."""
    return f"parkdeck-{datetime.fromisoformat(recorded.at):%Y%m%dT%H%M%SZ}.zip"


def versions() -> Json:
    """Return what runs here; None: there is no such thing."""
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = platform.system()
    board = None
    with suppress(OSError):
        board = BOARD.read_text(encoding="utf-8").rstrip("\0\n")
    return {
        "parkdeck": _installed("parkdeck"),
        "python": platform.python_version(),
        "pjsua2": _installed("pjsua2"),
        "os": system,
        "kernel": f"{platform.release()} {platform.machine()}",
        "board": board,
    }


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _settle(path: Path, contents: Contents) -> None:
    """Write beside the target, then rename: a reader sees the whole file or none."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.stem + ".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for member, pieces in _members(contents):
                    _add(archive, member, pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o640)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
    _settle_folder(path.parent)


def _settle_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _members(contents: Contents) -> Iterable[tuple[str, Iterable[str]]]:
    yield flight.MEMBER, flight.pieces(contents.flight)
    yield "status.json", [_json(contents.status)]
    yield "config.toml", [dump(contents.config)]
    yield "versions.json", [_json(versions())]
    yield "log.txt", (f"{line}\n" for line in contents.log)


def _add(archive: zipfile.ZipFile, member: str, pieces: Iterable[str]) -> None:
    with archive.open(member, "w") as file:
        for piece in pieces:
            file.write(piece.encode(errors="backslashreplace"))


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
