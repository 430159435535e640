"""The levers of the simulator, and its sound cards (A-17)."""

import threading
from itertools import pairwise

import pytest

from hardware.ports import Edge, HardwareError, SoundCards
from hardware.sim import DEPTH, Block, SimAudioOut, SimCards, SimInputs, SimOutputs


class Clock:
    """Seconds that pass when somebody says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_history_tells_every_change_with_its_instant_to_everybody(clock):
    outputs = SimOutputs(["amp", "lamp"], clock=clock)
    seen: list[Edge] = []
    outputs.listen(seen.append)
    outputs.write("amp", active=True)
    clock.now = 101.0
    outputs.write("amp", active=True)
    outputs.write("lamp", active=True)
    clock.now = 102.0
    outputs.close()
    assert outputs.history == (
        Edge("amp", active=True, at=100.0),
        Edge("lamp", active=True, at=101.0),
        Edge("amp", active=False, at=102.0),
        Edge("lamp", active=False, at=102.0),
    )
    assert tuple(seen) == outputs.history
    assert outputs.levels() == {"amp": False, "lamp": False}


def test_edges_come_in_the_thread_that_presses(clock):
    inputs = SimInputs(["key"], clock=clock)
    threads: list[threading.Thread] = []
    inputs.listen(lambda _: threads.append(threading.current_thread()))
    hand = threading.Thread(target=inputs.press, args=("key",))
    hand.start()
    hand.join()
    assert threads == [hand]


def test_a_line_that_is_not_wired_cannot_be_pressed():
    with pytest.raises(KeyError, match="key"):
        SimInputs([]).press("key")


def test_unplugged_inputs_tell_nothing_and_levels_catch_up_when_they_are_back():
    inputs = SimInputs(["key"])
    edges: list[Edge] = []
    inputs.listen(edges.append)
    inputs.unplug()
    inputs.press("key")
    with pytest.raises(HardwareError, match="unplugged"):
        inputs.levels()
    inputs.plug()
    assert (edges, inputs.levels()) == ([], {"key": True})


def test_unplugged_outputs_refuse_until_they_are_back():
    outputs = SimOutputs(["amp"])
    outputs.unplug()
    with pytest.raises(HardwareError, match="amp is unplugged"):
        outputs.write("amp", active=True)
    outputs.plug()
    outputs.write("amp", active=True)
    assert outputs.levels() == {"amp": True}


def block(mark: int) -> bytes:
    return bytes([mark, 0]) * 10


def test_a_card_keeps_what_it_played_over_all_its_streams(clock):
    cards: SoundCards = (sim := SimCards("hall", "yard", paced=False, clock=clock))
    for mark in (1, 2):
        stream = cards.open_output("hall", 1000, 10)
        assert (stream.rate, stream.block) == (1000, 10)
        stream.write(block(mark))
        stream.close()
        clock.now += 1
    assert sim.played("hall") == (Block(100.0, 100.0, block(1)), Block(101.0, 101.0, block(2)))
    assert sim.played("yard") == ()


def test_old_blocks_go_when_more_than_was_asked_for_is_kept(clock):
    cards = SimCards("hall", paced=False, keep=0.03, clock=clock)
    stream = cards.open_output("hall", 1000, 10)
    for mark in range(5):
        stream.write(block(mark))
    assert [each.samples for each in cards.played("hall")] == [block(2), block(3), block(4)]


def test_a_block_of_another_size_is_a_mistake_of_ours():
    stream = SimCards("hall").open_output("hall", 1000, 10)
    with pytest.raises(ValueError, match="20 bytes, not 19"):
        stream.write(bytes(19))


def test_opening_names_the_cards_there_are_and_refuses_one_that_is_open():
    cards = SimCards("hall", "yard")
    with pytest.raises(HardwareError, match=r"no card cellar; cards there are: hall, yard"):
        cards.open_output("cellar", 1000, 10)
    stream = cards.open_output("hall", 1000, 10)
    with pytest.raises(HardwareError, match="hall is in use"):
        cards.open_output("hall", 1000, 10)
    stream.close()
    stream.close()
    cards.open_output("hall", 1000, 10)


@pytest.mark.rule("A-17")
def test_a_pulled_card_kills_its_stream_for_good_and_comes_back_as_a_new_one():
    cards = SimCards("hall", "yard", paced=False)
    old, other = cards.open_output("hall", 1000, 10), cards.open_output("yard", 1000, 10)
    cards.unplug("hall")
    with pytest.raises(HardwareError, match="hall"):
        old.write(block(1))
    with pytest.raises(HardwareError, match="cards there are: yard"):
        cards.open_output("hall", 1000, 10)
    other.write(block(2))
    cards.plug("hall")
    with pytest.raises(HardwareError, match="hall"):
        old.write(block(3))
    new = cards.open_output("hall", 1000, 10)
    old.close()
    with pytest.raises(HardwareError, match="in use"):
        cards.open_output("hall", 1000, 10)
    new.write(block(4))
    assert [each.samples for each in cards.played("hall")] == [block(4)]


@pytest.mark.rule("A-17")
def test_all_cards_can_be_pulled_at_once():
    cards = SimCards("hall", "yard")
    cards.unplug()
    with pytest.raises(HardwareError, match="there are: none"):
        cards.open_output("yard", 1000, 10)
    cards.plug()
    cards.open_output("yard", 1000, 10)


def test_a_paced_card_takes_some_blocks_ahead_and_plays_them_one_after_the_other(clock):
    """Its clock stands still here, so whatever it takes at once it takes ahead."""
    stream = SimCards("hall", clock=clock).open_output("hall", 1000, 10)
    for mark in range(DEPTH):
        stream.write(block(mark))
    played = [each.heard_at for each in stream._card.blocks]
    assert played == pytest.approx([100.0, 100.01, 100.02, 100.03])
    assert [each.at for each in stream._card.blocks] == [100.0] * DEPTH


def test_a_paced_card_blocks_for_as_long_as_it_has_no_room():
    """Never faster than the loudspeaker; how much slower depends on the machine and is not asked."""
    cards = SimCards("hall")
    stream = cards.open_output("hall", 1000, 10)
    for mark in range(DEPTH + 5):
        stream.write(block(mark))
    played = cards.played("hall")
    assert played[-1].at - played[0].at >= 5 * 0.01 - 0.001
    gaps = [after.heard_at - before.heard_at for before, after in pairwise(played)]
    assert min(gaps) >= 0.01 - 1e-9


def test_blocks_that_come_too_late_are_counted(clock):
    stream = SimCards("hall", clock=clock).open_output("hall", 1000, 10)
    for late in (0.0, 0.005, 0.02):
        clock.now += late
        stream.write(block(1))
    assert stream.underruns == 1


@pytest.mark.parametrize("end", [lambda cards, _: cards.unplug(), lambda _, stream: stream.close()])
def test_a_write_that_waits_for_room_ends_at_once_when_the_card_goes(end):
    cards = SimCards("hall", keep=None)
    stream: SimAudioOut = cards.open_output("hall", 1, 3600)  # one block lasts an hour
    for _ in range(DEPTH):
        stream.write(bytes(7200))
    said: list[str] = []

    def play() -> None:
        try:
            stream.write(bytes(7200))
        except HardwareError as error:
            said.append(str(error))

    player = threading.Thread(target=play)
    player.start()
    end(cards, stream)
    player.join(60)
    assert len(said) == 1
    assert len(cards.played("hall")) == DEPTH
