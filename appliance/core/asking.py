"""Collecting digits: prompts after `*68` and `*88`, and the menu at the box's own number.

Whoever enters what does not exist is told so and asked again, three times in all. Who enters nothing means his own extension,
but not after a mistake: then his silence says nothing.
"""

from dataclasses import replace
from typing import assert_never

from appliance.core import codes, logins, park, retrieve, wording
from appliance.core.hearing import ToneKind
from appliance.core.ids import Place
from appliance.core.menu import Choice, chosen
from appliance.core.orders import What
from appliance.core.rules import Rules
from appliance.core.state import Asking, Leg, Service
from appliance.core.turn import SPEECH_LIMIT, Turn

TRIES = 3
"""After so many inputs that mean nothing we say goodbye."""

LONGEST = 32
"""Digits; nothing that anybody dials is longer, and what follows is dropped."""


def ask(turn: Turn, leg: Leg, service: Service, tries: int = 0, wrong: str = "") -> None:
    """Let a person hear what to enter, after what was wrong before, and collect his digits."""
    words = wording.sentences(turn.rules)
    prompt = {
        Service.PARK: words.ask_park,
        Service.RETRIEVE: words.ask_retrieve,
        Service.MENU: wording.menu(turn.rules),
    }[service]
    text = f"{wrong} {prompt}".lstrip()
    turn.play(leg, Asking(service, "", turn.in_seconds(SPEECH_LIMIT), turn.new_serial(), text, tries))


def prompted(turn: Turn, leg: Leg, role: Asking) -> None:
    """The prompt was heard: the time for the first digit runs."""
    turn.play(leg, replace(role, said=True, until=turn.in_seconds(turn.rules.digit_timeout)))


def digit(turn: Turn, leg: Leg, role: Asking, key: str) -> None:
    """Take one digit; `#` ends, `*` begins again, a place's whole number or a key of the menu needs no more."""
    if key == "#":
        _conclude(turn, leg, role, hashed=True)
        return
    if key not in "*0123456789":  # A to D are nobody's
        return
    digits = "" if key == "*" else (role.digits + key)[:LONGEST]
    role = replace(role, digits=digits, said=True, until=turn.in_seconds(turn.rules.digit_timeout))
    leg = turn.play(leg, role)
    choice = chosen(digits, turn.rules) if role.service is Service.MENU else None
    if choice is not None:
        _choose(turn, leg, role, choice)
    elif _is_whole(digits, role.service, turn.rules):
        conclude(turn, leg, role)


def _choose(turn: Turn, leg: Leg, role: Asking, choice: Choice) -> None:
    match choice:
        case Choice.PARK:
            ask(turn, replace(leg, wanted=codes.ParkOn()), Service.PARK, role.tries)
        case Choice.PARK_IN_GROUP:
            park.attended(turn, leg, codes.ParkInGroup())
        case Choice.RETRIEVE:
            retrieve_or_ask(turn, leg, role.tries)
        case Choice.LOG_IN:
            logins.asked(turn, leg, codes.LogIn())
        case Choice.LOG_OUT:
            logins.asked(turn, leg, codes.LogOut())
        case _:
            assert_never(choice)


def _is_whole(digits: str, service: Service, rules: Rules) -> bool:
    number = digits
    if service is Service.MENU:
        wanted = codes.menu_intent(digits, rules)
        number = wanted.digits if isinstance(wanted, codes.ParkOn | codes.Take) else ""
    longer = (place for place in rules.places if place != number and place.startswith(number))
    return Place(number) in rules.places and not any(longer)


def meant(leg: Leg, role: Asking, rules: Rules) -> codes.Intent:
    """Return what somebody has asked for so far; no digits mean his own extension (P-8), after a mistake what that was."""
    match role.service:
        case Service.MENU:
            return codes.menu_intent(role.digits, rules) if role.digits else codes.OwnNumber()
        case _ if role.tries and not role.digits:
            return leg.wanted
        case Service.PARK:
            return codes.ParkOn(role.digits)
        case Service.RETRIEVE:
            return codes.Take(role.digits)


def conclude(turn: Turn, leg: Leg, role: Asking) -> None:
    """Do what the digits say: they are complete, or no more come."""
    _conclude(turn, leg, role, hashed=False)


def _conclude(turn: Turn, leg: Leg, role: Asking, *, hashed: bool) -> None:
    if not role.digits and (role.service is Service.MENU or (role.tries and not hashed)):
        _again(turn, leg, role.service, role.tries)
        return
    wanted = meant(replace(leg, wanted=codes.NOTHING), replace(role, tries=0), turn.rules)
    leg = replace(leg, wanted=wanted)
    match wanted:
        case codes.ParkOn() | codes.ParkInGroup():
            _park(turn, leg, role, wanted)
        case codes.Take(digits="") if role.service is Service.MENU:
            retrieve_or_ask(turn, leg, role.tries)
        case codes.Take(digits=digits):
            _retrieve(turn, leg, role, Place(digits or leg.party.number))
        case codes.LogIn() | codes.LogOut():
            logins.asked(turn, leg, wanted)
        case _:
            _again(turn, leg, Service.MENU, role.tries, wording.sentences(turn.rules).again)


def _park(turn: Turn, leg: Leg, role: Asking, wanted: codes.Intent) -> None:
    found = park.target(turn, wanted, leg.party)
    if isinstance(found, park.Nowhere) and found.mistyped:
        _again(turn, leg, Service.PARK, role.tries, found.text)
    else:
        park.attended(turn, leg, wanted)


def _retrieve(turn: Turn, leg: Leg, role: Asking, place: Place) -> None:
    missing = retrieve.missing(turn, leg, place)
    if missing and (role.digits or not place):
        _again(turn, leg, Service.RETRIEVE, role.tries, missing)
    else:
        retrieve.take(turn, leg, place)


def retrieve_or_ask(turn: Turn, leg: Leg, tries: int = 0) -> None:
    """Give somebody the call that he means without naming a place (P-13), or ask him for one."""
    if not retrieve.take_mine(turn, leg):
        ask(turn, replace(leg, wanted=codes.Take()), Service.RETRIEVE, tries)


def _again(turn: Turn, leg: Leg, service: Service, tries: int, wrong: str = "") -> None:
    """Say what was wrong and ask once more; after the last time say goodbye."""
    if wrong:
        turn.report(What.REFUSED, leg, by=leg.party, detail=wrong)
    if tries + 1 < TRIES:
        ask(turn, leg, service, tries + 1, wrong)
        return
    text = f"{wrong} {wording.sentences(turn.rules).farewell}".lstrip()
    if wrong:
        turn.tell(leg, text, ToneKind.UNOBTAINABLE, park.TONE_BEFORE_REASON)
    else:
        turn.tell(leg, text)
