"""What a lamp shows: a closed set of patterns (B-5). How a pattern becomes a level in time is the panel's business."""

from enum import Enum


class Lamp(Enum):
    """Pattern of one lamp."""

    OFF = "off"
    """Free."""
    SLOW = "slow"
    """A call is parked there."""
    MEDIUM = "medium"
    """A call is parked there, and has been for long."""
    STEADY = "steady"
    """A call is parked there, and it is this station's own place."""
    FAST = "fast"
    """Recall is near, or rings."""
    FLICKER = "flicker"
    """Armed: the next call that the station's phone transfers goes there."""
    DOUBLE_BLINK = "double_blink"
    """The press was refused."""
    DOUBLE_SLOW = "double_slow"
    """The call is coming back after a restart (S-2)."""
