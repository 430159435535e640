"""Places that are named but not described.

A park group may list extensions that have no table of their own, and a key an orbit: they are places all the same. Once the
file is found good, each gets its table, so that nobody who reads the tree has to know of this.
"""

from collections.abc import Iterator

from appliance.config.model import Config
from appliance.config.park import Extension, Orbit


def with_implied_places(config: Config) -> Config:
    """Return the tree with a table for each place that only a group (a person's) or a key (an orbit) names."""
    described = {extension.number for extension in config.extension}
    described.update(number for orbit in config.orbit for number in orbit.places)
    people = [number for number in dict.fromkeys(_people(config)) if number not in described]
    orbits = [number for number in dict.fromkeys(_keyed(config)) if number not in {*described, *people}]
    added = {
        "extension": (*config.extension, *(Extension(number=number) for number in people)),
        "orbit": (*config.orbit, *(Orbit(number=number) for number in orbits)),
    }
    return config.model_copy(update=added)


def _people(config: Config) -> Iterator[str]:
    """The places of groups, and keys for the own place of a station."""
    for group in config.group:
        yield from group.places
    stations = {panel.station for panel in config.panel}
    yield from (place for place in _keyed(config) if place in stations)


def _keyed(config: Config) -> Iterator[str]:
    for panel in config.panel:
        yield from (key.place for key in panel.keys.values() if key.place is not None)
