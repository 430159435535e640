"""A row tells what was written, or that it cannot: every bit of it, and every way that a set of rows can be wrong."""

from dataclasses import replace
from zlib import crc32

import pytest

from appliance.store.rows import SEAL, Row, leg_row, read, seal_row
from appliance.store.stamp import Stamp
from tests.store.legs import parked, talking

THEN = Stamp("boot", 1000.0, 1.7e9)
NOW = Stamp("boot", 1010.0, 1.7e9 + 10)
LEGS = (parked(1), parked(2), talking(-1, 2))
ROWS = tuple(leg_row(leg, THEN) for leg in LEGS)
SEALED = (*ROWS, seal_row(ROWS, THEN))


def test_what_is_written_is_read():
    found = read(SEALED, NOW)
    assert found.legs == LEGS
    assert found.wrong == ()
    assert set(found.intact) == set(SEALED)


def test_instants_are_put_on_our_clock_by_the_last_write():
    rows = (leg_row(LEGS[0], replace(THEN, monotonic=10.0, wall=1.0)), *ROWS[1:])
    found = read((*rows, seal_row(rows, THEN)), Stamp("another", 50.0, THEN.wall + 20))
    by = 50.0 - 20 - THEN.monotonic
    assert found.legs[0] == parked(1, since=1000.0 + by)


def test_a_seal_that_rotted_leaves_the_latest_row_to_say_when():
    late = replace(THEN, monotonic=2000.0, wall=THEN.wall + 1000)
    rows = (ROWS[0], leg_row(LEGS[1], late))
    found = read((*rows, Row(SEAL, b"{}", 0)), Stamp("another", 50.0, late.wall + 20))
    assert found.legs[0] == parked(1, since=1000.0 + 50 - 20 - 2000)
    assert len(found.wrong) == 1


@pytest.mark.parametrize("at", range(len(ROWS)))
def test_a_row_that_rotted_costs_only_itself(at):
    rows = list(SEALED)
    rows[at] = replace(rows[at], text=rows[at].text.replace(b"pbx", b"pcx"))
    found = read(rows, NOW)
    assert found.legs == LEGS[:at] + LEGS[at + 1 :]
    assert found.wrong != ()
    again = read(found.intact, NOW)
    assert (again.legs, again.wrong) == (found.legs, ())


def test_no_flipped_bit_of_a_row_makes_another_leg():
    row = ROWS[0]
    for at in range(len(row.text)):
        for bit in range(8):
            text = bytearray(row.text)
            text[at] ^= 1 << bit
            found = read((replace(row, text=bytes(text)), seal_row(ROWS[:1], THEN)), NOW)
            assert found.legs == ()
            assert found.wrong != ()


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(SEALED[1:], id="one missing"),
        pytest.param(SEALED[:-1], id="no seal"),
        pytest.param((), id="nothing at all"),
        pytest.param((leg_row(parked(1, since=1.0), THEN), *SEALED[1:]), id="one of yesterday"),
        pytest.param((*SEALED, leg_row(parked(9), THEN)), id="one too many"),
        pytest.param((*ROWS, seal_row(ROWS[1:], THEN)), id="the seal of yesterday"),
        pytest.param((replace(ROWS[0], id=7), *SEALED[1:]), id="in the row of another"),
    ],
)
def test_rows_that_do_not_belong_together_are_told(rows):
    found = read(rows, NOW)
    assert found.wrong != ()
    assert set(found.legs) <= {*LEGS, parked(9), parked(1, since=1.0)}


def test_a_leg_that_this_program_does_not_understand_costs_only_itself():
    """Written whole by a program of another day: its checksum is good, its words are not ours."""
    text = ROWS[0].text.replace(b'"dialled"', b'"wanted_number"')

    strange = Row(1, text, crc32(b"1:" + text))
    rows = (strange, *ROWS[1:])
    found = read((*rows, seal_row(rows, THEN)), NOW)
    assert found.legs == LEGS[1:]
    assert len(found.wrong) == 1
    assert "wanted_number" in found.wrong[0] or "dialled" in found.wrong[0]
