"""Every sentence that people hear or read, in German and English; pure text, spoken by whoever has a voice."""

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.core.ids import Party, Place
from appliance.core.rules import GroupRules, PlaceKind, PlaceRules, Rules


@dataclass(frozen=True, slots=True)
class Sentences:
    """One language. Fields in braces are filled in; numbers come spelled."""

    parked: str
    parked_line: str
    ask_park: str
    ask_retrieve: str
    menu: str
    taken: str
    group_taken: str
    unknown: str
    no_group: str
    nothing: str
    already: str
    gone: str
    farewell: str
    cannot: str
    closing: str
    lost: str
    somebody: str
    show_lost: str
    show_closing: str
    show_recall: str
    show_taken: str
    show_group_taken: str
    show_unknown: str
    show_no_group: str
    show_cannot: str
    person: str
    line: str
    group: str


GERMAN = Sentences(
    parked="Geparkt auf {place}.",
    parked_line="Geparkt auf Leitung {place}.",
    ask_park="Auf welcher Nebenstelle? Bitte eingeben und mit Raute abschließen.",
    ask_retrieve="Welche Nebenstelle soll übernommen werden? Bitte eingeben und mit Raute abschließen.",
    menu="Zum Parken bitte {park} und die Nebenstelle wählen, zum Übernehmen {retrieve} und die Nebenstelle.",
    taken="Platz {place} ist belegt.",
    group_taken="In der Gruppe {group} sind alle Plätze belegt.",
    unknown="Die Nummer {place} gibt es hier nicht.",
    no_group="Ihre Nebenstelle gehört zu keiner Parkgruppe.",
    nothing="Auf {place} ist kein Anruf geparkt.",
    already="Den Anruf hat schon {name} übernommen.",
    gone="Der Anrufer hat aufgelegt.",
    farewell="Auf Wiederhören.",
    cannot="Dahin kann nicht geparkt werden.",
    closing="Die Anlage wird gerade abgeschaltet.",
    lost="Der geparkte Anruf von {caller} ist abgerissen. Bitte zurückrufen.",
    somebody="einem unbekannten Anrufer",
    show_lost="Abgerissen {place} · {caller}",
    show_closing="Abschaltung · {caller}",
    show_recall="Rückruf {place} · {caller}",
    show_taken="Platz {place} belegt · {caller}",
    show_group_taken="{group} belegt · {caller}",
    show_unknown="{place} unbekannt · {caller}",
    show_no_group="Keine Parkgruppe · {caller}",
    show_cannot="Nicht geparkt · {caller}",
    person="Ein Anruf für {name}, geparkt auf {place}.",
    line="Ein Anruf, geparkt auf Leitung {place}.",
    group="Würde ein Mitglied von {group} bitte einen Anruf auf Leitung {place} übernehmen.",
)

ENGLISH = Sentences(
    parked="Parked on {place}.",
    parked_line="Parked on line {place}.",
    ask_park="On which extension? Please enter it and press the hash key.",
    ask_retrieve="Which extension do you want to pick up? Please enter it and press the hash key.",
    menu="To park, dial {park} and the extension; to pick up, {retrieve} and the extension.",
    taken="Place {place} is taken.",
    group_taken="Every place of {group} is taken.",
    unknown="There is no number {place} here.",
    no_group="Your extension belongs to no park group.",
    nothing="No call is parked on {place}.",
    already="{name} has already taken the call.",
    gone="The caller has hung up.",
    farewell="Goodbye.",
    cannot="A call cannot be parked there.",
    closing="The system is being shut down.",
    lost="The parked call from {caller} was lost. Please call back.",
    somebody="an unknown caller",
    show_lost="Lost {place} · {caller}",
    show_closing="Shutting down · {caller}",
    show_recall="Recall {place} · {caller}",
    show_taken="Place {place} taken · {caller}",
    show_group_taken="{group} full · {caller}",
    show_unknown="{place} unknown · {caller}",
    show_no_group="No park group · {caller}",
    show_cannot="Not parked · {caller}",
    person="A call for {name}, parked on {place}.",
    line="A call, parked on line {place}.",
    group="Would a member of {group} please take a call on line {place}.",
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


def confirmation(place: PlaceRules, group: str, rules: Rules) -> str:
    """Return what an attended parker hears (P-3, P-6): the extension, or the line that the group gave."""
    words = sentences(rules)
    pattern = words.parked_line if group else words.parked
    return pattern.format(place=spell(place.number, rules))


def announcement(place: PlaceRules, group: GroupRules | None, parker: Party, caller: Party, rules: Rules) -> str:
    """Return what the loudspeakers say (A-7): the group's template, else the place's, else the language's own."""
    fields = {
        "name": place.spoken or place.name,
        "place": spell(place.number, rules),
        "group": group.name if group is not None else "",
        "parker": owner_name(parker, rules),
        "caller": caller.name or spell(caller.number, rules),
    }
    return fill(_template(place, group, sentences(rules)), fields)


def _template(place: PlaceRules, group: GroupRules | None, words: Sentences) -> str:
    if group is not None:
        return group.announcement or words.group
    return place.announcement or (words.line if place.kind is PlaceKind.ORBIT else words.person)


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Put values into a user's template; a field that is not known, or a stray brace, stays as it stands."""
    for name, value in fields.items():
        template = template.replace("{" + name + "}", value)
    return template


def owner_name(party: Party, rules: Rules) -> str:
    """Return the name that staff know somebody by: the owner of his extension, else his display name, else his number."""
    place = rules.places.get(Place(party.number))
    return (place.spoken or place.name if place is not None else "") or party.name or spell(party.number, rules)


def shown(pattern: str, caller: Party, place: str = "", group: str = "") -> Party:
    """Return the display of a phone that is rung back (P-5, P-21): the reason and the caller, with the caller's number."""
    name = caller.name or caller.number
    text = pattern.format(place=place, group=group, caller=name)
    return Party(caller.number, " ".join(text.split()))


def prompts(rules: Rules) -> tuple[str, ...]:
    """Return what phones are told, as far as it is known beforehand, so that a voice can prepare it."""
    words = sentences(rules)
    found = [words.ask_park, words.ask_retrieve, menu(rules), words.gone, words.farewell, words.cannot, words.no_group]
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
        if not any(field in _template(place, group, sentences(rules)) for field in ("{caller}", "{parker}"))
    ]
    return tuple(dict.fromkeys(known))


def menu(rules: Rules) -> str:
    """Return the prompt at the box's own number: the codes without their `*` or `#`."""
    digits = [
        spell(codes[0].lstrip("*#"), rules) if codes else "" for codes in (rules.codes.park, rules.codes.retrieve)
    ]
    return sentences(rules).menu.format(park=digits[0], retrieve=digits[1])


def _groups_of(place: PlaceRules, rules: Rules) -> list[str]:
    return [group.name for group in rules.groups.values() if place.number in group.places]
