"""Collecting digits: prompts after `*68` and `*88`, and the menu at the box's own number."""

from dataclasses import replace

from appliance.core import codes, park, retrieve, wording
from appliance.core.ids import Place
from appliance.core.rules import Rules
from appliance.core.state import Asking, Leg, Service
from appliance.core.turn import SPEECH_LIMIT, Turn

TRIES = 3
"""After so many inputs that mean nothing the menu says goodbye."""


def ask(turn: Turn, leg: Leg, service: Service, tries: int = 0) -> None:
    """Let a person hear what to enter, and collect his digits."""
    words = wording.sentences(turn.rules)
    prompt = {
        Service.PARK: words.ask_park,
        Service.RETRIEVE: words.ask_retrieve,
        Service.MENU: wording.menu(turn.rules),
    }[service]
    turn.play(leg, Asking(service, "", turn.in_seconds(SPEECH_LIMIT), turn.new_serial(), prompt, tries))


def prompted(turn: Turn, leg: Leg, role: Asking) -> None:
    """The prompt was heard: the time for the first digit runs."""
    turn.play(leg, replace(role, said=True, until=turn.in_seconds(turn.rules.digit_timeout)))


def digit(turn: Turn, leg: Leg, role: Asking, key: str) -> None:
    """Take one digit; `#` ends, `*` begins again, a place's whole number needs no more."""
    if key == "#":
        conclude(turn, leg, role)
        return
    digits = "" if key == "*" else role.digits + key
    role = replace(role, digits=digits, said=True, until=turn.in_seconds(turn.rules.digit_timeout))
    turn.play(leg, role)
    if _is_whole(digits, role.service, turn.rules):
        conclude(turn, turn.legs[leg.id], role)


def _is_whole(digits: str, service: Service, rules: Rules) -> bool:
    number = digits
    if service is Service.MENU:
        wanted = codes.menu_intent(digits, rules)
        number = wanted.digits if isinstance(wanted, codes.ParkOn | codes.Take) else ""
    longer = (place for place in rules.places if place != number and place.startswith(number))
    return Place(number) in rules.places and not any(longer)


def meant(role: Asking, rules: Rules) -> codes.Intent:
    """Return what the digits so far ask for; none means one's own extension (P-8), in the menu nothing yet."""
    match role.service:
        case Service.PARK:
            return codes.ParkOn(role.digits)
        case Service.RETRIEVE:
            return codes.Take(role.digits)
        case Service.MENU:
            return codes.menu_intent(role.digits, rules) if role.digits else codes.OwnNumber()


def conclude(turn: Turn, leg: Leg, role: Asking) -> None:
    """Do what the digits say; the menu asks again when they say nothing."""
    wanted = meant(role, turn.rules)
    match wanted:
        case codes.ParkOn() | codes.ParkInGroup():
            park.attended(turn, leg, wanted)
        case codes.Take(digits=digits):
            retrieve.take(turn, replace(leg, wanted=wanted), Place(digits or leg.party.number))
        case _ if role.tries + 1 < TRIES:
            ask(turn, leg, Service.MENU, role.tries + 1)
        case _:
            turn.tell(leg, wording.sentences(turn.rules).farewell)
