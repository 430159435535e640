"""Wiring as data, and everything that makes one unusable (B-9)."""

import pytest
from gpiozero.pins.pi import PiBoardInfo

from hardware.board import HEADER, I2C, PINS, Problem, Pull, Wire, Wiring, problems, reserved

KEY = Wire("counter.1", 5, active_high=False, pull=Pull.UP)
LAMP = Wire("counter.1", 6)
RELAY = Wire("amp", 17)

pytestmark = pytest.mark.rule("B-9")


def wrong(wiring: Wiring) -> list[tuple[str, str]]:
    return [(problem.line, problem.wrong) for problem in problems(wiring)]


def test_the_header_has_forty_pins_and_every_bcm_number_once():
    assert sorted(HEADER) == list(range(1, 41))
    numbers = [pin for pin in HEADER.values() if isinstance(pin, int)]
    assert sorted(numbers) == list(range(28))
    assert frozenset(range(28)) == PINS


@pytest.mark.parametrize("revision", [0xA020D3, 0xC03111, 0xC04170], ids=["3B+", "4B", "5B"])
def test_the_header_is_the_one_that_gpiozero_knows(revision):
    theirs = PiBoardInfo.from_revision(revision).headers["J8"].pins
    ours = {number: pin if isinstance(pin, str) else f"GPIO{pin}" for number, pin in HEADER.items()}
    assert {number: pin.name for number, pin in theirs.items()} == ours
    assert {pin for number, pin in HEADER.items() if theirs[number].pull == "up"} == I2C


def test_a_good_wiring_has_no_problems_and_a_key_may_share_the_name_of_its_lamp():
    assert problems(Wiring((KEY,), (LAMP,), (RELAY,))) == []


def test_two_users_of_one_pin():
    wiring = Wiring((KEY,), (Wire("counter.2", 5),), (Wire("amp", 17), Wire("bell", 17)))
    assert wrong(wiring) == [
        ("counter.2", "GPIO 5 is already used by counter.1"),
        ("bell", "GPIO 17 is already used by amp"),
    ]


def test_two_lines_of_one_name():
    wiring = Wiring((), (Wire("amp", 6),), (RELAY,))
    assert wrong(wiring) == [("amp", "is the name of more than one line")]


@pytest.mark.parametrize("pin", [-1, 28, 40])
def test_a_pin_that_is_not_on_the_header(pin):
    assert wrong(Wiring((), (Wire("lamp", pin),))) == [("lamp", f"GPIO {pin} is not on the header")]


@pytest.mark.parametrize(
    ("pin", "buses", "owner"),
    [
        (0, {}, "belongs to the EEPROM of the HAT"),
        (1, {}, "belongs to the EEPROM of the HAT"),
        (2, {"i2c": True}, "belongs to the I2C bus, which is in use"),
        (3, {"i2c": True}, "belongs to the I2C bus, which is in use"),
        (18, {"i2s": True}, "belongs to the sound card on the header (I2S)"),
        (19, {"i2s": True}, "belongs to the sound card on the header (I2S)"),
        (20, {"i2s": True}, "belongs to the sound card on the header (I2S)"),
        (21, {"i2s": True}, "belongs to the sound card on the header (I2S)"),
        (2, {"i2s": True}, ""),
        (18, {"i2c": True}, ""),
        (17, {"i2c": True, "i2s": True}, ""),
    ],
)
def test_reserved_pins(pin, buses, owner):
    wiring = Wiring((), (Wire("lamp", pin),), **buses)
    assert reserved(pin, wiring) == owner
    assert wrong(wiring) == ([("lamp", f"GPIO {pin} {owner}")] if owner else [])


@pytest.mark.parametrize("pin", range(2, 9))
@pytest.mark.parametrize("active_high", [True, False])
def test_a_relay_on_a_pin_that_is_high_at_boot(pin, active_high):
    relay = Wire("amp", pin, active_high=active_high)
    assert wrong(Wiring((), (), (relay,))) == [
        ("amp", f"GPIO {pin} is pulled high while the Pi boots, the relay could close")
    ]
    assert problems(Wiring((), (relay,))) == []


@pytest.mark.parametrize("pin", range(9, 28))
def test_a_relay_on_any_other_pin(pin):
    assert problems(Wiring((), (), (Wire("amp", pin),))) == []


@pytest.mark.parametrize("pull", [Pull.DOWN, Pull.NONE])
def test_gpio_2_and_3_cannot_be_pulled_otherwise_than_up(pull):
    assert wrong(Wiring((Wire("key", 3, pull=pull),))) == [("key", "GPIO 3 has a fixed pull-up resistor")]
    assert problems(Wiring((Wire("key", 3, active_high=False, pull=Pull.UP),))) == []


def test_everything_is_told_at_once_and_reads_as_one_line_each():
    wiring = Wiring((Wire("key", 0, pull=Pull.UP),), (Wire("lamp", 99),), (Wire("amp", 0),))
    told = problems(wiring)
    assert [problem.line for problem in told] == ["key", "lamp", "amp", "amp", "amp"]
    assert str(Problem("amp", "is wrong", "do that")) == "amp: is wrong: do that"
    assert all(problem.remedy for problem in told)
