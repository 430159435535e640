"""Places that are named but not described."""


def test_a_place_that_only_a_group_names_is_a_persons(load):
    config = load("""
        extension = [{ number = "102", name = "Anna" }]
        group = [{ number = "1", places = ["101", "102", "701"] }]
        orbit = [{ number = "701" }]
    """)
    assert [extension.number for extension in config.extension] == ["102", "101"]
    assert config.extension[1].said == "101"
    assert [orbit.places for orbit in config.orbit] == [("701",)]


def test_a_place_that_only_a_key_names_is_an_orbit(load):
    config = load("""
        panel = [
            { name = "a", station = "101", keys = { 1 = { place = "701" }, 2 = { place = "701" }, 3 = { place = "101" } } },
            { name = "b", keys = { 1 = { place = "702" } } },
        ]
        orbit = [{ numbers = ["702", "703"] }]
    """)
    assert [orbit.places for orbit in config.orbit] == [("702", "703"), ("701",)]
    assert [extension.number for extension in config.extension] == ["101"]


def test_a_key_for_a_place_of_a_group_makes_no_orbit(load):
    config = load("""
        group = [{ number = "1", places = ["101"] }]
        panel = [{ name = "a", keys.1 = { place = "101" } }]
    """)
    assert config.orbit == ()
    assert [extension.number for extension in config.extension] == ["101"]
