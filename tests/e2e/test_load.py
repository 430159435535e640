"""Many callers at once, made by SIPp: none is lost, all hear music at once, nothing is left (P-1, P-10, P-13)."""

import statistics

import pytest

from tests.bench.process import resident
from tests.e2e.company import chord_file, happened, milliseconds
from tests.lab.callers import Callers
from tests.lab.ports import Ports

pytestmark = pytest.mark.e2e

SOON = 3.0
"""Seconds in which what is due at once has happened even on a machine under load."""

PLACES = [str(number) for number in range(7101, 7151)]


@pytest.fixture
def rtp_ports():
    """Four ports for each of a hundred legs, and some."""
    with Ports(500) as ports:
        yield [ports.first, ports.last]


@pytest.mark.rule("P-1", "P-2", "P-13")
def test_fifty_callers_are_parked_and_fetched(start_box, pbx, rtp_ports, tmp_path):
    def configure(config):
        config["sip"]["rtp_ports"] = rtp_ports
        config["orbit"] = [{"numbers": PLACES}]
        config["park"]["music"] = str(chord_file())
        config["announce"] = {"repeats": 0}
        config["zone"][0]["chime"] = "off"

    box = start_box(configure)
    by = {"Diversion": f"<sip:101@{pbx.server}>;reason=unconditional"}
    parked = Callers(pbx.server, [f"*68{place}" for place in PLACES], tmp_path / "parked", rate=25, hold=60, headers=by)
    with parked:
        parked.wait_answered().wait_music()
        box.wait_status(lambda status: waiting(status) == len(PLACES), "all are parked")
        assert {event["by"]["number"] for event in happened(box, "parked")} == {"101"}
        taken = Callers(pbx.server, [f"*88{place}" for place in PLACES], tmp_path / "taken", rate=25, hold=6)
        with taken:
            taken.wait_answered()
            box.wait_status(lambda status: status["legs"] == 0, "every pair is released")
            fetched, gone = taken.wait(), parked.wait()
    assert len(happened(box, "retrieved")) == len(happened(box, "released")) == len(PLACES)
    assert (fetched.successful, gone.successful) == (len(PLACES), len(PLACES))
    assert not happened(box, "abandoned")
    assert all(call.ended is not None for call in gone.calls)
    box.wait_idle()
    pbx.wait_idle()
    assert box.status()["health"] == []
    print(
        f"\n50 parked: {milliseconds(gone.answer_times())} to the 200, {milliseconds(gone.music_times())} to the first packet"
    )
    print(f"50 fetched: {milliseconds(fetched.answer_times())} to the 200")


def waiting(status):
    return sum(place["state"] == "parked" for place in status["places"])


@pytest.mark.rule("P-10")
def test_the_first_packet_comes_within_30_ms_of_our_200(start_box, callers):
    places = [str(number) for number in range(710, 730)]

    def configure(config):
        config["park"]["music"] = str(chord_file())
        config["sip"]["account"][0]["trust"] = ["127.0.0.1"]
        config["orbit"] = [{"numbers": places}]
        config["group"] = [{"name": "Lager", "number": "2", "places": places, "parkers": ["101"]}]

    box = start_box(configure)
    address = f"127.0.0.1:{box.config['sip']['port']}"
    by = {"Referred-By": f"<sip:101@{address}>"}
    run = callers("*58", target=address, calls=len(places), rate=10.0, hold=1.0, headers=by)
    run.wait_music()
    outcome = run.wait()
    box.wait_idle()
    times = outcome.music_after_answer()
    print(
        f"\nfirst RTP packet after our 200: {milliseconds(times)}; 200 after INVITE: {milliseconds(outcome.answer_times())}"
    )
    assert (outcome.successful, outcome.failed, len(times)) == (len(places), 0, len(places))
    assert statistics.median(times) <= 0.03
    assert times[-1] < SOON


PARKS = 150
WARM = 50
"""Parks and retrieves before memory is read: by then pools and caches are nearly as full as they ever are."""
AT_A_TIME = 25
TALK = 4.0
"""Seconds that each talks: until long after both were told whom they talk to (P-16)."""
GROWTH = 30.0
"""MB that the process may grow meanwhile: what a lost leg, a lost port or a lost player for each call would far exceed.

`scripts/bench` measures it exactly, with a thousand, after the flight recorder has filled."""


@pytest.mark.rule("P-1", "P-13")
def test_parks_and_retrieves_in_a_row_leave_nothing(start_box, tmp_path):
    """P-1, P-13: each is answered, joined and released; legs, places and memory are as before."""
    places = PLACES[:AT_A_TIME]

    def configure(config):
        config["sip"]["account"][0] |= {"trust": ["127.0.0.1"], "retrieve": "anchor"}
        config["sip"]["rtp_ports"] = rtp
        config["orbit"] = [{"numbers": places}]
        config["announce"] = {"repeats": 0}
        config["zone"][0]["chime"] = "off"

    with Ports(500) as ports:
        rtp = [ports.first, ports.last]
        box = start_box(configure)
        before = 0.0
        for done in range(0, WARM + PARKS, AT_A_TIME):
            if done == WARM:
                before = resident(box.pid)
            wave(box, places, tmp_path / str(done))
        grown = resident(box.pid) - before
    assert len(happened(box, "retrieved")) == WARM + PARKS
    assert not happened(box, "abandoned")
    assert box.status()["health"] == []
    print(f"\n{PARKS} parks and retrieves: {before:.0f} MB, {grown:+.1f} MB")
    assert grown < GROWTH


def wave(box, places, folder):
    """Park somebody on every place, straight at the box; have each fetched, talk, and hang up."""
    can = {"Supported": "replaces"}
    by = {**can, "Referred-By": f"<sip:101@{box.server}>"}
    parked = Callers(box.server, [f"*68{one}" for one in places], folder / "parked", rate=25, hold=60, headers=by)
    taken = Callers(box.server, [f"*88{one}" for one in places], folder / "taken", rate=25, hold=TALK, headers=can)
    with parked:
        parked.wait_answered()
        with taken:
            outcomes = taken.wait(), parked.wait()
    assert [(one.successful, one.failed) for one in outcomes] == [(len(places), 0)] * 2
    box.wait_idle()
