"""S-11: a bug in the field is a file. What was recorded is replayed through this core and compared."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from appliance import flight, replay
from appliance.core import engine, recall
from appliance.core.events import AdapterFault, LegEnded
from appliance.core.ids import LegId, Seconds
from appliance.core.state import State
from appliance.flight import Flight, FlightError
from appliance.recorder import Recorder
from appliance.records import encode
from appliance.replay import Comparison, compare
from tests.core.business import BUSINESS
from tests.core.timeline import MUELLER, PETER
from tests.flights import NOON, RecordedWorld, live

FAULT = AdapterFault("sound", "no card")


def filed(recorded: Flight, path: Path) -> Flight:
    """The same flight out of a file."""
    path.write_text("".join(flight.pieces(recorded)))
    return flight.load(path)


def steps(recorded: Flight) -> int:
    return sum(len(segment.steps) for segment in recorded.segments)


def a_recall() -> Flight:
    """A call that is parked at 2 and comes back at 47; a minute later it is taken, in a second segment."""
    world = RecordedWorld()
    world.later(2)
    world.call("*68102", MUELLER, by=PETER)
    world.at(70)
    world.retrieve("102", "103")
    return world.flight()


# the same


@pytest.mark.parametrize("seed", range(4))
def test_a_long_day_comes_out_the_same(seed, tmp_path):
    """S-11: over many segments and a file, orders and states are what they were."""
    world = RecordedWorld(BUSINESS)
    live(world, 2500, seed)
    recorded = filed(world.flight(), tmp_path / "flight.json")
    assert recorded == world.flight()
    comparison = compare(recorded)
    assert comparison == Comparison(len(recorded.segments), steps(recorded), (), None)
    assert comparison.segments > 5
    assert comparison.steps > 1500


def test_the_file_is_what_the_codec_writes(tmp_path):
    world = RecordedWorld(BUSINESS)
    live(world, 300, 0)
    pieces = list(flight.pieces(world.flight()))
    text = "".join(pieces)
    assert json.loads(text) == encode(world.flight())
    assert len(pieces) > steps(world.flight()), "never the whole as JSON at once"
    assert "".join(flight.pieces(filed(world.flight(), tmp_path / "flight.json"))) == text


def test_a_text_that_is_no_unicode_comes_back(tmp_path):
    """SIP can bring any bytes; the bundle writes them like this file."""
    world = RecordedWorld()
    world.tell(AdapterFault("sip", b"caf\xe9".decode(errors="surrogateescape")))
    text = "".join(flight.pieces(world.flight()))
    (tmp_path / "flight.json").write_bytes(text.encode(errors="backslashreplace"))
    assert flight.load(tmp_path / "flight.json") == world.flight()


def test_what_is_the_same_is_told_with_what_was_compared():
    recorded = a_recall()
    said = replay.text(recorded, compare(recorded), "1.3.0")
    assert said == (
        "recorded until 2024-05-01T12:00:00+00:00 by parkdeck 1.2.3, replayed by 1.3.0\n"
        f"2 segments, {steps(recorded)} steps: the same"
    )


def test_nothing_recorded_is_told_so(tmp_path):
    recorded = filed(Recorder("").snapshot(Seconds(0), NOON), tmp_path / "flight.json")
    assert compare(recorded) == Comparison(0, 0, (), None)
    assert replay.text(recorded, compare(recorded), "").endswith("\nnothing was recorded")


# a difference


def test_an_order_that_differs_is_told_with_its_step(monkeypatch):
    """S-11: the recorded core rang Peter at 47; the replaying one is broken and never does so in time."""
    recorded = a_recall()
    rings = next(at for at, step in enumerate(recorded.segments[0].steps, 1) if step.now == 47)
    begin = recall.begin
    monkeypatch.setattr(
        recall, "begin", lambda *given, **more: replace(begin(*given, **more), next_at=Seconds(49), near=True)
    )
    comparison = compare(recorded)
    difference = comparison.difference
    assert difference is not None
    assert (comparison.segments, comparison.steps) == (0, rings - 1)
    assert (difference.segment, difference.step, difference.now, difference.given) == (1, rings, 47, "time alone")
    assert len(difference.recorded) == 2
    assert difference.recorded[1].startswith("Dial(leg=-1, account='pbx', number='101'")
    assert difference.replayed == ("no orders",)
    said = replay.text(recorded, comparison, "1.2.3").splitlines()
    assert said[1:3] == [
        f"0 segments, {rings - 1} steps: the same, but then in segment 1, step {rings}",
        "at 2024-05-01T11:59:37.000+00:00 (47.000000): time alone",
    ]
    assert said[3:] == ["recorded:", *(f"    {line}" for line in difference.recorded), "replayed:", "    no orders"]


def test_a_state_that_differs_is_told_where_the_next_segment_begins(monkeypatch):
    """S-11: no order tells it, the state does."""
    world = RecordedWorld()
    world.tell(FAULT)
    world.at(70)
    world.tell(LegEnded(LegId(99), 200))
    monkeypatch.setattr(engine, "_fault", lambda *_: None)
    difference = compare(world.flight()).difference
    assert difference is not None
    assert (difference.segment, difference.step, difference.given) == (1, 0, f"after {FAULT!r}")
    assert (difference.recorded, difference.replayed) == (("faults['sound'] = 'no card'",), ("nothing more",))


def test_the_state_at_the_very_end_is_compared():
    recorded = replace(a_recall(), end=State())
    comparison = compare(recorded)
    assert (comparison.segments, comparison.steps) == (1, steps(recorded))
    assert comparison.difference is not None
    assert (comparison.difference.segment, comparison.difference.step) == (2, 0)


def test_a_segment_that_does_not_follow_is_run_by_itself():
    world = RecordedWorld()
    world.tell(FAULT)
    world.state = State()
    world.tell(LegEnded(LegId(99), 200))
    assert compare(world.flight()) == Comparison(2, 3, (), None)


# a step that raised


def broken(*_: object) -> None:
    raise KeyError(7)


def a_fault(monkeypatch: pytest.MonkeyPatch) -> Flight:
    """A core that breaks at a certain event, told as the runtime tells it."""
    world = RecordedWorld()
    monkeypatch.setattr(engine, "_fault", broken)
    with pytest.raises(KeyError) as caught:
        world.tell(FAULT)
    world.recorder.failed(world.now, FAULT, world.state, world.rules, caught.value)
    return world.flight()


def test_an_error_that_comes_again_is_the_same(monkeypatch, tmp_path):
    """S-11: the fault that was written out can be had again at the desk."""
    recorded = filed(a_fault(monkeypatch), tmp_path / "flight.json")
    comparison = compare(recorded)
    assert comparison == Comparison(1, 2, ("KeyError: 7",), None)
    assert "\nraised KeyError: 7: as recorded\n" in replay.text(recorded, comparison, "1.2.3")


def test_an_error_that_does_not_come_again_is_a_difference(monkeypatch):
    recorded = a_fault(monkeypatch)
    monkeypatch.undo()
    difference = compare(recorded).difference
    assert difference is not None
    assert (difference.step, difference.recorded, difference.replayed) == (2, ("raised KeyError: 7",), ("no orders",))


def test_an_error_that_was_not_recorded_is_a_difference(monkeypatch):
    world = RecordedWorld()
    world.tell(FAULT)
    monkeypatch.setattr(engine, "_fault", broken)
    difference = compare(world.flight()).difference
    assert difference is not None
    assert (difference.step, difference.recorded, difference.replayed) == (2, ("no orders",), ("raised KeyError: 7",))


# files


def test_a_bundle_and_its_flight_are_both_read(tmp_path):
    recorded = a_recall()
    filed(recorded, tmp_path / "flight.json")
    with zipfile.ZipFile(tmp_path / "parkdeck.zip", "w") as bundle:
        bundle.write(tmp_path / "flight.json", "flight.json")
    assert flight.load(tmp_path / "parkdeck.zip") == recorded


def spoilt(tmp_path: Path, **more: object) -> bytes:
    path = tmp_path / "spoilt.json"
    return json.dumps(encode(filed(a_recall(), path)) | more).encode()


def zipped(tmp_path: Path, member: str) -> bytes:
    path = tmp_path / "zipped.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(member, "".join(flight.pieces(a_recall())))
    return path.read_bytes()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda _: b"", "is neither a bundle"),
        (lambda _: b"\x7fELF\x80", "is neither a bundle"),
        (lambda _: b"[" * 100_000, "is neither a bundle"),
        (lambda _: b"[1]", "can replay: Flight: is list instead of dict"),
        (lambda _: b'{"version": "0.9"}', "can replay (it was written by parkdeck 0.9): Flight: is a None instead"),
        (lambda at: spoilt(at, colour="red"), "(it was written by parkdeck 1.2.3): Flight.colour: is no field"),
        (lambda at: spoilt(at, at="noon"), "Invalid isoformat string: 'noon'"),
        (
            lambda at: spoilt(at, segments=[{**encode(a_recall().segments[0]), "steps": []}]),
            "there is a segment without steps",
        ),
        (lambda at: zipped(at, "holiday.jpg"), "is a zip file without a flight.json"),
        (lambda at: zipped(at, "flight.json").replace(b"flight.json", b"fright.json", 1), "cannot be read"),
        (lambda at: zipped(at, "flight.json")[:60] + bytes(40) + zipped(at, "flight.json")[100:], "cannot be read"),
    ],
)
def test_a_file_that_is_no_flight_is_refused_in_a_sentence(content, told, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(content(tmp_path))
    with pytest.raises(FlightError) as caught:
        flight.load(path)
    assert str(caught.value).startswith(f"{path} ")
    assert told in str(caught.value)


@pytest.mark.parametrize("path", ["nowhere.zip", "."])
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(path, tmp_path):
    with pytest.raises(FlightError, match="cannot be read: "):
        flight.load(tmp_path / path)


def test_replay_needs_neither_the_sip_stack_nor_the_hardware():
    code = "import sys; from appliance import replay; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "appliance.core.engine" in loaded
    assert not {one for one in loaded if one.split(".")[0] in {"pjsua2", "_pjsua2", "hardware", "numpy", "pydantic"}}
