"""What only real pins have: a chip to find, a library to open, an owner of each pin (B-10, A-2)."""

import sys
import types
from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins import local
from gpiozero.pins.mock import MockFactory

from hardware.board import Pull, Wire
from hardware.gpio import GpioInputs, GpioOutputs, find_chip, open_header
from hardware.ports import Edge, HardwareError

KEY = Wire("key", 5, active_high=False, pull=Pull.UP)


def chip(folder, name, compatible):
    node = folder / name / "of_node"
    node.mkdir(parents=True)
    (node / "compatible").write_bytes(compatible)


@pytest.mark.rule("B-10")
@pytest.mark.parametrize(
    ("compatible", "number"),
    [
        (b"raspberrypi,rp1-gpio\0", 4),
        (b"raspberrypi,rp1-gpio\0", 0),
        (b"brcm,bcm2711-gpio\0", 0),
        (b"brcm,bcm2837-gpio\0brcm,bcm2835-gpio\0", 0),
        (b"raspberrypi,rp1-gpio\0", 12),
    ],
)
def test_the_chip_of_the_header_is_found_whatever_its_number(tmp_path, compatible, number):
    chip(tmp_path, "gpiochip10", b"brcm,brcmstb-gpio\0")
    chip(tmp_path, "gpiochip11", b"raspberrypi,firmware-gpio\0")
    (tmp_path / "gpiochip2").mkdir()  # an expander on USB: no device tree node
    chip(tmp_path, f"gpiochip{number}", compatible)
    assert find_chip(tmp_path) == number


@pytest.mark.rule("B-10")
def test_a_machine_without_a_header_is_refused_in_words(tmp_path):
    chip(tmp_path, "gpiochip0", b"brcm,brcmstb-gpio\0")
    with pytest.raises(HardwareError, match=r'no Raspberry Pi.*backend = "sim"'):
        open_header(tmp_path)


@pytest.mark.rule("B-10")
def test_without_lgpio_the_pins_are_refused_and_no_mock_takes_their_place(tmp_path, monkeypatch):
    chip(tmp_path, "gpiochip0", b"brcm,bcm2711-gpio\0")
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(HardwareError, match=r"/dev/gpiochip0 cannot be opened.*rpi-lgpio.*LG_WD"):
        open_header(tmp_path)
    assert Device.pin_factory is None


@pytest.mark.rule("B-10")
@pytest.mark.parametrize("opened", [GpioInputs, GpioOutputs])
def test_a_pin_that_somebody_has_is_refused_by_name_and_nothing_stays_open(opened):
    factory = MockFactory()
    taken = GpioOutputs([Wire("amp", 17)], factory)
    with pytest.raises(HardwareError, match=r"GPIO 17 \(bell\) cannot be opened.*in use"):
        opened([KEY, Wire("bell", 17)], factory)
    GpioInputs([KEY], factory).close()
    taken.close()


def test_an_output_whose_pin_fails_says_so(monkeypatch):
    factory = MockFactory()
    outputs = GpioOutputs([Wire("amp", 17), Wire("bell", 27)], factory)
    outputs.write("bell", active=True)
    bell, amp = factory.pin(27), factory.pin(17)

    def broken(*_: object) -> None:
        raise OSError("input/output error")

    with monkeypatch.context() as context:
        context.setattr(amp, "_set_state", broken)
        with pytest.raises(HardwareError, match=r"amp cannot be reached.*input/output error.*restart"):
            outputs.write("amp", active=True)
        outputs.close()
    assert bell.states[-1].state == 0


def test_inputs_whose_pin_fails_say_so(monkeypatch):
    factory = MockFactory()
    inputs = GpioInputs([KEY], factory)
    monkeypatch.setattr(factory.pin(5), "_get_state", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        inputs.levels()

    def broken() -> bool:
        raise OSError("input/output error")

    monkeypatch.setattr(factory.pin(5), "_get_state", broken)
    with pytest.raises(HardwareError, match="inputs cannot be reached"):
        inputs.levels()
    inputs.close()


def test_an_edge_that_cannot_be_told_does_not_reach_the_thread_that_tells_all_others(monkeypatch, caplog):
    factory = MockFactory()
    inputs = GpioInputs([KEY], factory)
    edges: list[Edge] = []
    inputs.listen(edges.append)
    with monkeypatch.context() as context:
        context.setattr("hardware.gpio.time", None)
        factory.pin(5).drive_low()
    assert "edge lost line=key" in caplog.text
    factory.pin(5).drive_high()
    assert [edge.active for edge in edges] == [False]
    inputs.close()


class FakeLgpio(types.ModuleType):
    """The few calls of lgpio that gpiozero makes for raw lines, with the levels that each line was driven to."""

    SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 1 << 7, 1 << 5, 1 << 6
    BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2

    class error(Exception):  # noqa: N801, N818 - lgpio's name
        """What lgpio raises."""

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.opened: list[int] = []
        self.driven: dict[int, list[int]] = {}
        self.modes: dict[int, int] = {}
        self.levels: dict[int, int] = {}
        self.callbacks: dict[int, object] = {}
        self.refuse = False

    def gpiochip_open(self, number):
        if self.refuse:
            raise self.error("can not open gpiochip")
        self.opened.append(number)
        return 7

    def gpiochip_close(self, handle):
        assert handle == 7

    def gpio_claim_input(self, handle, gpio, flags=0):
        assert handle == 7
        self.modes[gpio] = flags & ~2
        self.levels.setdefault(gpio, int(bool(flags & self.SET_PULL_UP)))

    def gpio_claim_alert(self, handle, gpio, edges, flags=0):
        assert edges == self.BOTH_EDGES
        self.gpio_claim_input(handle, gpio, flags)

    def gpio_claim_output(self, handle, gpio, level=0, flags=0):
        assert (handle, flags) == (7, 0)
        self.modes[gpio] = 2
        self.gpio_write(handle, gpio, level)

    def gpio_write(self, handle, gpio, level):
        assert handle == 7
        self.levels[gpio] = int(level)
        self.driven.setdefault(gpio, []).append(int(level))

    def gpio_read(self, handle, gpio):
        assert handle == 7
        return self.levels[gpio]

    def gpio_get_mode(self, handle, gpio):
        assert handle == 7
        return self.modes[gpio]

    def gpio_free(self, handle, gpio):
        assert handle == 7
        del self.levels[gpio]

    def gpio_set_debounce_micros(self, handle, gpio, micros):
        assert (handle, micros) == (7, 0), gpio

    def callback(self, handle, gpio, edges, func):
        assert (handle, edges) == (7, self.BOTH_EDGES)
        self.callbacks[gpio] = func
        return types.SimpleNamespace(cancel=lambda: self.callbacks.pop(gpio, None))


@pytest.fixture
def lgpio(monkeypatch) -> Iterator[FakeLgpio]:
    """gpiozero's own lgpio back end on a Pi 4, with a library that records."""
    fake = FakeLgpio()
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", fake)
    monkeypatch.setattr(local, "get_pi_revision", lambda: 0xC03111)
    monkeypatch.setattr(local.LocalPiFactory, "pins", {})
    yield fake
    sys.modules.pop("gpiozero.pins.lgpio", None)


@pytest.fixture
def chips(tmp_path):
    chip(tmp_path, "gpiochip3", b"brcm,bcm2711-gpio\0")
    return tmp_path


@pytest.mark.rule("B-10")
def test_the_chip_that_was_found_is_the_one_that_is_opened(lgpio, chips):
    open_header(chips).close()
    assert lgpio.opened == [3]


@pytest.mark.rule("B-10")
def test_a_chip_that_lgpio_refuses_is_a_hardware_error(lgpio, chips):
    lgpio.refuse = True
    with pytest.raises(HardwareError, match="/dev/gpiochip3 cannot be opened: can not open gpiochip"):
        open_header(chips)


@pytest.mark.rule("A-2", "B-10")
@pytest.mark.parametrize("active_high", [True, False])
def test_a_relay_never_closes_while_its_line_is_opened_or_closed(lgpio, chips, active_high):
    """gpiozero alone would drive an active-low line low, which closes the relay, before it drives it high."""
    header = open_header(chips)
    outputs = GpioOutputs([Wire("amp", 17, active_high=active_high)], header)
    on, off = int(active_high), int(not active_high)
    assert set(lgpio.driven[17]) == {off}
    outputs.write("amp", active=True)
    assert lgpio.driven[17][-1] == on
    outputs.close()
    assert lgpio.driven[17][-1] == off
    header.close()


@pytest.mark.rule("B-10")
@pytest.mark.parametrize("base", ["monotonic", "epoch", "future", "stale"])
def test_edges_come_with_the_kernel_s_instant_where_it_is_credible(lgpio, chips, monkeypatch, base):
    header = open_header(chips)
    inputs = GpioInputs([KEY], header)
    edges: list[Edge] = []
    inputs.listen(edges.append)
    monkeypatch.setattr(local, "monotonic", lambda: 500.0)
    monkeypatch.setattr("time.monotonic", lambda: 500.0)
    ticks = {"monotonic": 499.75, "epoch": 1.7e9, "future": 501.0, "stale": 490.0}[base]
    lgpio.callbacks[5](7, 5, 0, int(ticks * 1e9))
    monkeypatch.undo()
    assert edges == [Edge("key", active=True, at=499.75 if base == "monotonic" else 500.0)]
    inputs.close()
    header.close()
