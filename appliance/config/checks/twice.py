"""The one idea behind most checks: what must be unique, and is not."""

from collections.abc import Iterable, Iterator

from appliance.config.rule import quote
from appliance.errors import Finding


def twice(named: Iterable[tuple[str, str]], remedy: str) -> Iterator[Finding]:
    """Yield a finding for each (path, value) whose value an earlier path has."""
    first: dict[str, str] = {}
    for path, value in named:
        if value in first:
            yield Finding(path, f"{quote(value)} is already {first[value]}", remedy)
        first.setdefault(value, path)


def within(path: str, values: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each value that a list has twice."""
    yield from twice(((f"{path}[{index}]", value) for index, value in enumerate(values)), "take one of them out")
