"""What stands in one row of the journal, and what a later process makes of the rows that it finds.

Pure. A row is one leg with the stamp of its writing, as JSON with a checksum; one more row is the seal over all of them: how
many there are, what their checksums come to, and when the last write was. So a row that rotted is known by itself, and one
that is missing or of yesterday by the seal. No leg is ever made out of bytes that are not exactly those that were written.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.core.state import Leg
from appliance.records import RecordError, decode, encode
from appliance.store.shift import shifted
from appliance.store.stamp import Stamp, offset

SEAL = 0
"""Id of the seal's row; no leg has it (`core.ids.LegId`)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as it is in the file."""

    id: int
    text: bytes
    sum: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What is in the row of a leg."""

    leg: Leg
    at: Stamp


@dataclass(frozen=True, slots=True)
class Seal:
    """What is in the seal's row; `legs` rows whose checksums have this sum."""

    legs: int
    sum: int
    at: Stamp


@dataclass(frozen=True, slots=True)
class Found:
    """What an earlier process left."""

    legs: tuple[Leg, ...]
    """On our clock."""
    intact: tuple[Row, ...]
    """The rows that they are in, on its clock, and a seal over them."""
    wrong: tuple[str, ...]
    """What could not be read."""


def leg_row(leg: Leg, at: Stamp) -> Row:
    """Return the row of a leg. Raises RecordError when it holds what a record cannot."""
    return _row(leg.id, Kept(leg, at))


def seal_row(rows: Iterable[Row], at: Stamp) -> Row:
    """Return the seal over all rows of legs."""
    rows = tuple(rows)
    return _row(SEAL, Seal(len(rows), _sum_of(rows), at))


def read(rows: Iterable[Row], now: Stamp) -> Found:
    """Return what rows tell; never fails. A journal has its seal from the beginning on, with no legs under it."""
    wrong: list[str] = []
    all_rows = {row.id: row for row in rows}
    seal = _seal(all_rows.pop(SEAL, None), wrong)
    kept = [one for one in (_kept(row, wrong) for row in all_rows.values()) if one is not None]
    if seal is not None and (seal.legs, seal.sum) != (len(all_rows), _sum_of(all_rows.values())):
        wrong.append(f"{seal.legs} legs were written, {len(all_rows)} are there, or not those that were written last")
    stamps = [seal.at] if seal is not None else [one.at for one in kept]
    last = max(stamps, key=lambda at: at.monotonic, default=now)
    legs = tuple(shifted(one.leg, offset(last, now)) for one in kept)
    intact = tuple(all_rows[one.leg.id] for one in kept)
    return Found(legs, (*intact, seal_row(intact, last)), tuple(wrong))


def _row(number: int, record: Kept | Seal) -> Row:
    text = json.dumps(encode(record), separators=(",", ":")).encode()
    return Row(number, text, _checksum(number, text))


def _kept(row: Row, wrong: list[str]) -> Kept | None:
    try:
        kept = decode(Kept, _json(row))
    except RecordError as error:
        wrong.append(f"leg {row.id}: {error}")
        return None
    if kept.leg.id != row.id:
        wrong.append(f"leg {row.id}: leg {kept.leg.id} is in its row")
        return None
    return kept


def _seal(row: Row | None, wrong: list[str]) -> Seal | None:
    try:
        if row is not None:
            return decode(Seal, _json(row))
        wrong.append("the seal is missing")
    except RecordError as error:
        wrong.append(f"the seal: {error}")
    return None


def _json(row: Row) -> object:
    if row.sum != _checksum(row.id, row.text):
        raise RecordError(("row",), "is not what was written")
    try:
        return json.loads(row.text)
    except ValueError:
        raise RecordError(("row",), "is no JSON") from None


def _checksum(number: int, text: bytes) -> int:
    return zlib.crc32(b"%d:%s" % (number, text))


def _sum_of(rows: Iterable[Row]) -> int:
    """Return one number for all rows, whatever their order."""
    return zlib.crc32(";".join(f"{row.id}:{row.sum}" for row in sorted(rows, key=lambda row: row.id)).encode())
