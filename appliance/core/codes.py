"""What a dialled string means: pure grammar over the configured codes (the table "Codes" of the park specification)."""

from dataclasses import dataclass

from appliance.core.ids import Party, Place
from appliance.core.rules import PlaceKind, Rules


@dataclass(frozen=True, slots=True)
class ParkOn:
    """Park on a place; `digits` empty: not said yet, `own`: the parker's own extension (`#`)."""

    digits: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class ParkInGroup:
    """Park to a group; empty: the parker's."""

    number: str = ""


@dataclass(frozen=True, slots=True)
class Take:
    """Retrieve; `digits` empty: not said yet, `own`: the one on one's own extension (`#`)."""

    digits: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Orbit:
    """An orbit's own number: a transfer parks, a fresh call retrieves (P-14)."""

    place: Place


@dataclass(frozen=True, slots=True)
class CallGroup:
    """A hunt group's own number (P-31)."""

    number: str


@dataclass(frozen=True, slots=True)
class LogIn:
    """Log in to a hunt group (P-30); empty: to all of one's own."""

    group: str = ""


@dataclass(frozen=True, slots=True)
class LogOut:
    """Log out of a hunt group (P-30); empty: of all of one's own."""

    group: str = ""


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """The box's number without saying what for."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing that we know."""

    dialled: str


Intent = ParkOn | ParkInGroup | Take | Orbit | CallGroup | LogIn | LogOut | OwnNumber | Unknown

NOBODY = Party("")
"""Who has parked a caller whom nobody has parked."""
NOTHING = Unknown("")
"""What a leg wants of us that we have called ourselves."""


def intent(dialled: str, rules: Rules) -> Intent:
    """Return what a dialled string asks for; total, the longest matching code wins."""
    if _is_orbit(dialled, rules):
        return Orbit(Place(dialled))
    if any(dialled == account.own_number for account in rules.accounts.values()):
        return OwnNumber()
    if dialled in rules.hunts:
        return CallGroup(dialled)
    return _code(dialled, _table(rules)) or Unknown(dialled)


def menu_intent(digits: str, rules: Rules) -> Intent:
    """Return what digits entered at the box's own number ask for: the codes without their `*` or `#`, or an orbit's call."""
    table = tuple((code.lstrip("*#"), kind) for code, kind in _table(rules))
    return _code(digits, table) or (Take(digits) if _is_orbit(digits, rules) else Unknown(digits))


def _is_orbit(number: str, rules: Rules) -> bool:
    place = rules.place(Place(number))
    return place is not None and place.kind is PlaceKind.ORBIT


_Kind = type[ParkOn] | type[ParkInGroup] | type[Take] | type[LogIn] | type[LogOut]


def _table(rules: Rules) -> tuple[tuple[str, _Kind], ...]:
    codes = rules.codes
    pairs: list[tuple[str, _Kind]] = [(code, ParkOn) for code in codes.park]
    pairs += [(code, ParkInGroup) for code in codes.park_group]
    pairs += [(code, Take) for code in codes.retrieve]
    if rules.hunts:
        pairs += [(code, LogIn) for code in codes.hunt_login]
        pairs += [(code, LogOut) for code in codes.hunt_logout]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def _code(dialled: str, table: tuple[tuple[str, _Kind], ...]) -> Intent | None:
    for code, kind in table:
        rest = dialled.removeprefix(code)
        if len(rest) < len(dialled) and _is_argument(rest):
            return _with_argument(kind, rest)
    return None


def _is_argument(rest: str) -> bool:
    digits = rest.removesuffix("#")
    return digits == "" or (digits.isascii() and digits.isdigit())


def _with_argument(kind: _Kind, rest: str) -> Intent:
    digits = rest.removesuffix("#")
    if kind is ParkInGroup or kind is LogIn or kind is LogOut:
        return kind(digits)
    own = rest == "#"
    return Take(digits, own=own) if kind is Take else ParkOn(digits, own=own)
