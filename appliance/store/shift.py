"""A record with its instants on another clock: whatever is annotated `Seconds` is moved, nothing else.

Pure. The annotations decide, so that a new role with a new deadline needs nothing here. In a `Leg` every `Seconds` is an instant
(in the rules it is a duration: those are not kept).
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from appliance.core.ids import Seconds

R = TypeVar("R")


def shifted(record: R, by: float) -> R:
    """Return a record with `by` seconds added to every instant in it, however deep."""
    moved: R = _moved(type(record), record, by)
    return moved


def _moved(kind: Any, value: Any, by: float) -> Any:
    """Return a value of an annotation with its instants moved."""
    members = _members(kind)
    if Seconds in members and isinstance(value, float | int):
        return Seconds(value + by)
    if is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        return replace(value, **{name: _moved(hint, getattr(value, name), by) for name, hint in hints.items()})
    if isinstance(value, tuple | frozenset | Mapping):
        return _moved_all(next(one for one in members if get_args(one)), value, by)
    return value


def _moved_all(kind: Any, values: Any, by: float) -> Any:
    """Return a collection of an annotation with the instants of its members moved."""
    match values, get_args(kind):
        case Mapping(), (of_key, of_value):
            return {_moved(of_key, key, by): _moved(of_value, value, by) for key, value in values.items()}
        case tuple(), (*kinds,) if kinds[-1] is not Ellipsis:
            return tuple(_moved(one, value, by) for one, value in zip(kinds, values, strict=True))
        case _, (kind_of_all, *_):
            return type(values)(_moved(kind_of_all, value, by) for value in values)
    raise TypeError(f"{kind} does not say what it holds")


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
