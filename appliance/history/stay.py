"""One record: a caller's stay with us, and what a report adds to it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from appliance.core.ids import Party
from appliance.core.orders import Report, What

NOBODY = Party("")
BEGINS = frozenset({What.PARKED, What.LOBBY, What.REFUSED})
"""Reports with which a stay begins: refused is a caller who could not be parked where he was sent, and waits (P-5)."""
ENDS = frozenset({What.RETRIEVED, What.RECALLED, What.HANDED_OVER, What.ABANDONED, What.LOST})


@dataclass(frozen=True, slots=True)
class Instant:
    """One instant by both clocks of the machine: a Pi's wall clock is wrong at boot, and jumps when it is set right."""

    wall: float
    """Unix time."""
    monotonic: float


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened."""

    at: float
    """Unix time, UTC."""
    what: str
    by: str = ""
    """Number, or name where there is none."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """One call that was parked."""

    ticket: int
    parked_at: float
    """Unix time, UTC."""
    place: str = ""
    """Empty: he waited without a place."""
    group: str = ""
    parker: Party = NOBODY
    caller: Party = NOBODY
    ended_at: float | None = None
    ending: str = ""
    """A word of `What`; empty while he waits."""
    taker: Party = NOBODY
    announcements: int = 0
    steps: tuple[Step, ...] = ()
    waited: float | None = None
    """Seconds from being parked to the end."""
    since: float | None = None
    """When he was parked, monotonic; None: in an earlier process."""


def begun(report: Report, at: Instant, *, hidden: bool) -> Stay | None:
    """Return the record that begins with a report; None: no call is parked by it."""
    if report.ticket is None or report.what not in BEGINS:
        return None
    blank = Stay(report.ticket, at.wall, parker=report.by or NOBODY, since=at.monotonic)
    return gone_on(blank, report, at, hidden=hidden)


def gone_on(stay: Stay, report: Report, at: Instant, *, hidden: bool) -> Stay:
    """Return a record with what a report adds; who the caller is may be known only after his parker has left him (P-3)."""
    by = report.by or NOBODY
    step = Step(at.wall, report.what.value, by.number or by.name, report.detail)
    stay = replace(stay, steps=(*stay.steps, step), place=report.place or stay.place)
    said = max(stay.announcements, report.announced)  # a crash may cost the core's last count
    stay = replace(stay, announcements=said)
    if report.caller is not None and not hidden:
        stay = replace(stay, caller=report.caller)
    if report.what is What.PARKED:
        stay = replace(stay, group=report.detail, parker=report.by or stay.parker)
    if report.what in ENDS:
        stay = replace(_over(stay, at), ending=report.what.value, taker=by)
    return stay


def cut_off(stay: Stay, at: Instant) -> Stay:
    """Return the record of a caller of whom an earlier process knew, and this one does not (S-3)."""
    step = Step(at.wall, What.LOST.value, detail="the box was down")
    return replace(_over(stay, at), steps=(*stay.steps, step), ending=What.LOST.value)


def _over(stay: Stay, at: Instant) -> Stay:
    """Where an earlier process parked him the wall clock alone is known, which may have been set back."""
    waited = max(0.0, at.wall - stay.parked_at) if stay.since is None else at.monotonic - stay.since
    return replace(stay, ended_at=at.wall, waited=waited)


def as_json(stay: Stay) -> Mapping[str, Any]:
    """Return a record as the control socket tells it; times are Unix seconds."""
    return {
        "place": stay.place,
        "group": stay.group,
        "parker": {"number": stay.parker.number, "name": stay.parker.name},
        "caller": {"number": stay.caller.number, "name": stay.caller.name},
        "parked_at": stay.parked_at,
        "ended_at": stay.ended_at,
        "waited": stay.waited,
        "ending": stay.ending,
        "taker": {"number": stay.taker.number, "name": stay.taker.name},
        "announcements": stay.announcements,
        "steps": [{"at": one.at, "what": one.what, "by": one.by, "detail": one.detail} for one in stay.steps],
    }
