"""The codec of core records: what comes back is what went in, and what does not fit is named."""

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.core import codes, events, hearing, ids, lamp, orders, rules, state
from appliance.core.events import CallArrived, Event, KeyPressed, Press
from appliance.core.hearing import Hearing, Silence
from appliance.core.ids import Dialog, KeyId, LegId, Party, Place, Seconds
from appliance.core.orders import Answer, Hangup, Order
from appliance.core.rules import GroupRules, Rules
from appliance.core.state import Ending, Leg, Parked, Role, State, Talking
from appliance.records import RecordError, decode, encode
from tests.core.business import BUSINESS, RELOADED
from tests.core.timeline import MUELLER, parked_for_anna

st.register_type_strategy(Seconds, st.floats(allow_nan=False, allow_infinity=False).map(Seconds))


def public_classes() -> Iterator[type]:
    for module in (ids, events, orders, state, rules, codes, hearing, lamp):
        for name, one in inspect.getmembers(module, inspect.isclass):
            if one.__module__ == module.__name__ and not name.startswith("_") and (is_dataclass(one) or _is_enum(one)):
                yield one


def _is_enum(one: type) -> bool:
    return issubclass(one, Enum)


def through_json(record: object) -> Any:
    return json.loads(json.dumps(encode(record)))


def a_leg() -> Leg:
    world, leg = parked_for_anna()
    return world.state.legs[leg]


# there and back


def deep_types(record: object) -> object:
    """The types of a record and of everything in it; a mapping is one whatever its class, and comes back as a dict."""
    match record:
        case tuple():
            return tuple, [deep_types(one) for one in record]
        case frozenset():
            return frozenset, sorted((deep_types(one) for one in record), key=repr)
        case Mapping():
            return Mapping, [(deep_types(key), deep_types(value)) for key, value in record.items()]
    if is_dataclass(record):
        return type(record), [deep_types(getattr(record, field.name)) for field in fields(record)]
    return type(record)


@pytest.mark.parametrize("kind", [*public_classes(), Event, Order, Role, Hearing, codes.Intent], ids=str)
def test_everything_comes_back_as_it_went(kind):
    """S-11: what is written is what was: equal, of the same types, and the same text when it is written again."""

    @settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.from_type(kind))
    def check(record):
        value = through_json(record)
        again = decode(kind, value)
        assert again == record
        assert deep_types(again) == deep_types(record)
        assert json.dumps(encode(again)) == json.dumps(value)

    check()


@pytest.mark.parametrize("given_rules", [BUSINESS, RELOADED])
def test_rules_keep_their_order_keys_and_sets(given_rules):
    again = decode(Rules, through_json(given_rules))
    assert again == given_rules
    assert list(again.places) == list(given_rules.places)
    assert all(type(group.parkers) is frozenset and type(group.places) is tuple for group in again.groups.values())


def test_a_union_is_told_apart_by_class_though_fields_are_alike():
    assert decode(Role, encode(Ending())) == Ending()
    assert decode(Hearing, encode(Silence())) == Silence()
    assert decode(tuple[Order, ...], encode((Answer(LegId(1)), Hangup(LegId(1))))) == (
        Answer(LegId(1)),
        Hangup(LegId(1)),
    )


def test_a_record_reads_well():
    assert encode(KeyPressed(KeyId("counter", "701"), Press.LONG)) == {
        "is": "KeyPressed",
        "key": {"is": "KeyId", "panel": "counter", "key": "701"},
        "press": "long",
    }


def test_keys_may_be_numbers_and_records():
    key = KeyId("counter", "701")
    kept = State(legs={LegId(-1): a_leg()}, refused={key: Seconds(1.5)}, changed={Place("701"): Seconds(2)})
    assert encode(kept)["refused"] == [[{"is": "KeyId", "panel": "counter", "key": "701"}, 1.5]]
    assert decode(State, through_json(kept)) == kept


def test_a_set_is_written_in_the_same_order_whatever_the_seed_of_the_hashes():
    group = GroupRules("Verkauf", "1", (), frozenset({"3", "1", "2"}))
    assert encode(group)["parkers"] == ["1", "2", "3"]


# what does not fit


def changed(**more: object) -> dict[str, Any]:
    return {**encode(a_leg()), **more}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (changed(colour="red"), "Leg.colour: is no field of Leg"),
        ({name: one for name, one in changed().items() if name != "confirmed"}, "Leg.confirmed: is missing"),
        (changed(id="1"), "Leg.id: is str instead of int"),
        (changed(id=True), "Leg.id: is bool instead of int"),
        (changed(id=1.0), "Leg.id: is float instead of int"),
        (changed(confirmed=1), "Leg.confirmed: is int instead of bool"),
        (changed(account=None), "Leg.account: is None instead of str"),
        (changed(role={"is": "Sleeping"}), "Leg.role: 'Sleeping' is none of Asking, "),
        (changed(role={}), "Leg.role: None is none of Asking, "),
        (changed(role=None), "Leg.role: None is none of Asking, "),
        (
            changed(role={"is": "Talking", "peer": 2, "hunt": "", "releasing": "maybe"}),
            "Leg.role.releasing: 'maybe' is no Releasing",
        ),
        (changed(party={"is": "Dialog"}), "Leg.party: is a 'Dialog' instead of a Party"),
        (changed(party="Müller"), "Leg.party: is str instead of dict"),
        (changed(dialog=7), "Leg.dialog: 7 is none of Dialog, None"),
        ([], "Leg: is list instead of dict"),
        ("Leg", "Leg: is str instead of dict"),
    ],
)
def test_what_is_no_leg_is_refused_with_its_path(value, told):
    with pytest.raises(RecordError) as caught:
        decode(Leg, value)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (tuple[Order, ...], [{"is": "Answer", "leg": 1}, {"is": "Party"}], "tuple.1: 'Party' is none of Answer, "),
        (tuple[str, int], ["a"], "tuple: has 1 elements instead of 2"),
        (tuple[str, ...], "abc", "tuple: is str instead of list"),
        (State, {**encode(State()), "legs": {}}, "State.legs: is dict instead of list"),
        (State, {**encode(State()), "legs": [[1]]}, "State.legs.0: has 1 elements instead of 2"),
        (State, {**encode(State()), "faults": [["sip", "a"], ["sip", "b"]]}, "State.faults: has a key twice"),
        (Event, 7, "value: 7 is none of CallArrived, "),
        (Place, 7, "Place: is int instead of str"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(kind, value, told):
    with pytest.raises(RecordError) as caught:
        decode(kind, value)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("thing", [[1], {1}, b"x", object(), (object(),), Leg])
def test_what_is_no_record_is_not_written(thing):
    with pytest.raises(RecordError):
        encode(thing)


def test_a_dialog_travels_with_its_leg():
    dialog = Dialog("abc@pbx", "ours", "theirs")
    event = CallArrived(LegId(1), "pbx", "*68102", MUELLER, Party("101"), dialog)
    assert decode(Event, through_json(event)) == event
    parked = a_leg().role
    assert isinstance(parked, Parked)
    assert decode(Role, through_json(parked)) == parked
    assert decode(Talking, encode(Talking(LegId(2)))) == Talking(LegId(2))
