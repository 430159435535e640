"""The manual knows every key of the configuration, with its default, and its example is a good configuration."""

import re
from pathlib import Path

import pytest

from appliance.config.load import parse
from appliance.config.reference import Entry, entries

README = (Path(__file__).parent.parent / "README.md").read_text()


def row(entry: Entry) -> str:
    return f"| `{entry.path}` | `{entry.default.replace('|', chr(92) + '|')}` |"


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.path)
def test_the_manual_has_the_key_and_its_default(entry: Entry) -> None:
    assert row(entry) in README, f"add a row to README.md that begins {row(entry)!r}"


def test_the_manual_has_no_key_that_there_is_not() -> None:
    documented = re.findall(r"^\| `([a-z_.*]+)` \| `", README, flags=re.MULTILINE)

    assert sorted(documented) == sorted(entry.path for entry in entries())


def test_the_examples_of_the_manual_are_good() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    whole = next(block for block in blocks if "[sip]" in block)

    config = parse(re.sub(r"^   ", "", whole, flags=re.MULTILINE), source="README.md", folder=Path())

    assert config.park.last_resort == "100"
