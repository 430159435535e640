import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.config.load import build
from appliance.config.model import Config
from appliance.errors import ConfigError

SMALLEST = """
[sip]
account = [{ extension = "800", server = "pbx" }]
[park]
last_resort = "100"
"""

Load = Callable[..., Config]
Refused = Callable[..., dict[str, tuple[str, str]]]


def merged(under: dict, over: dict) -> dict:
    both = {**under, **over}
    return {
        key: merged(under[key], value) if isinstance(value, dict) and isinstance(under.get(key), dict) else value
        for key, value in both.items()
    }


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Builds the smallest configuration with some TOML laid over it."""
    return lambda text="", under=SMALLEST: build(merged(tomllib.loads(under), tomllib.loads(text)), tmp_path)


@pytest.fixture
def refused(load: Load) -> Refused:
    """Like `load` for something wrong: every finding's path with what is wrong and the remedy."""

    def findings(text: str = "", under: str = SMALLEST) -> dict[str, tuple[str, str]]:
        with pytest.raises(ConfigError) as error:
            load(text, under)
        found = {finding.path: (finding.wrong, finding.remedy) for finding in error.value.findings}
        assert len(found) == len(error.value.findings), "one path, one finding"
        return found

    return findings
