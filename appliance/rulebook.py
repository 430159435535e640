"""From the configuration to the rules of the core. Pure translation; `appliance.app` uses it."""

from appliance.config.model import Config
from appliance.config.pa import English, German
from appliance.config.park import Extension, Group, HuntGroup, Orbit
from appliance.config.sip import Account
from appliance.core.ids import KeyId, Place, Seconds
from appliance.core.orders import Alert
from appliance.core.rules import (
    AccountRules,
    Codes,
    Confirm,
    GroupRules,
    HuntRules,
    KeyRules,
    MemberRules,
    OwnerAlert,
    PanelRules,
    PlaceKind,
    PlaceRules,
    Policy,
    RecallMode,
    RecallRules,
    Rules,
)

RING = 5
"""Seconds of one ring (P-29)."""


def rules(config: Config) -> Rules:
    """Return the core's rules."""
    return Rules(
        accounts={one.name: _account(one) for one in config.sip.account},
        last_resort=config.park.last_resort,
        places=_places(config),
        groups={group.name or group.number: _group(group, config) for group in config.group},
        hunts={one.number: _hunt(one) for one in config.hunt_group},
        panels=_panels(config),
        codes=Codes(
            config.codes.park,
            config.codes.park_group,
            config.codes.retrieve,
            config.codes.hunt_login,
            config.codes.hunt_logout,
        ),
        language=config.site.language,
        recall=_recall(config),
        music=config.park.music,
        display_time=Seconds(config.park.display_time),
        recall_chime=config.park.recall_chime,
        auto_answer=config.buttons.auto_answer,
        fetch_ring=Seconds(config.park.recall_ring),
        repeat_every=Seconds(config.announce.repeat_every),
        repeats=config.announce.repeats,
        exit_key=config.park.exit_key,
        exit_to=config.park.exit_to,
        take_own_parked=config.park.take_own_parked,
        take_in_group=config.park.take_in_group,
        comfort=config.park.comfort,
        comfort_every=Seconds(config.park.comfort_every),
        message_parker=config.park.message_parker,
        owner_alert=OwnerAlert(config.park.owner_alert),
        digit_pairs=config.announce.digits == "pairs",
    )


def _account(account: Account) -> AccountRules:
    return AccountRules(account.extension, release=account.retrieve == "release", registers=account.registers)


def _first_zone(config: Config) -> str:
    return config.zone[0].name if config.zone else ""


def _templates(config: Config) -> German | English:
    templates = config.announce.templates
    return templates.en if config.site.language == "en" else templates.de


def _places(config: Config) -> dict[Place, PlaceRules]:
    extensions = [_extension(one, config) for one in config.extension]
    orbits = [place for one in config.orbit for place in _orbits(one, config)]
    return {place.number: place for place in (*extensions, *orbits)}


def _after(seconds: int | None) -> Seconds | None:
    return None if seconds is None else Seconds(seconds)


def _extension(one: Extension, config: Config) -> PlaceRules:
    return PlaceRules(
        number=Place(one.number),
        kind=PlaceKind.EXTENSION,
        name=one.name,
        spoken=one.said,
        zone=one.zone or _first_zone(config),
        announcement=one.announcement or _templates(config).person,
        music=one.music or "",
        recall_after=_after(one.recall_after),
        hunted=one.hunted,
        parkers=_parkers(one.parkers),
    )


def _orbits(one: Orbit, config: Config) -> list[PlaceRules]:
    return [
        PlaceRules(
            number=Place(number),
            kind=PlaceKind.ORBIT,
            zone=one.zone or _first_zone(config),
            announcement=one.announcement or _templates(config).orbit,
            music=one.music or "",
            recall_after=_after(one.recall_after),
            hunted=one.hunted,
            parkers=_parkers(one.parkers),
        )
        for number in one.places
    ]


def _parkers(numbers: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if numbers is None else frozenset(numbers)


def _hunt(one: HuntGroup) -> HuntRules:
    return HuntRules(
        number=one.number,
        name=one.name or one.number,
        members=tuple(MemberRules(member.number, member.weight or 0) for member in one.members),
        policy=Policy(one.policy),
        ring=Seconds(one.rings * RING),
        timeout=Seconds(one.timeout) if one.timeout else None,
        forward=one.forward,
        call_waiting=one.call_waiting,
        music="" if one.music == "ringback" else one.music,
    )


def _group(group: Group, config: Config) -> GroupRules:
    return GroupRules(
        name=group.name or group.number,
        number=group.number,
        places=tuple(Place(number) for number in group.places),
        parkers=frozenset(group.parkers),
        zone=group.zone,
        announcement=group.announcement or _templates(config).group,
        music=group.music or "",
        recall=_recall(config, group),
    )


def _recall(config: Config, group: Group | None = None) -> RecallRules:
    site = config.park
    return RecallRules(
        after=Seconds((group and group.recall_after) or site.recall_after),
        mode=RecallMode((group and group.recall_mode) or site.recall_mode),
        ring=Seconds(site.recall_ring),
        pattern=Alert(site.recall_pattern),
        busy_retry=Seconds(site.busy_retry),
        alternate=(group and group.alternate) or site.alternate,
        alternate_after=Seconds((group and group.alternate_after) or site.alternate_after),
        rounds=site.rounds,
        longest=Seconds(site.longest),
        confirm=Confirm(site.recall_confirm),
    )


def _panels(config: Config) -> dict[str, PanelRules]:
    return {
        panel.name: PanelRules(
            station=panel.station,
            keys={
                KeyId(panel.name, name): KeyRules(Place(key.place) if key.place is not None else None)
                for name, key in panel.keys.items()
            },
        )
        for panel in config.panel
    }
