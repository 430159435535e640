"""Numbers: each leads to one thing, and places are places."""

from collections.abc import Iterator

from appliance.config.checks.twice import twice, within
from appliance.config.draft import Draft, Found
from appliance.config.park import HuntGroup
from appliance.config.rule import quote
from appliance.errors import Finding


def own_numbers(draft: Draft) -> dict[str, str]:
    """Return the numbers that the PBX knows us by, with the path of each."""
    return {found.value.extension: f"{found.path}.extension" for found in draft.accounts}


def orbits(draft: Draft) -> Iterator[tuple[str, str]]:
    """Yield path and number of every numbered place."""
    for found in draft.orbits:
        if found.value.number is not None:
            yield f"{found.path}.number", found.value.number
        yield from ((f"{found.path}.numbers[{index}]", number) for index, number in enumerate(found.value.numbers))


def hunt_groups(draft: Draft) -> Iterator[tuple[str, str]]:
    """Yield path and number of every hunt group."""
    return ((f"{found.path}.number", found.value.number) for found in draft.hunt_groups)


def _unique(draft: Draft) -> Iterator[Finding]:
    own = ((path, number) for number, path in own_numbers(draft).items())
    people = ((f"{found.path}.number", found.value.number) for found in draft.extensions)
    remedy = "give each place, hunt group and account a number of its own"
    yield from twice((*own, *people, *orbits(draft), *hunt_groups(draft)), remedy)
    groups = ((f"{found.path}.number", found.value.number) for found in draft.groups)
    yield from twice(groups, "give each park group a number of its own")
    names = ((f"{found.path}.name", found.value.name or found.value.number) for found in draft.groups)
    yield from twice(names, "give each park group a name of its own")


def _orbit_numbers(draft: Draft) -> Iterator[Finding]:
    for found in draft.orbits:
        if found.value.number is None and not found.value.numbers:
            yield Finding(f"{found.path}.number", "is missing", 'add number = "701" or numbers = ["701", "702"]')
        if found.value.number is not None and found.value.numbers:
            yield Finding(f"{found.path}.numbers", "stands beside number", "keep one of them")


def _places(draft: Draft) -> Iterator[Finding]:
    """A place that is named may not be something else; one that is named only here is a place by that (P-8)."""
    others = own_numbers(draft) | {number: path for path, number in hunt_groups(draft)}
    for path, number in (*_grouped(draft), *_keyed(draft)):
        if number in others:
            yield Finding(path, f"{quote(number)} is no place but {others[number]}", "name an extension or an orbit")


def _grouped(draft: Draft) -> Iterator[tuple[str, str]]:
    for found in draft.groups:
        yield from ((f"{found.path}.places[{index}]", number) for index, number in enumerate(found.value.places))


def _keyed(draft: Draft) -> Iterator[tuple[str, str]]:
    for found in draft.panels:
        for name, key in found.value.keys.items():
            if key.place is not None:
                yield f"{found.path}.keys.{name}.place", key.place


def _lists(draft: Draft) -> Iterator[Finding]:
    for group in draft.groups:
        yield from within(f"{group.path}.places", group.value.places)
    for hunt in draft.hunt_groups:
        yield from within(f"{hunt.path}.members", (member.number for member in hunt.value.members))


def _circles(draft: Draft) -> Iterator[Finding]:
    """A number where callers are sent must lead away from the box, or to a hunt group of ours (P-27)."""
    back = own_numbers(draft) | {number: path for path, number in orbits(draft)}
    for path, number in _targets(draft):
        if number in back:
            wrong = f"{quote(number)} is {back[number]}: the caller would come back here"
            yield Finding(path, wrong, "name a phone or a hunt group")
    for found in draft.hunt_groups:
        for path, number in _targets_of(found):
            if number == found.value.number:
                yield Finding(path, f"{quote(number)} is the hunt group itself", "name a phone")


def _members(draft: Draft) -> Iterator[Finding]:
    """A member is a phone: a group of ours would answer for all of its own at once."""
    groups = {number: path for path, number in hunt_groups(draft)}
    for found in draft.hunt_groups:
        for path, number in _members_of(found):
            if number in groups and number != found.value.number:
                remedy = "name its phones, or write its number as forward"
                yield Finding(path, f"{quote(number)} is a hunt group ({groups[number]})", remedy)


def _targets(draft: Draft) -> Iterator[tuple[str, str]]:
    if draft.park:
        yield "park.last_resort", draft.park.last_resort
        yield "park.alternate", draft.park.alternate
        yield "park.exit_to", draft.park.exit_to
    for group in draft.groups:
        yield f"{group.path}.alternate", group.value.alternate or ""
    for hunt in draft.hunt_groups:
        yield from _targets_of(hunt)


def _targets_of(hunt: Found[HuntGroup]) -> Iterator[tuple[str, str]]:
    yield f"{hunt.path}.forward", hunt.value.forward
    yield from _members_of(hunt)


def _members_of(hunt: Found[HuntGroup]) -> Iterator[tuple[str, str]]:
    return ((f"{hunt.path}.members[{index}]", member.number) for index, member in enumerate(hunt.value.members))


CHECKS = (_unique, _orbit_numbers, _places, _lists, _circles, _members)
