"""What is wrong with the journal, in words."""

import sqlite3
from pathlib import Path

from appliance.store.book import code_of, is_spoiled

ADAPTER = "journal"
DISK, LEFT = "disk", "left"
"""What can be wrong: the disk, now; what an earlier process left."""
MEANING = "calls parked now would not survive a crash"


def words(error: BaseException, path: Path) -> str:
    """Return what is wrong, what it means and what to do, for an error of the file."""
    wrong, remedy = _diagnosis(error, path)
    return f"{path}: {wrong}: {MEANING}: {remedy}"


def silence(path: Path, seconds: float) -> str:
    """Return the same for a disk that does not answer at all."""
    remedy = "it is waited for; if this comes again, replace the card"
    return f"{path}: the disk has not answered for {seconds:g} s: {MEANING}: {remedy}"


def _diagnosis(error: BaseException, path: Path) -> tuple[str, str]:  # noqa: PLR0911 - a table
    match code_of(error):
        case sqlite3.SQLITE_FULL:
            return "the disk is full", f"make room where {path.parent} is"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "another process has it open", "end the other parkdeck (or sqlite3) that uses it"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"it cannot be written ({error})", f"is {path.parent} read-only, or somebody else's?"
        case sqlite3.SQLITE_CANTOPEN:
            return f"it cannot be opened ({error})", f"is {path.parent} there, and ours to write?"
        case sqlite3.SQLITE_IOERR:
            return (
                f"the disk fails ({_name(error)})",
                "look at dmesg: it is full, read-only or dying; replace the card if so",
            )
    if is_spoiled(error):
        return f"it is broken ({error})", "it is put aside and a new one begun"
    return f"it cannot be written ({_name(error)})", "look at the log"


def _name(error: BaseException) -> str:
    return f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
