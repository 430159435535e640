"""Codes: what is dialled means one thing only, however many digits follow."""

from collections.abc import Iterator
from itertools import combinations

from appliance.config.checks.numbers import hunt_groups, orbits, own_numbers
from appliance.config.draft import Draft
from appliance.config.rule import quote
from appliance.config.site import Codes
from appliance.errors import Finding


def _listed(codes: Codes) -> Iterator[tuple[str, str]]:
    for function in Codes.model_fields:
        listed: tuple[str, ...] = getattr(codes, function)
        yield from ((f"codes.{function}[{index}]", code) for index, code in enumerate(listed))


def _collisions(draft: Draft) -> Iterator[Finding]:
    if draft.codes is None:
        return
    for (first, code), (second, other) in combinations(_listed(draft.codes), 2):
        if code == other:
            yield Finding(second, f"{quote(other)} is already {first}", "give each function a code of its own")
        elif code.startswith(other) or other.startswith(code):
            wrong = f"{quote(other)} and {quote(code)} ({first}) begin alike"
            yield Finding(second, wrong, "choose codes that differ within the shorter one")


def _numbers(draft: Draft) -> Iterator[Finding]:
    """A code of digits alone must not be the beginning of a number that is dialled straight."""
    if draft.codes is None:
        return
    own = ((path, number) for number, path in own_numbers(draft).items())
    dialled = (*own, *orbits(draft), *hunt_groups(draft))
    for path, code in _listed(draft.codes):
        for where, number in dialled:
            if number.startswith(code):
                yield Finding(path, f"{quote(code)} begins {quote(number)} ({where})", "put * or # before the code")


CHECKS = (_collisions, _numbers)
