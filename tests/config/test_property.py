"""Whatever stands in the file, the door opens or says why: nothing but ConfigError ever comes out."""

import contextlib
import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.config.load import build, parse
from appliance.config.reference import keys
from appliance.errors import ConfigError

EXAMPLE = Path(__file__).with_name("example.toml").read_text()
NOWHERE = Path("/nonexistent")

names = (
    st.sampled_from(sorted({part for key in keys() for part in key.split(".")} | {"counter.1", "1", ""})) | st.text()
)
scalars = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(),
    st.integers(-10, 700),
    st.sampled_from(["101", "*68", "shop", "default", "off", "weighted", "alternate", "sim"]),
    st.floats(),
    st.just(datetime(2024, 1, 1, tzinfo=UTC)),
    st.just(date(2024, 1, 1)),
    st.just(time(12)),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)
trees = st.dictionaries(names, values, max_size=6)


def told(tree) -> None:
    """Build, and look that a refusal has findings that can be read."""
    findings = None
    try:
        build(tree, NOWHERE)
    except ConfigError as error:
        findings = error.findings
    assert findings is None or (findings and all(one.path and one.wrong and one.remedy for one in findings))


@settings(max_examples=400)
@given(trees)
@example({"a": [[[[[]]]]]})
def test_any_tree_is_taken_or_told(tree):
    told(tree)


def test_numbers_without_end_are_told():
    told({"park": {"recall_after": 10**5000, "last_resort": 10**5000}, "zone": [{"name": "a", "lead": -(10**5000)}]})


def places_in(tree, path=()):
    """Every path through a tree."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places_in(value, (*path, key))


def changed(tree, path, value):
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = value if len(path) == 1 else changed(copy[path[0]], path[1:], value)
    return copy


WHOLE = tomllib.loads(EXAMPLE)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(sorted(places_in(WHOLE), key=str)), values), min_size=1, max_size=4))
def test_any_change_of_a_good_file_is_taken_or_told(changes):
    tree = WHOLE
    for path, value in changes:
        with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError, ValueError):  # gone by another change
            tree = changed(tree, path, value)
    told(tree)


@given(st.text())
def test_any_text_is_taken_or_told(text):
    with contextlib.suppress(ConfigError):
        parse(text, source="parkdeck.toml", folder=NOWHERE)


@given(st.integers(0, len(EXAMPLE)), st.text(max_size=3))
def test_any_slip_of_the_pen_is_taken_or_told(at, slip):
    with contextlib.suppress(ConfigError):
        parse(EXAMPLE[:at] + slip + EXAMPLE[at + 1 :], source="parkdeck.toml", folder=NOWHERE)
