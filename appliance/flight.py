"""A recorded flight: what the core was given and what it ordered, as records and as the file `flight.json` (S-11).

A flight is a row of segments. Each begins with a whole state and its rules and holds the steps that followed, so that it can be
replayed by itself. The file is one JSON object, `appliance.records` throughout, one step a line; it is written piece by
piece, because the whole as JSON would be many times what it takes in RAM. Reading takes a bundle or a bare `flight.json`.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.core.events import Event
from appliance.core.ids import Seconds
from appliance.core.orders import Order
from appliance.core.rules import Rules
from appliance.core.state import State
from appliance.errors import ParkdeckError
from appliance.records import TAG, decode, encode

MEMBER = "flight.json"
"""Its name in a bundle."""


class FlightError(ParkdeckError):
    """This file holds no flight; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the core."""

    now: Seconds
    """Monotonic."""
    event: Event | None
    """None: time alone."""
    orders: tuple[Order, ...]
    raised: str = ""
    """The error that ended it (`KeyError: 7`): the state stayed as it was and there were no orders. Empty: it ended well."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Steps under the same rules."""

    follows: bool
    """It begins with the state in which the segment before it ended."""
    rules: Rules
    state: State
    """At its beginning."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Flight:
    """What a recorder held at one moment."""

    version: str
    """Of the parkdeck that flew."""
    at: str
    """That moment in UTC, ISO 8601 ..."""
    now: Seconds
    """... and on the clock of the steps."""
    segments: tuple[Segment, ...]
    end: State | None
    """The state after the last step; None: nothing was recorded."""


def raised(error: Exception) -> str:
    """Return how a flight tells an error."""
    return f"{type(error).__name__}: {error}"


def pieces(flight: Flight) -> Iterator[str]:
    """Yield the text of `flight.json`, about a step at a time."""
    yield from _object(flight, segments=_array(_segment(segment) for segment in flight.segments))


def _segment(segment: Segment) -> Iterator[str]:
    return _object(segment, steps=_array(iter([_text(step)]) for step in segment.steps))


def _object(record: Flight | Segment, **streamed: Iterator[str]) -> Iterator[str]:
    yield f"{{{_text(TAG)}: {_text(type(record).__name__)}"
    for field in fields(record):
        yield f",\n{_text(field.name)}: "
        yield from streamed.get(field.name) or [_text(getattr(record, field.name))]
    yield "}"


def _array(elements: Iterator[Iterator[str]]) -> Iterator[str]:
    yield "["
    for at, element in enumerate(elements):
        yield ",\n" if at else "\n"
        yield from element
    yield "]"


def _text(record: object) -> str:
    return json.dumps(encode(record), ensure_ascii=False)


def load(path: Path) -> Flight:
    """Read a flight from a bundle or from a bare `flight.json`. Raises FlightError."""
    try:
        content = json.loads(_content(path))
    except OSError as error:
        raise FlightError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise FlightError(f"{path} is neither a bundle of parkdeck nor a {MEMBER}") from error
    try:
        return _checked(decode(Flight, content))
    except ValueError as error:
        raise FlightError(f"{path} is no flight that this version can replay{_writer(content)}: {error}") from error


def _checked(flight: Flight) -> Flight:
    """Refuse what no recorder writes. Raises ValueError."""
    datetime.fromisoformat(flight.at)
    if not all(segment.steps for segment in flight.segments):
        raise ValueError("there is a segment without steps")
    return flight


def _content(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as bundle:
            return bundle.read(MEMBER)
    except KeyError as error:
        raise FlightError(f"{path} is a zip file without a {MEMBER}: it is no bundle of parkdeck") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # RuntimeError: it wants a password
        raise FlightError(f"{path} is a zip file that cannot be read ({error}): fetch it again") from error


def _writer(content: Any) -> str:
    """Say which version wrote it, where the file tells."""
    version = content.get("version") if isinstance(content, dict) else None
    return f" (it was written by parkdeck {version})" if isinstance(version, str) else ""
