"""The base of every table of the tree, and walking the tree as types: which table holds this key, which keys has it."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Table(BaseModel):
    """One TOML table: frozen, unknown keys refused, each field told by the docstring under it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)

    inline: ClassVar[bool] = False
    """Whether the table is written on one line, within braces."""


def fields(table: type[Table]) -> dict[str, FieldInfo]:
    """Return the keys of a table as the file spells them."""
    return {field.alias or name: field for name, field in table.model_fields.items()}


def needed(table: type[Table]) -> tuple[str, ...]:
    """Return the keys of a table that have no default."""
    return tuple(key for key, field in fields(table).items() if field.is_required())


def is_list(annotation: object) -> bool:
    """Tell whether a field takes a list."""
    return get_origin(annotation) is tuple


def is_mapping(annotation: object) -> bool:
    """Tell whether a field takes a table whose keys the user names."""
    return get_origin(annotation) is Mapping


def table_in(annotation: object) -> type[Table] | None:
    """Return the table that a field holds: itself, as a list, or under names of the user's."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    inner = (table_in(argument) for argument in get_args(annotation))
    return next((table for table in inner if table), None)


def annotation_at(root: type[Table], loc: tuple[int | str, ...]) -> object | None:
    """Follow a location of an error through the types; None where it leads out of the tree."""
    here: object | None = root
    for part in loc:
        here = _inner(here, part)
    return here


def _inner(annotation: object, part: int | str) -> object | None:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        field = fields(annotation).get(str(part))
        return field.annotation if field else None
    arguments: tuple[object, ...] = get_args(annotation)
    origin = get_origin(annotation)
    if origin in {Annotated, Union, UnionType}:
        return _inner(arguments[0], part)
    if origin is Mapping:
        return arguments[1]
    return arguments[0] if origin is tuple else None
