"""The machine's material: a shop with every mode of recall, the same after an edit, and what people dial, enter and press."""

from dataclasses import replace

from hypothesis import strategies as st

from appliance.core.ids import PageId, Party, Place, Seconds
from appliance.core.rules import HuntRules, MemberRules, OwnerAlert, Policy, RecallMode, RecallRules, Rules
from tests.core.timeline import (
    ANNA,
    BERG,
    DOOR_KEY,
    HIDDEN,
    JENS,
    MIA,
    MUELLER,
    PAGE_KEY,
    PETER,
    SHOP,
    SHOP_KEYS,
    YARD_KEYS,
    with_group,
    with_place,
)

THEN = RecallRules(
    mode=RecallMode.PARKER_THEN_ALTERNATE, alternate="850", rounds=2, alternate_after=Seconds(35), longest=Seconds(240)
)
SERVICE = HuntRules(
    "850",
    "Service",
    (MemberRules("101", 50), MemberRules("102", 30), MemberRules("104", 20)),
    timeout=Seconds(40),
)
"""A group that leads back to where it came from."""
COUNTER = HuntRules(
    "851",
    "Theke",
    (MemberRules("102"), MemberRules("103")),
    Policy.SIMULTANEOUS,
    ring=Seconds(10),
    timeout=Seconds(25),
    forward="860",
    music="jingle",
    call_waiting=True,
)
COMFORT = "Bitte warten Sie."
BUSINESS: Rules = with_group(
    with_group(
        with_place(
            with_place(
                replace(
                    SHOP,
                    recall=RecallRules(rounds=9, longest=Seconds(240)),
                    exit_key="0",
                    comfort=COMFORT,
                    message_parker=True,
                    recall_chime=True,
                    owner_alert=OwnerAlert.SPLASH,
                    hunts={"850": SERVICE, "851": COUNTER},
                ),
                "103",
                recall_after=Seconds(30),
                hunted=False,
            ),
            "701",
            music="off",
            parkers=frozenset({"101", "104"}),
        ),
        "Verkauf",
        recall=THEN,
    ),
    "Werkstatt",
    recall=replace(THEN, mode=RecallMode.ALTERNATE, alternate="860"),
)
"""The shop, with every mode of recall, two hunt groups, and rounds short enough to reach the last resort."""
RELOADED: Rules = replace(
    BUSINESS,
    places={
        number: place
        for number, place in with_place(BUSINESS, "102", zone="").places.items()
        if number not in {"103", "701"}
    },
    groups={"Werkstatt": replace(BUSINESS.groups["Werkstatt"], places=(Place("702"), Place("101")))},
    hunts={
        "850": replace(SERVICE, policy=Policy.WEIGHTED, members=SERVICE.members[:2], timeout=None, ring=Seconds(20))
    },
    panels={"counter": BUSINESS.panels["counter"]},
)
"""The same after an edit: places, a group, a hunt group, a member and a panel are gone, 102 is silent."""

CALLERS = st.sampled_from([MUELLER, BERG, HIDDEN, Party("0171", "101")])
LIAR = Party("102", "101")
"""Anna's phone, whose display name is Peter's number (P-8)."""
STAFF = st.sampled_from([PETER, ANNA, JENS, MIA, LIAR])
PARKERS = st.one_of(STAFF, STAFF, st.sampled_from([HIDDEN, Party("800")]))
PLACES = st.sampled_from(["101", "102", "103", "701", "702"])
PARKING = st.one_of(
    PLACES.map("*68{}".format),
    st.sampled_from(["701", "702", "*58", "#58", "*581", "*582", "*68", "*68#", "800", "800"]),
)
HUNTED = st.sampled_from(["850", "850", "851"])
LOGINS = st.sampled_from(["*78", "*79", "*79850", "*78850", "*79851", "*79199"])
ODD = st.one_of(PLACES, PLACES.map("*88{}".format), st.sampled_from(["*88", "*88#", "*68199", "4711", ""]))
ASKING = st.sampled_from(["800", "*68", "*88", "*88#"])
ACCOUNTS = st.sampled_from(["pbx", "pbx", "pbx", "trunk"])
KEYS = st.sampled_from([*SHOP_KEYS.values(), *SHOP_KEYS.values(), *YARD_KEYS.values(), DOOR_KEY, PAGE_KEY])
PICK = st.integers(0, 7)
CODES = st.sampled_from([200, 404, 408, 480, 481, 486, 487, 503, 603])
GONE = st.sampled_from([481, 481, 603, 404])
"""What a PBX says to a take-over of what it has not."""
DOWN = st.sampled_from([0.0, 0.5, 3.0, 3.0, 40.0])
"""Seconds until the next process is up."""
ENDS = st.sampled_from([200, 200, 408, 481, 487, 603])
FUTURE = PageId(10**6)
