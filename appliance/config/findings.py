"""Turns what pydantic refused into findings: dotted path, what is wrong, what to do.

Leaves speak for themselves (`rule`); here is what concerns the shape of the file: a key that is unknown or missing,
a table where a list should be. The value of such an error is never shown, it may hold a secret.
"""

import difflib
import json
import re
from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from appliance.config import rule
from appliance.config.table import Table, annotation_at, fields, is_list, is_mapping, needed, table_in
from appliance.errors import Finding

Loc = tuple[int | str, ...]


def dotted(loc: Loc) -> str:
    """Write a location as the path of a key: `sip.account[0].name`, quoted where TOML would quote."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]":
            path += ("." if path else "") + _bare(part)
    return path or "the file"


def _bare(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else json.dumps(key, ensure_ascii=False)


def leads_into(path: str, outer: str) -> bool:
    """Tell whether a dotted path is another one, or leads into it."""
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def findings(error: ValidationError, root: type[Table]) -> Iterator[Finding]:
    """Name everything that one validation of `root` refused."""
    for item in error.errors(include_url=False):
        yield from _of(item, root)


def _of(item: ErrorDetails, root: type[Table]) -> Iterator[Finding]:
    loc, path = item["loc"], dotted(item["loc"])
    match item["type"]:
        case rule.REFUSED:
            yield Finding(path, item["ctx"]["wrong"], item["ctx"]["remedy"])
        case "extra_forbidden":
            yield _unknown(loc, root)
        case "missing":
            yield from _missing(loc, root)
        case "too_short":
            if not item["input"]:  # else its items were refused, each by a finding of its own
                yield Finding(path, "is empty", f"name at least one: {_written(loc, root)}")
        case "model_type" | "dict_type" | "mapping_type" | "tuple_type":
            yield Finding(
                path, f"must be {_shape(loc, root)}, is {rule.kind(item['input'])}", f"write {_written(loc, root)}"
            )
        case _:
            yield Finding(path, item["msg"], "see the manual for this key")


def _unknown(loc: Loc, root: type[Table]) -> Finding:
    key, table = str(loc[-1]), table_in(annotation_at(root, loc[:-1]))
    known = sorted(fields(table)) if table else []
    near = difflib.get_close_matches(key, known, n=1)
    if loc[:2] == ("hardware", "keys") and not near:
        quoted = f'write panel and key in quotes: "{loc[-2]}.{key}" = {{ pin = 5 }}'
        return Finding(dotted(loc), "are two keys to TOML", quoted)
    nearest = near or difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    others = "" if near else f" Known here: {', '.join(known)}"
    return Finding(dotted(loc), "is not a known key", f'did you mean "{"".join(nearest)}"?{others}')


def _missing(loc: Loc, root: type[Table]) -> Iterator[Finding]:
    """A missing table is told by the keys that it needs."""
    annotation = annotation_at(root, loc)
    table = table_in(annotation)
    if table and not is_list(annotation):
        for key in needed(table):
            yield from _missing((*loc, key), root)
        return
    yield Finding(dotted(loc), "is missing", f"add {_written(loc, root)}")


def _shape(loc: Loc, root: type[Table]) -> str:
    annotation = annotation_at(root, loc)
    if is_list(annotation):
        return "a list of tables" if table_in(annotation) else "a list"
    return "a table"


def _written(loc: Loc, root: type[Table]) -> str:
    """Show how a key, a table or a list is written, with an example where it is short."""
    annotation = annotation_at(root, loc)
    table = table_in(annotation)
    section = dotted(tuple(part for part in loc if isinstance(part, str)))
    if table is None:
        example = _example(loc, root)
        return f"{loc[-1]} = [{example}]" if is_list(annotation) else f"{loc[-1]} = {example}"
    braces = f"{{ {', '.join(f'{key} = ...' for key in fields(table))} }}"
    if table.inline and not is_mapping(annotation):
        return f"{loc[-1]} = [{braces}]" if is_list(annotation) else braces
    if is_list(annotation):
        return f"[[{section}]] with {' and '.join(needed(table)) or 'its keys'} below"
    return f"[{section}] with its keys below"


def _example(loc: Loc, root: type[Table]) -> str:
    holder = table_in(annotation_at(root, loc[:-1]))
    field = fields(holder).get(str(loc[-1])) if holder else None
    found = rule.rule_in(field.annotation, tuple(field.metadata)) if field else None
    return found.example if found else "..."
