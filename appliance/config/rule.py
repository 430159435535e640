"""What one value must be, in the words that a user reads, beside the test of it.

Each leaf of the tree is `Annotated[type, Rule]`. Pydantic calls `check`; what it refuses says itself what was wanted,
what stands there, and what to write instead, so no error of pydantic's own about a leaf ever has to be translated.
"""

import difflib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

REFUSED = "refused"
"""Type of the pydantic error that a rule raises; its context has `wrong` and `remedy`."""

_SHOWN = 60


def quote(text: str, longest: int = _SHOWN) -> str:
    """Write a text as TOML would, cut where it gets long."""
    return json.dumps(text if len(text) <= longest else text[: longest - 3] + "...", ensure_ascii=False)


def kind(value: object) -> str:
    """Say what sort of TOML value this is."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def show(value: object) -> str:
    """Write a scalar as TOML would; of anything bigger, say what it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if (isinstance(value, int) and abs(value) < 10**_SHOWN) or isinstance(value, float):
        return str(value)
    if isinstance(value, list) and len(value) <= 4 and not any(isinstance(item, list | dict) for item in value):  # noqa: PLR2004 - what still reads well
        return f"[{', '.join(show(item) for item in value)}]"
    return kind(value)


def _silent(_value: object) -> str | None:
    return None


def _same(value: object, _folder: Path | None) -> object:
    return value


def _to_float(value: object, _folder: Path | None) -> object:
    return float(value) if isinstance(value, int) else value


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule for one value."""

    what: str
    """What the value must be: it follows "must be"."""
    example: str
    """A value that is right, as TOML."""
    holds: Callable[[object], bool]
    advise: Callable[[object], str | None] = _silent
    """What to write instead of a wrong value, as TOML, where that can be guessed; else the example is shown."""
    turn: Callable[[object, Path | None], object] = _same
    """Makes the tree's value of a right one; the folder of the file comes along, where there is a file."""
    secret: bool = False
    """Whether a wrong value must not be shown."""

    def check(self, value: object, info: ValidationInfo) -> object:
        """Return the tree's value, or refuse with PydanticCustomError."""
        if not self.holds(value):
            told = {"wrong": self._wrong(value), "remedy": self._remedy(value)}
            raise PydanticCustomError(REFUSED, "{wrong}: {remedy}", told)
        context: dict[str, Path] = info.context or {}
        return self.turn(value, context.get("folder"))

    def _wrong(self, value: object) -> str:
        return f"must be {self.what}, is {kind(value) if self.secret else show(value)}"

    def _remedy(self, value: object) -> str:
        return f"write {self.advise(value) or self.example}"

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.check)


def one_of(words: tuple[str, ...]) -> Rule:
    """One of some words; a slip of the pen is told the nearest."""

    def advise(value: object) -> str | None:
        near = difflib.get_close_matches(value.strip().lower(), words, n=1) if isinstance(value, str) else []
        return quote(near[0]) if near else None

    quoted = [quote(word) for word in words]
    what = " or ".join((", ".join(quoted[:-1]), quoted[-1]))
    return Rule(what, quoted[0], lambda value: isinstance(value, str) and value in words, advise)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Stands for the rule of a Literal, whose words are the type's own."""

    def __get_pydantic_core_schema__(self, source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(one_of(get_args(source)).check)


def rule_in(annotation: object, metadata: tuple[object, ...] = ()) -> Rule | None:
    """Find the rule that a field's annotation carries, itself or (a list, an optional value) within."""
    for item in metadata:
        if isinstance(item, Rule):
            return item
    if get_origin(annotation) is Literal:
        return one_of(get_args(annotation))
    inner = get_args(annotation)
    own = tuple(item for item in inner if isinstance(item, Rule))
    return rule_in(None, own) if own else next((rule for rule in map(rule_in, inner) if rule), None)


def whole(noun: str, low: int, high: int, example: int) -> Rule:
    """A whole number within a range; the noun says of what."""

    def holds(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    def advise(value: object) -> str | None:
        guess = _as_number(value)
        return str(int(guess)) if guess is not None and guess.is_integer() and low <= guess <= high else None

    return Rule(f"a {noun} from {low} to {high}", str(example), holds, advise)


def decimal(noun: str, low: float, high: float, example: float) -> Rule:
    """A number with or without a decimal point within a range; becomes a float."""

    def holds(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high

    def advise(value: object) -> str | None:
        guess = _as_number(value)
        return f"{guess:g}" if guess is not None and low <= guess <= high else None

    return Rule(f"a {noun} from {low:g} to {high:g}", f"{example:g}", holds, advise, _to_float)


def _as_number(value: object) -> float | None:
    """What a number in quotes, or with a point that it does not need, may have meant."""
    if not isinstance(value, str | float):
        return None
    try:
        guess = float(value)
    except ValueError:
        return None
    return guess if math.isfinite(guess) else None


def text(what: str, example: str, holds: Callable[[str], bool]) -> Rule:
    """A text that meets a test; a bare number that would meet it in quotes is told so."""

    def advise(value: object) -> str | None:
        bare = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_SHOWN
        return quote(str(value)) if bare and holds(str(value)) else None

    return Rule(what, quote(example), lambda value: isinstance(value, str) and holds(value), advise)
