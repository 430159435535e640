"""Every sentence that people hear or read, in German and English; pure text, spoken by whoever has a voice.

Only the announcements' templates stand elsewhere: in the configuration, where people change them. Names come from outside and
may hold anything: `plain` comes before they are shown or said.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.core.ids import Party, Place
from appliance.core.menu import Choice, offered
from appliance.core.rules import GroupRules, PlaceRules, Rules

SHOWN, SHOWN_PLACE, SPOKEN = 40, 20, 60
"""Characters of a name that a display has room for, of a place or group beside it, and that anybody listens to."""
LONGEST_READ_OUT = 8
"""Digits of a wrong number that are repeated to whoever entered it."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """One language. Fields in braces are filled in; numbers come spelled."""

    parked: str
    parked_line: str
    ask_park: str
    ask_retrieve: str
    again: str
    menu_park: str
    menu_group: str
    menu_retrieve: str
    menu_login: str
    menu_logout: str
    taken: str
    group_taken: str
    unknown: str
    unknown_number: str
    unknown_self: str
    closed: str
    group_closed: str
    no_group: str
    nothing: str
    already: str
    gone: str
    farewell: str
    cannot: str
    closing: str
    lost: str
    somebody: str
    nobody: str
    another: str
    press_recalled: str
    press: str
    no_member: str
    """Who wants to log in or out is no member of a hunt group (P-30)."""
    no_hunt: str
    """There is no such hunt group, or he is in none."""
    logged_in: str
    logged_out: str
    join: str
    show_hunt: str
    show_lost: str
    show_closing: str
    show_recall: str
    show_taken: str
    show_group_taken: str
    show_unknown: str
    show_unknown_self: str
    show_closed: str
    show_no_group: str
    show_cannot: str
    show_parked: str
    show_found: str
    text_call: str
    text_retrieved: str
    text_recalled: str
    text_handed_over: str
    text_abandoned: str
    text_parked: str
    text_take: str
    minutes: str
    seconds: str


GERMAN = Sentences(
    parked="Geparkt auf {place}.",
    parked_line="Geparkt auf Leitung {place}.",
    ask_park="Auf welcher Nebenstelle? Bitte eingeben und mit Raute abschließen.",
    ask_retrieve="Welche Nebenstelle soll übernommen werden? Bitte eingeben und mit Raute abschließen.",
    again="Diese Eingabe gibt es nicht.",
    menu_park="zum Parken die {key}",
    menu_group="zum Parken in der Gruppe die {key}",
    menu_retrieve="zum Übernehmen die {key}",
    menu_login="zum Anmelden in der Rufgruppe die {key}",
    menu_logout="zum Abmelden die {key}",
    taken="Platz {place} ist belegt.",
    group_taken="In der Gruppe {group} sind alle Plätze belegt.",
    unknown="Die Nummer {place} gibt es hier nicht.",
    unknown_number="Diese Nummer gibt es hier nicht.",
    unknown_self="Ihre Nebenstelle ist nicht bekannt.",
    closed="Auf {place} dürfen Sie nicht parken.",
    group_closed="In der Gruppe {group} gibt es keinen Platz für Sie.",
    no_group="Ihre Nebenstelle gehört zu keiner Parkgruppe.",
    nothing="Auf {place} ist kein Anruf geparkt.",
    already="Den Anruf hat schon {name} übernommen.",
    gone="Der Anrufer hat aufgelegt.",
    farewell="Auf Wiederhören.",
    cannot="Dahin kann nicht geparkt werden.",
    closing="Die Anlage wird gerade abgeschaltet.",
    lost="Der geparkte Anruf von {caller} ist abgerissen. Bitte zurückrufen.",
    somebody="einem unbekannten Anrufer",
    nobody="Unbekannt",
    another="jemand anders",
    press_recalled="Rückruf von {caller}. Zum Annehmen bitte die Eins drücken.",
    press="Anruf von {caller}. Zum Annehmen bitte die Eins drücken.",
    no_member="Sie sind kein Mitglied von {group}.",
    no_hunt="Sie sind in keiner solchen Rufgruppe.",
    logged_in="Angemeldet bei {group}.",
    logged_out="Abgemeldet von {group}.",
    join="und",
    show_hunt="{group} · {caller}",
    show_lost="Abgerissen {place} · {caller}",
    show_closing="Abschaltung · {caller}",
    show_recall="Rückruf {place} · {caller}",
    show_taken="Platz {place} belegt · {caller}",
    show_group_taken="{group} belegt · {caller}",
    show_unknown="{place} unbekannt · {caller}",
    show_unknown_self="Nebenstelle unbekannt · {caller}",
    show_closed="{place} {group} gesperrt · {caller}",
    show_no_group="Keine Parkgruppe · {caller}",
    show_cannot="Nicht geparkt · {caller}",
    show_parked="Geparkt {place} · {caller}",
    show_found="Geparkt auf {place}",
    text_call="Anruf",
    text_retrieved="{place}: geholt von {name} nach {time}",
    text_recalled="{place}: Rückruf angenommen von {name} nach {time}",
    text_handed_over="{place}: weitergegeben an {name} nach {time}",
    text_abandoned="{place}: {caller} hat nach {time} aufgelegt",
    text_parked="Anruf von {caller} geparkt auf {place}",
    text_take=", holen mit {code}",
    minutes="{minutes} min {seconds} s",
    seconds="{seconds} s",
)

ENGLISH = Sentences(
    parked="Parked on {place}.",
    parked_line="Parked on line {place}.",
    ask_park="On which extension? Please enter it and press the hash key.",
    ask_retrieve="Which extension do you want to pick up? Please enter it and press the hash key.",
    again="That is no choice.",
    menu_park="to park press {key}",
    menu_group="to park to the group press {key}",
    menu_retrieve="to pick up press {key}",
    menu_login="to log in to the hunt group press {key}",
    menu_logout="to log out press {key}",
    taken="Place {place} is taken.",
    group_taken="Every place of {group} is taken.",
    unknown="There is no number {place} here.",
    unknown_number="There is no such number here.",
    unknown_self="Your extension is not known.",
    closed="You may not park on {place}.",
    group_closed="There is no place for you in {group}.",
    no_group="Your extension belongs to no park group.",
    nothing="No call is parked on {place}.",
    already="{name} has already taken the call.",
    gone="The caller has hung up.",
    farewell="Goodbye.",
    cannot="A call cannot be parked there.",
    closing="The system is being shut down.",
    lost="The parked call from {caller} was lost. Please call back.",
    somebody="an unknown caller",
    nobody="Unknown",
    another="Somebody else",
    press_recalled="Recall from {caller}. To take it, please press one.",
    press="A call from {caller}. To take it, please press one.",
    no_member="You are no member of {group}.",
    no_hunt="You are in no such hunt group.",
    logged_in="Logged in to {group}.",
    logged_out="Logged out of {group}.",
    join="and",
    show_hunt="{group} · {caller}",
    show_lost="Lost {place} · {caller}",
    show_closing="Shutting down · {caller}",
    show_recall="Recall {place} · {caller}",
    show_taken="Place {place} taken · {caller}",
    show_group_taken="{group} full · {caller}",
    show_unknown="{place} unknown · {caller}",
    show_unknown_self="Extension unknown · {caller}",
    show_closed="{place} {group} closed · {caller}",
    show_no_group="No park group · {caller}",
    show_cannot="Not parked · {caller}",
    show_parked="Parked {place} · {caller}",
    show_found="Parked on {place}",
    text_call="Call",
    text_retrieved="{place}: picked up by {name} after {time}",
    text_recalled="{place}: recall answered by {name} after {time}",
    text_handed_over="{place}: passed on to {name} after {time}",
    text_abandoned="{place}: {caller} hung up after {time}",
    text_parked="Call from {caller} parked on {place}",
    text_take=", pick up with {code}",
    minutes="{minutes} min {seconds} s",
    seconds="{seconds} s",
)


def sentences(rules: Rules) -> Sentences:
    """Return the sentences of the site's language."""
    return ENGLISH if rules.language == "en" else GERMAN


def spell(number: str, rules: Rules) -> str:
    """Return a number as it is spoken: `102` as `1 0 2`, or `1234` in pairs as `12 34` where the site wants it so (A-7).

    A pair with a leading zero, or an odd count of digits, is spoken digit by digit: "null fünf" is no number.
    """
    pairs = [number[i : i + 2] for i in range(0, len(number), 2)]
    if rules.digit_pairs and len(number) % 2 == 0 and not any(pair.startswith("0") for pair in pairs):
        return " ".join(pairs)
    return " ".join(number)


def plain(text: str, longest: int = SHOWN) -> str:
    """Return words of any origin as one line of bounded length, without what can neither be seen nor said; cut: with `…`."""
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


def unknown(number: str, rules: Rules) -> str:
    """Return what somebody hears who named a number that is no place of ours (P-8); a very long one is not read out."""
    words = sentences(rules)
    number = plain(number)
    too_long = not number or len(number) > LONGEST_READ_OUT
    return words.unknown_number if too_long else words.unknown.format(place=spell(number, rules))


def confirmation(place: PlaceRules, group: str, rules: Rules) -> str:
    """Return what an attended parker hears (P-3, P-6): the extension, or the line that the group gave."""
    words = sentences(rules)
    pattern = words.parked_line if group else words.parked
    return pattern.format(place=spell(place.number, rules))


def announcement(place: PlaceRules, group: GroupRules | None, parker: Party, caller: Party, rules: Rules) -> str:
    """Return what the loudspeakers say (A-7): the group's template, else the place's; empty: nothing."""
    fields = {
        "name": place.spoken or place.name,
        "place": spell(place.number, rules),
        "group": group.name if group is not None else "",
        "parker": owner_name(parker, rules),
        "caller": spoken(caller, rules) or sentences(rules).nobody,
    }
    return fill(template(place, group), fields)


def template(place: PlaceRules, group: GroupRules | None) -> str:
    """Return the template of a call's announcement: the group's that it was parked to, else the place's."""
    return place.announcement if group is None else group.announcement


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Put values into a user's template; a field that is not known, or a stray brace, stays as it stands."""
    for name, value in fields.items():
        template = template.replace("{" + name + "}", value)
    return template


def owner_name(party: Party, rules: Rules) -> str:
    """Return the name that staff know somebody by, to be spoken: the owner of his extension, else his display name or number."""
    place = rules.places.get(Place(party.number))
    return (place.spoken or place.name if place is not None else "") or spoken(party, rules)


def spoken(party: Party, rules: Rules) -> str:
    """Return how somebody is spoken of: by his name, else by his number; empty: he is hidden."""
    return plain(party.name, SPOKEN) or spell(plain(party.number), rules)


def written(party: Party, rules: Rules) -> str:
    """Return how a display or a text names somebody: the owner of his extension, else his display name or number."""
    place = rules.places.get(Place(party.number))
    name = (place.name or place.spoken) if place is not None else ""
    return plain(name) or plain(party.name) or plain(party.number) or sentences(rules).nobody


def lasting(seconds: float, rules: Rules) -> str:
    """Return how long something took, to be read: `42 s`, `2 min 5 s`."""
    words, whole = sentences(rules), round(seconds)
    pattern = words.seconds if whole < 100 else words.minutes  # noqa: PLR2004 - two digits are read at a glance
    minutes, rest = divmod(whole, 60)
    return pattern.format(minutes=minutes, seconds=whole if pattern is words.seconds else rest)


def vouch(caller: Party, rules: Rules, *, recalled: bool) -> str:
    """Return what somebody is asked who must show that he is no voicemail (P-25): its parker, or who never had the call."""
    words = sentences(rules)
    pattern = words.press_recalled if recalled else words.press
    return pattern.format(caller=spoken(caller, rules) or words.somebody)


def shown(pattern: str, caller: Party, rules: Rules, place: str = "", group: str = "") -> Party:
    """Return the display of a phone that is rung (P-5, P-21, P-32): the reason and the caller, with the caller's number."""
    name = plain(caller.name) or plain(caller.number) or sentences(rules).nobody
    text = pattern.format(place=plain(place, SHOWN_PLACE), group=plain(group, SHOWN_PLACE), caller=name)
    return Party(caller.number, " ".join(text.split()))


def found(place: Place, rules: Rules) -> Party:
    """Return the display of a parker's phone while he is told which place a group has found (P-6)."""
    return Party(place, sentences(rules).show_found.format(place=place))


def prompts(rules: Rules) -> tuple[str, ...]:
    """Return what phones are told, as far as it is known beforehand, so that a voice can prepare it."""
    words = sentences(rules)
    found = [words.ask_park, words.ask_retrieve, menu(rules), words.gone, words.farewell, words.cannot, words.no_group]
    found += [f"{words.again} {menu(rules)}", words.unknown_self]
    found += [rules.comfort] if rules.comfort else []
    found += [words.group_closed.format(group=group.name) for group in rules.groups.values()]
    for place in rules.places.values():
        found += [confirmation(place, group, rules) for group in ("", *_groups_of(place, rules))]
        found.append(words.nothing.format(place=spell(place.number, rules)))
        found.append(words.already.format(name=owner_name(Party(place.number), rules)))
    return tuple(dict.fromkeys(found))


def announcements(rules: Rules) -> tuple[str, ...]:
    """Return what loudspeakers say, as far as it is known before there is a caller and a parker."""
    nobody = Party("")
    pairs: list[tuple[PlaceRules, GroupRules | None]] = [(place, None) for place in rules.places.values()]
    pairs += [(rules.places[number], group) for group in rules.groups.values() for number in group.places]
    known = [
        announcement(place, group, nobody, nobody, rules)
        for place, group in pairs
        if not any(field in template(place, group) for field in ("{caller}", "{parker}"))
    ]
    return tuple(dict.fromkeys(text for text in known if text))


def menu(rules: Rules) -> str:
    """Return the prompt at the box's own number; who is offered nothing, because it has no codes, is told so."""
    words = sentences(rules)
    parts = {
        Choice.PARK: words.menu_park,
        Choice.PARK_IN_GROUP: words.menu_group,
        Choice.RETRIEVE: words.menu_retrieve,
        Choice.LOG_IN: words.menu_login,
        Choice.LOG_OUT: words.menu_logout,
    }
    text = ", ".join(parts[choice].format(key=choice.value) for choice in offered(rules))
    return f"{text[:1].upper()}{text[1:]}." if text else words.cannot


def _groups_of(place: PlaceRules, rules: Rules) -> list[str]:
    return [group.name for group in rules.groups.values() if place.number in group.places]
