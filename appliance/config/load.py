"""The door: a file goes in, a tree comes out, or ConfigError with everything that is wrong with it."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from appliance.config import checks
from appliance.config.draft import draft
from appliance.config.findings import findings, leads_into
from appliance.config.implied import with_implied_places
from appliance.config.model import Config
from appliance.errors import ConfigError, Finding


def load(path: Path) -> Config:
    """Read a file; its relative paths are relative to its folder. Raises ConfigError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        wrong, remedy = f"cannot be read ({error.strerror})", "create it, or name the right file"
        raise ConfigError((Finding(str(path), wrong, remedy),)) from error
    except ValueError as error:
        raise ConfigError((Finding(str(path), "is not text in UTF-8", "save it as UTF-8"),)) from error
    return parse(text, source=str(path), folder=path.absolute().parent)


def parse(text: str, *, source: str, folder: Path) -> Config:
    """Read TOML text; `source` is what findings about its syntax call it. Raises ConfigError."""
    try:
        tree = tomllib.loads(text)
    except ValueError as error:
        raise ConfigError((_syntax(source, text, str(error)),)) from None
    except RecursionError:
        raise ConfigError((Finding(source, "is nested too deeply", "write tables side by side"),)) from None
    return build(tree, folder)


def build(tree: Mapping[str, object], folder: Path) -> Config:
    """Make the configuration of a parsed file. Raises ConfigError with all findings at once."""
    found: list[Finding] = []
    config = None
    try:
        config = Config.model_validate(tree, context={"folder": folder})
    except ValidationError as error:
        found.extend(findings(error, Config))
    refused = tuple(finding.path for finding in found)
    crossed = checks.every(draft(tree, folder))
    found.extend(finding for finding in crossed if not any(leads_into(path, finding.path) for path in refused))
    if config is None or found:
        raise ConfigError(tuple(found))
    return with_implied_places(config)


def _syntax(source: str, text: str, message: str) -> Finding:
    """Tell where TOML's grammar was broken."""
    at = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    lines = text.split("\n")
    line, column = (int(at[1]), int(at[2])) if at else (len(lines), len(lines[-1]) + 1)
    what = re.sub(r" \(at [^()]*\)$", "", message)
    return Finding(f"{source}: line {line}, column {column}", f"is not TOML: {what}", "correct the line")
