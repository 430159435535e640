"""The machine's material: a shop with every mode of recall, the same after an edit, and what people dial, enter and press."""

from dataclasses import replace

from hypothesis import strategies as st

from appliance.core.ids import PageId, Party, Place, Seconds
from appliance.core.rules import RecallMode, RecallRules, Rules
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
BUSINESS: Rules = with_group(
    with_group(
        with_place(
            with_place(
                replace(SHOP, recall=RecallRules(rounds=9, longest=Seconds(240))), "103", recall_after=Seconds(30)
            ),
            "701",
            music="off",
        ),
        "Verkauf",
        recall=THEN,
    ),
    "Werkstatt",
    recall=replace(THEN, mode=RecallMode.ALTERNATE),
)
"""The shop, with every mode of recall, and rounds short enough to reach the last resort."""
RELOADED: Rules = replace(
    BUSINESS,
    places={
        number: place
        for number, place in with_place(BUSINESS, "102", zone="").places.items()
        if number not in {"103", "701"}
    },
    groups={"Werkstatt": replace(BUSINESS.groups["Werkstatt"], places=(Place("702"), Place("101")))},
    panels={"counter": BUSINESS.panels["counter"]},
)
"""The same after an edit: places, a group and a panel are gone, 102 is silent."""

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
