"""The whole tree. Field names are the file's keys; a list of tables has the singular name that the file gives it."""

from appliance.config.history import History
from appliance.config.pa import Announce, Zone
from appliance.config.panel import Buttons, Hardware, Panel
from appliance.config.park import Extension, Group, HuntGroup, Orbit, Park
from appliance.config.sip import Sip
from appliance.config.site import Codes, Site
from appliance.config.table import Table


class Config(Table):
    """Everything that the file says, with the defaults for what it does not."""

    site: Site = Site()
    """Where the box stands."""
    sip: Sip
    """The way to the PBX."""
    codes: Codes = Codes()
    """What phones dial."""
    park: Park
    """What holds for every parked call."""
    extension: tuple[Extension, ...] = ()
    """Places that belong to a person."""
    orbit: tuple[Orbit, ...] = ()
    """Numbered places."""
    group: tuple[Group, ...] = ()
    """Park groups."""
    hunt_group: tuple[HuntGroup, ...] = ()
    """Hunt groups."""
    zone: tuple[Zone, ...] = ()
    """Zones; the first one is the default, and without any nothing is announced."""
    announce: Announce = Announce()
    """How a parked call is announced."""
    buttons: Buttons = Buttons()
    """How keys behave."""
    panel: tuple[Panel, ...] = ()
    """Panels."""
    history: History = History()
    """What is remembered of parked calls."""
    hardware: Hardware = Hardware()
    """Pins."""
