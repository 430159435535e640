"""Records of the core as JSON and back, exactly: what the journal keeps and the flight recorder writes.

    encode(record)       -> dict, list, str, int, float, bool or None
    decode(kind, value)  -> what went in, equal and of the same types

An object is a record and says of which class (`"is"`), an array holds several (a mapping is an array of pairs, for its
keys may be records), an enum is its value. Nothing is guessed, converted or left to a default: a field more or less, or
a value of another type, is an error that names its path. Own code, because each of these rules would be a hook of ours in
cattrs (it converts, fills in defaults, takes a text for a tuple), and pydantic tags no union of records that do not
know it. Pure; any thread.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from appliance.errors import ParkdeckError

T = TypeVar("T")
TAG = "is"
Path = tuple[str, ...]


class RecordError(ParkdeckError, ValueError):
    """This is no such record; the message begins with the path of what does not fit (`Leg.role.since: ...`)."""

    def __init__(self, path: Path, wrong: str) -> None:
        super().__init__(f"{'.'.join(path)}: {wrong}")


def encode(record: object) -> Any:
    """Return a record, or a tuple, frozenset or mapping of such, as JSON knows it. Raises RecordError for anything else."""
    match record:
        case Enum():
            return encode(record.value)
        case None | bool() | int() | float() | str():
            return record
        case tuple():
            return [encode(one) for one in record]
        case frozenset():
            return sorted((encode(one) for one in record), key=json.dumps)
        case Mapping():
            return [[encode(key), encode(value)] for key, value in record.items()]
    kind = type(record)
    if not is_dataclass(kind):
        raise RecordError((kind.__name__,), "is no record and nothing that a record holds")
    return {TAG: kind.__name__} | {name: encode(getattr(record, name)) for name in _types(kind)}


@overload
def decode(kind: type[T], value: Any) -> T: ...
@overload
def decode(kind: UnionType, value: Any) -> Any: ...
def decode(kind: Any, value: Any) -> Any:
    """Return the record of a kind (a class, or a union such as `Event`) that was encoded; a mapping comes back as a dict.

    Raises RecordError.
    """
    return _decode(kind, value, ("value" if isinstance(kind, UnionType) else _name(kind),))


def _decode(kind: Any, value: Any, path: Path) -> Any:  # noqa: PLR0911 - a table: one line for each sort of type
    if isinstance(kind, NewType):
        return _decode(kind.__supertype__, value, path)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _decode(_member(get_args(kind), value, path), value, path)
    if origin in (tuple, frozenset):
        return origin(_several(kind, value, path))
    if origin is Mapping:
        return _mapping(kind, value, path)
    if is_dataclass(kind):
        return _record(kind, value, path)
    if issubclass(kind, Enum):
        return _enum(kind, value, path)
    return _plain(kind, value, path)


def _member(members: tuple[Any, ...], value: Any, path: Path) -> Any:
    """Return the member of a union that a value is of: a record by its tag, else None before the one that is left."""
    if isinstance(value, dict):
        for member in members:
            if is_dataclass(member) and _name(member) == value.get(TAG):
                return member
        raise RecordError(path, f"{value.get(TAG)!r} is none of {', '.join(map(_name, members))}")
    if value is None and NoneType in members:
        return NoneType
    others = [member for member in members if member is not NoneType and not is_dataclass(member)]
    if len(others) != 1:
        raise RecordError(path, f"{value!r} is none of {', '.join(map(_name, members))}")
    return others[0]


def _several(kind: Any, value: Any, path: Path) -> list[Any]:
    """Decode the elements of `tuple[X, ...]`, `tuple[X, Y]` or `frozenset[X]`."""
    _plain(list, value, path)
    kinds = get_args(kind)
    if get_origin(kind) is frozenset or kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise RecordError(path, f"has {len(value)} elements instead of {len(kinds)}")
    return [_decode(one, element, (*path, str(at))) for at, (one, element) in enumerate(zip(kinds, value, strict=True))]


def _mapping(kind: Any, value: Any, path: Path) -> dict[Any, Any]:
    pair: Any = GenericAlias(tuple, get_args(kind))
    mapping = dict(_several(tuple[pair, ...], value, path))
    if len(mapping) != len(value):
        raise RecordError(path, "has a key twice")
    return mapping


def _record(kind: Any, value: Any, path: Path) -> Any:
    _plain(dict, value, path)
    if value.get(TAG) != kind.__name__:
        raise RecordError(path, f"is a {value.get(TAG)!r} instead of a {kind.__name__}")
    types = _types(kind)
    if missing := types.keys() - value.keys():
        raise RecordError((*path, min(missing)), f"is missing in this {kind.__name__}")
    if unknown := value.keys() - types.keys() - {TAG}:
        raise RecordError((*path, min(unknown)), f"is no field of {kind.__name__}")
    return kind(**{name: _decode(one, value[name], (*path, name)) for name, one in types.items()})


def _enum(kind: type[Enum], value: Any, path: Path) -> Enum:
    for member in kind:
        if encode(member.value) == value:
            return member
    raise RecordError(path, f"{value!r} is no {kind.__name__}")


def _plain(kind: type, value: Any, path: Path) -> Any:
    """Return a value that is of exactly this type; a whole number will do for a float, and stays whole."""
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise RecordError(path, f"is {_name(type(value))} instead of {_name(kind)}")


@cache
def _types(kind: type) -> dict[str, Any]:
    """Return the type of each field of a record's class, in the order of the fields."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _name(kind: Any) -> str:
    return "None" if kind is NoneType else getattr(kind, "__name__", str(kind))
