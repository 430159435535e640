"""Who may import whom (design, section 2): walks the syntax tree of every file of both packages."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = ("dataclasses", "enum", "typing", "types", "collections.abc")
RECORDS = tuple(f"appliance.core.{name}" for name in ("ids", "events", "orders", "hearing", "lamp"))
BORDER = (*RECORDS, "appliance.errors", "hardware.ports")
PORTS = ("appliance.sip.port", "appliance.pa.port", "appliance.panel.port", "appliance.store.port")

# The longest prefix of a module's name decides what it may import of ours; "*" is everything.
ALLOWED: dict[str, tuple[str, ...]] = {
    "hardware.ports": (),
    "hardware.board": (),
    "hardware.debounce": (),
    "hardware.presses": (),
    "hardware.patterns": (),
    "hardware.gpio": ("hardware.ports", "hardware.board"),
    "hardware.sound": ("hardware.ports", "hardware.board"),
    "hardware.sim": ("hardware.ports", "hardware.board"),
    "hardware": (),
    "appliance.core": ("appliance.core",),
    "appliance.sip": (*BORDER, "appliance.sip"),
    "appliance.pa": (*BORDER, "appliance.pa"),
    "appliance.faults": ("appliance.core.events",),
    "appliance.panel": (
        *BORDER,
        "appliance.faults",
        "appliance.panel",
        # the three pure files turn levels into presses and patterns into levels; they are the panel's arithmetic
        "hardware.debounce",
        "hardware.presses",
        "hardware.patterns",
    ),
    "appliance.store": (
        *RECORDS,
        # the journal keeps legs whole: what the core knows of a leg is what has to survive
        "appliance.core.state",
        "appliance.records",
        "appliance.errors",
        "appliance.faults",
        "appliance.store",
    ),
    "appliance.history": (*BORDER, "appliance.history"),
    "appliance.config": ("appliance.config", "appliance.errors"),
    "appliance.runtime": ("appliance.core", "appliance.errors", "appliance.recorder", *PORTS),
    "appliance.status": ("appliance.core", "appliance.errors"),
    "appliance.control": (
        "appliance.core",
        "appliance.errors",
        "appliance.history",
        "appliance.runtime",
        "appliance.status",
        *PORTS,
    ),
    "appliance.client": ("appliance.errors",),
    "appliance.rulebook": ("appliance.config", "appliance.core"),
    "appliance.machine": ("appliance.settings", "appliance.config", "appliance.errors", "hardware"),
    "appliance.settings": ("appliance.config", "appliance.core", "appliance.errors", *PORTS, "hardware.board"),
    "appliance.records": ("appliance.errors",),
    "appliance.flight": ("appliance.core", "appliance.errors", "appliance.records"),
    "appliance.recorder": ("appliance.core", "appliance.flight"),
    "appliance.replay": ("appliance.core", "appliance.flight"),
    "appliance.bundle": ("appliance.config", "appliance.errors", "appliance.flight", "appliance.status"),
    "appliance.ring": (),
    "appliance.lives": (),
    "appliance.relapse": (),
    "appliance.restart": (),
    "appliance.logs": (),
    "appliance.watchdog": (),
    "appliance.relays": ("appliance.errors", "hardware"),
    "appliance.errors": (),
    "appliance.cli": (
        "appliance.app",
        "appliance.settings",
        "appliance.client",
        "appliance.logs",
        "appliance.relays",
        "appliance.restart",
        "appliance.flight",
        "appliance.replay",
        "appliance.status",
        "appliance.tables",
        "appliance.errors",
        "appliance.config",
    ),
    "appliance.live": ("appliance.config",),
    "appliance.tables": ("appliance.history.zone",),
    "appliance.parts": (
        "appliance.client",
        "appliance.config",
        "appliance.core.rules",
        "appliance.errors",
        "appliance.lives",
        "appliance.machine",
        "appliance.settings",
        "appliance.pa",
        "appliance.panel",
        "appliance.sip",
        "hardware",
    ),
    "appliance.app": ("*",),
    "appliance": (),
}

# A foreign library belongs to the files that its adapter keeps for it.
OWNERS: dict[str, str | tuple[str, ...]] = {
    "pjsua2": "appliance.sip.pjsua",
    "_pjsua2": "appliance.sip.pjsua",
    "pyaudio": "hardware.sound",
    "gpiozero": "hardware.gpio",
    "lgpio": "hardware.gpio",
    "systemd": ("appliance.logs", "appliance.watchdog"),
}


def sources() -> list[Path]:
    return sorted(path for package in ("appliance", "hardware") for path in (ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything that is imported; `from a import b` as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(module: str, text: str) -> list[str]:
    """Return the imports of a module's text that the matrix forbids."""
    return [name for name in imports(ast.parse(text)) if not _is_allowed(module, name)]


def _is_allowed(module: str, name: str) -> bool:
    top = name.split(".", 1)[0]
    if top in ("appliance", "hardware"):
        allowed = ALLOWED[_longest_prefix(module)]
        return "*" in allowed or any(_is_within(name, prefix) for prefix in allowed)
    if top in OWNERS:
        return module.startswith(OWNERS[top])
    if module.startswith("appliance.core"):
        return any(_is_within(name, prefix) for prefix in PURE)
    stdlib_only = module in (
        "hardware.ports",
        "hardware.board",
        "hardware.debounce",
        "hardware.presses",
        "hardware.patterns",
    )
    return not stdlib_only or top in sys.stdlib_module_names


def _longest_prefix(module: str) -> str:
    return max((prefix for prefix in ALLOWED if _is_within(module, prefix)), key=len)


def _is_within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_a_file_imports_what_its_layer_may(path: Path) -> None:
    assert violations(module_name(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("appliance.core.park", "import time"),
        ("appliance.core.park", "from appliance.sip import port"),
        ("appliance.sip.fake", "from appliance.pa.port import Pa"),
        ("appliance.sip.fake", "from appliance.core.engine import step"),
        ("appliance.sip.headers", "import pjsua2"),
        ("appliance.pa.bus", "import pyaudio"),
        ("appliance.store.journal", "from appliance.core.engine import step"),
        ("appliance.runtime", "from appliance.sip.pjsua import PjsuaSip"),
        ("hardware.debounce", "import numpy"),
        ("hardware.sim", "from appliance.core.ids import LegId"),
        ("appliance.control", "import appliance.app"),
    ],
)
def test_a_planted_violation_is_found(module: str, text: str) -> None:
    assert violations(module, text) != []
