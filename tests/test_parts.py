"""What is made with the parts of the service, and what is said when that cannot be."""

import numpy as np
import pytest
import soundfile

from appliance import parts, rulebook
from appliance.config.load import parse
from appliance.errors import AdapterError

SITE = """
[sip]
account = [{ extension = "800", server = "127.0.0.1" }]
[park]
last_resort = "100"
[[extension]]
number = "101"
music = "song.wav"
[[orbit]]
number = "701"
[[group]]
number = "1"
places = ["101"]
music = "song.wav"
[[hunt_group]]
number = "860"
members = ["101"]
music = "song.wav"
"""


@pytest.mark.rule("P-10")
async def test_music_that_cannot_be_played_is_told_with_the_keys_that_want_it(tmp_path):
    soundfile.write(tmp_path / "song.wav", np.zeros(16000), 16000)
    config = parse(SITE, source="parkdeck.toml", folder=tmp_path)
    with pytest.raises(AdapterError) as told:
        await parts.sip(config, rulebook.rules(config), tmp_path / "state", None, lambda _event: None)
    keys, _, why = str(told.value).partition(": ")
    assert keys == "extension[0].music, group[0].music, hunt_group[0].music"
    assert why == f"the music {tmp_path / 'song.wav'} is silent: give a file with sound in it"
