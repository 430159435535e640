"""The menu at the box's own number: one key for each function, for a PBX that gives the box one number only. Pure.

Each function has the same key at every site. One that a site has not got is not offered, nor one whose key begins a code: the
codes may be entered as well, without their `*` or `#`.
"""

from enum import Enum

from appliance.core.rules import Rules


class Choice(Enum):
    """What the menu offers, by its key, in the order in which it says so; 5 to 8 begin the codes as delivered."""

    PARK = "1"
    PARK_IN_GROUP = "2"
    RETRIEVE = "3"
    LOG_IN = "4"
    LOG_OUT = "9"


def offered(rules: Rules) -> tuple[Choice, ...]:
    """Return what the menu of this site offers."""
    codes = {
        Choice.PARK: rules.codes.park,
        Choice.PARK_IN_GROUP: rules.codes.park_group if rules.groups else (),
        Choice.RETRIEVE: rules.codes.retrieve,
        Choice.LOG_IN: rules.codes.hunt_login if rules.hunts else (),
        Choice.LOG_OUT: rules.codes.hunt_logout if rules.hunts else (),
    }
    begun = {code.lstrip("*#")[:1] for those in codes.values() for code in those}
    return tuple(choice for choice in Choice if codes[choice] and choice.value not in begun)


def chosen(key: str, rules: Rules) -> Choice | None:
    """Return what a key chooses, if anything."""
    return next((choice for choice in offered(rules) if choice.value == key), None)
