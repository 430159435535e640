"""Members of hunt groups log in and out: by code, by command, by web or button (P-30).

A member is named by his number; everybody begins logged in. Who logs out is not rung any more from then on; a phone of his that
rings already goes on ringing, and may be answered.
"""

from appliance.core import codes, desks, wording
from appliance.core.events import HuntLogin
from appliance.core.hearing import ToneKind
from appliance.core.ids import Party, Seconds
from appliance.core.orders import Report, What
from appliance.core.rules import HuntRules
from appliance.core.state import Leg
from appliance.core.turn import Turn

TONE_BEFORE_REASON = Seconds(2)


def asked(turn: Turn, leg: Leg, wanted: codes.LogIn | codes.LogOut) -> None:
    """Log the dialling phone in or out, and tell it so, or why not; without a group's number: everywhere where it is a member."""
    words = wording.sentences(turn.rules)
    groups = _groups(turn, leg.party.number, wanted.group)
    if not groups:
        known = wanted.group in turn.rules.hunts
        why = words.no_member.format(group=_name(turn, wanted.group)) if known else words.no_hunt
        turn.report(What.REFUSED, leg, by=leg.party, detail=why)
        turn.tell(leg, why, ToneKind.UNOBTAINABLE, TONE_BEFORE_REASON)
        return
    is_present = isinstance(wanted, codes.LogIn)
    for group in groups:
        _change(turn, group, leg.party, is_present=is_present)
    names = f" {words.join} ".join(group.name for group in groups)
    turn.tell(leg, (words.logged_in if is_present else words.logged_out).format(group=names))


def _groups(turn: Turn, person: str, number: str) -> list[HuntRules]:
    return [group for group in turn.rules.hunts.values() if number in ("", group.number) and _is_member(group, person)]


def _is_member(group: HuntRules, person: str) -> bool:
    return any(member.number == person for member in group.members)


def _name(turn: Turn, number: str) -> str:
    return turn.rules.hunts[number].name


def _change(turn: Turn, group: HuntRules, person: Party, *, is_present: bool) -> None:
    desks.set_presence(turn, group.number, person.number, is_present=is_present)
    what = What.LOGGED_IN if is_present else What.LOGGED_OUT
    turn.order(Report(what, by=person, detail=group.number))


def requested(turn: Turn, event: HuntLogin) -> None:
    """Log a member in or out because somebody asked so by command."""
    group = turn.rules.hunts.get(event.group)
    if group is None:
        turn.order(Report(What.REFUSED, detail=f"there is no hunt group {event.group}"))
    elif not _is_member(group, event.member):
        turn.order(Report(What.REFUSED, detail=f"{event.member} is no member of hunt group {event.group}"))
    else:
        _change(turn, group, Party(event.member), is_present=event.present)
