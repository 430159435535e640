"""Two lives in a row differ by one."""

from pathlib import Path

from appliance import lives


def test_each_life_has_the_next_number(tmp_path: Path) -> None:
    first = lives.begin(tmp_path / "lives")

    assert [lives.begin(tmp_path / "lives") for _ in range(3)] == [first + 1, first + 2, first + 3]


def test_a_disk_that_refuses_or_holds_nonsense_stops_nobody(tmp_path: Path) -> None:
    assert lives.begin(tmp_path / "no" / "folder") in (0, 1)

    (tmp_path / "lives").write_text("?")
    assert lives.begin(tmp_path / "lives") in (0, 1)
