"""Every instant of a record is moved, and nothing else: found by the source, not by the code under test."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core import ids, state
from appliance.core.ids import KeyId, LegId, Place, Seconds
from appliance.core.state import Returning, Role
from appliance.store.shift import shifted
from tests.store.legs import ANNA, parked

SOURCE = ast.parse(Path(state.__file__).read_text())
INSTANTS = {
    node.name: {
        line.target.id
        for line in node.body
        if isinstance(line, ast.AnnAssign)
        and isinstance(line.target, ast.Name)
        and "Seconds" in ast.unparse(line.annotation)
    }
    for node in SOURCE.body
    if isinstance(node, ast.ClassDef)
}
"""The names of the fields that are instants, by class, as the source of the state says it."""

instant = st.floats(-1e6, 1e6).map(Seconds)


def records(value: Any) -> Iterator[Any]:
    """Yield a record and every record in it."""
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from records(getattr(value, field.name))


def built(kind: type) -> st.SearchStrategy[Any]:
    """Return any record of a class, with all instants set in it and in the records in it."""
    nested = {
        name: built(one)
        for name, hint in get_type_hints(kind).items()
        for one in (hint, *get_args(hint))
        if is_dataclass(one) and isinstance(one, type)
    }
    return st.builds(kind, **nested, **dict.fromkeys(INSTANTS.get(kind.__name__, ()), instant))


def other(value: Any, instants: set[str]) -> dict[str, Any]:
    """Return the fields of a record that are neither instants nor records."""
    return {
        field.name: getattr(value, field.name)
        for field in fields(value)
        if field.name not in instants and not is_dataclass(getattr(value, field.name))
    }


@pytest.mark.parametrize("kind", [*get_args(Role), Returning], ids=lambda kind: kind.__name__)
@given(data=st.data(), by=st.integers(-10000, 10000))
def test_each_instant_of_each_role_is_moved_and_nothing_else(kind, data, by):
    """A new field `Seconds` in any role is covered the moment that it stands in the source of the state."""
    leg = replace(
        parked(1), **({"returning": data.draw(built(kind))} if kind is Returning else {"role": data.draw(built(kind))})
    )
    moved = shifted(leg, by)
    pairs = list(zip(records(leg), records(moved), strict=True))
    assert len(pairs) >= 5
    for before, now in pairs:
        assert type(before) is type(now)
        instants = INSTANTS.get(type(before).__name__, set())
        assert other(before, instants) == other(now, instants)
        for name in instants:
            was = getattr(before, name)
            assert getattr(now, name) == (None if was is None else was + by)


def test_the_source_is_understood():
    assert INSTANTS["Recall"] == {"next_at", "last_resort_at", "round_ends"}
    assert INSTANTS["Parked"] == {"since"}
    assert INSTANTS["Leg"] == set()
    assert not any(
        "Seconds" in ast.unparse(node)
        for node in ast.parse(Path(ids.__file__).read_text()).body
        if isinstance(node, ast.ClassDef)
    )


def test_an_instant_that_is_not_set_stays_so():
    leg = parked(1, since=100)
    assert shifted(leg, 5) == replace(parked(1, since=105))
    assert shifted(leg, 0.0) == leg


@dataclass(frozen=True, slots=True)
class Deep:
    several: tuple[Seconds, ...]
    pair: tuple[int, Seconds]
    by_place: Mapping[Place, Seconds]
    legs: frozenset[LegId]
    maybe: tuple[Returning, ...] | None
    key: KeyId
    number: float
    whole: int


def test_collections_are_moved_by_what_they_hold():
    deep = Deep(
        (Seconds(1), Seconds(2)),
        (1, Seconds(1)),
        {Place("1"): Seconds(1)},
        frozenset({LegId(1)}),
        None,
        KeyId("a", "b"),
        1.0,
        1,
    )
    moved = shifted(deep, 10)
    assert moved == Deep(
        (Seconds(11), Seconds(12)),
        (1, Seconds(11)),
        {Place("1"): Seconds(11)},
        frozenset({LegId(1)}),
        None,
        KeyId("a", "b"),
        1.0,
        1,
    )
    assert shifted(replace(deep, maybe=(Returning(Seconds(3)),)), 10).maybe == (Returning(Seconds(13)),)


def test_a_record_without_instants_is_the_same():
    assert shifted(ANNA, 100) == ANNA
