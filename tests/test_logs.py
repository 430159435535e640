"""The log as the journal takes it: a real datagram socket where journald would listen, in a mount namespace.

Each program of these tests runs where /run is a folder of its own, with a socket of the test's there, and another process's /run
is not touched.
"""

import io
import json
import logging
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance import logs

LIMIT = 60.0

PREAMBLE = """
import json, logging, os, socket, struct, sys
from appliance import logs

os.makedirs("/run/systemd/journal")
journald = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journald.bind("/run/systemd/journal/socket")

def entry():
    # The next one (systemd.io, "Native Journal Protocol"): NAME=VALUE, or NAME, a length in 64 bits and the value.
    data, fields = journald.recv(1 << 20), {}
    while data:
        line, _, rest = data.partition(b"\\n")
        name, plain, value = line.partition(b"=")
        if not plain:
            (size,) = struct.unpack("<Q", rest[:8])
            value, rest = rest[8 : 8 + size], rest[9 + size :]
        fields[name.decode()] = value.decode()
        data = rest
    return fields

def tell(what):
    print(json.dumps(what))
"""


def namespace() -> tuple[str, ...]:
    """Return what starts a program where it may mount."""
    return ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--mount", "--map-root-user")


def run(
    program: str, environment: Mapping[str, str], *, stderr: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    code = PREAMBLE + textwrap.dedent(program)
    return subprocess.run(
        [*namespace(), "sh", "-c", 'mount -t tmpfs none /run && exec "$0" -c "$1"', sys.executable, code],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        check=False,
        timeout=LIMIT,
        env={**os.environ, **environment},
    )


def in_the_journal(program: str) -> list[Any]:
    """Run a program whose stderr is the journal's, as systemd starts it; return what it told, one object a line."""
    reader, writer = os.pipe()
    there = os.fstat(writer)
    try:
        answer = run(program, {"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}, stderr=writer)
    finally:
        os.close(writer)
        with os.fdopen(reader) as stream:
            said = stream.read()
    assert (answer.returncode, said) == (0, "")
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_a_record_comes_with_its_fields() -> None:
    [entry] = in_the_journal("""
        logs.set_up()
        log = logging.getLogger("appliance.runtime")
        log.info("parked place=%s", 102, extra={"PARKDECK_EVENT": "parked", "PARKDECK_PLACE": "102", "PARKDECK_LEG": None})
        tell(entry())
    """)
    place = {name: entry.pop(name) for name in ("CODE_FILE", "CODE_LINE", "CODE_FUNC")}
    assert entry == {
        "MESSAGE": "appliance.runtime: parked place=102",
        "PRIORITY": "6",
        "LOGGER": "appliance.runtime",
        "THREAD_NAME": "MainThread",
        "SYSLOG_IDENTIFIER": "parkdeck",
        "PARKDECK_EVENT": "parked",
        "PARKDECK_PLACE": "102",
    }
    assert place == {"CODE_FILE": "<string>", "CODE_LINE": place["CODE_LINE"], "CODE_FUNC": "<module>"}


def test_an_error_comes_with_its_traceback_in_one_entry() -> None:
    [entry] = in_the_journal("""
        logs.set_up()
        try:
            1 / 0
        except ZeroDivisionError:
            logging.getLogger("sip").exception("job")
        tell(entry())
    """)
    assert entry["MESSAGE"].startswith("sip: job\nTraceback (most recent call last):\n")
    assert entry["MESSAGE"].endswith("ZeroDivisionError: division by zero")
    assert entry["PRIORITY"] == "3"


def test_what_strangers_send_neither_hides_nor_breaks_a_line() -> None:
    r"""journald takes UTF-8, and journalctl hides what has control characters; a lone surrogate has no UTF-8 at all."""
    [entry] = in_the_journal(r"""
        logs.set_up()
        nasty = "M\u00fcller\x1b[2J\x00\udcff\r\n\tPRIORITY=0"
        logging.getLogger("sip").warning("caller %s", nasty, extra={"PARKDECK_CALLER": nasty, "PARKDECK_LEG": 7})
        tell(entry())
    """)
    clean = "Müller\\x1b[2J\\x00\\udcff\\x0d\n\tPRIORITY=0"
    assert (entry["MESSAGE"], entry["PARKDECK_CALLER"]) == (f"sip: caller {clean}", clean)
    assert (entry["PARKDECK_LEG"], entry["PRIORITY"]) == ("7", "4")


def test_names_that_journald_refuses_are_not_sent() -> None:
    [entry] = in_the_journal("""
        logs.set_up()
        wrong = ["PARKDECK_", "PARKDECK_place", "PARKDECK_A=B", "_PARKDECK_PID", "SECRET", "PARKDECK_" + "X" * 56]
        logging.getLogger("x").info("one", extra=dict.fromkeys(wrong, 1))
        tell(sorted(entry()))
    """)
    assert entry == sorted(
        ["MESSAGE", "PRIORITY", "LOGGER", "THREAD_NAME", "SYSLOG_IDENTIFIER", "CODE_FILE", "CODE_LINE", "CODE_FUNC"]
    )


def test_the_last_words_are_delivered() -> None:
    """What is logged just before the end of the process is in the journal: the reader is another process."""
    [*told] = in_the_journal("""
        if os.fork() == 0:
            logs.set_up()
            for number in range(5):
                logging.getLogger("x").critical("word %d", number)
            sys.exit()
        os.wait()
        for _ in range(5):
            tell(entry()["MESSAGE"])
    """)
    assert told == [f"x: word {number}" for number in range(5)]


def test_a_journal_that_hangs_stops_nobody_and_what_is_lost_is_told() -> None:
    """Nobody reads: the kernel takes some entries, the mailbox five; the rest is counted, and told where it is missing."""
    [finished, messages, logged, priorities] = in_the_journal("""
        mailbox = logs.Mailbox(logs.journal(), room=5)
        log = logging.getLogger("x")
        log.setLevel(logging.INFO)
        log.addHandler(mailbox)
        logged = 0
        while mailbox.lost < 1000:
            log.info("line %d", logged, extra={"PARKDECK_PLACE": "102"})
            logged += 1
        tell(mailbox.finish(0.1))
        entries = []
        while mailbox.queue.qsize():
            entries.append(entry())
        log.info("after")
        while not entries or entries[-1]["MESSAGE"] != "after":
            entries.append(entry())
        tell([each["MESSAGE"] for each in entries])
        tell(logged)
        tell([each["PRIORITY"] for each in entries if "PARKDECK_PLACE" not in each])
    """)
    pattern = re.compile(
        r"line (\d+)|appliance.logs: (\d+) lines of the log are lost here, the journal did not take them"
    )
    at = 0
    for line, lost in (found.groups() for found in map(pattern.fullmatch, messages[:-1]) if found):
        assert lost or int(line) == at
        at += int(lost or 1)
    assert at == logged
    assert not finished
    assert priorities[-2:] == ["3", "6"]


def test_a_journal_that_is_restarted_gets_everything() -> None:
    told = in_the_journal("""
        logs.AGAIN = 0.01
        logs.set_up()
        log = logging.getLogger("x")
        log.info("before")
        tell(entry()["MESSAGE"])
        journald.close()
        log.info("refused")
        os.unlink("/run/systemd/journal/socket")
        log.info("absent")
        journald = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        journald.bind("/run/systemd/journal/socket")
        tell(entry()["MESSAGE"])
        tell(entry()["MESSAGE"])
    """)
    assert told == ["x: before", "x: refused", "x: absent"]


def test_a_book_is_cut_to_what_a_datagram_holds() -> None:
    [sizes, end] = in_the_journal("""
        logs.set_up()
        logging.getLogger("x").info("%s", "\u20ac" * 1_000_000, extra={"PARKDECK_PLACE": "1" * 1_000_000})
        fields = entry()
        tell([len(fields["MESSAGE"].encode()), len(fields["PARKDECK_PLACE"])])
        logging.getLogger("x").info("the next")
        tell(entry()["MESSAGE"])
    """)
    assert logs.LONGEST - 3 < sizes[0] <= sizes[1] == logs.LONGEST
    assert end == "x: the next"


@pytest.mark.parametrize("stream", [None, "1:2", "", "nonsense"])
def test_without_a_journal_the_log_goes_to_stderr(stream: str | None) -> None:
    answer = run(
        r"""
        logs.set_up()
        logging.getLogger("x").error("two\nlines \udcff", extra={"PARKDECK_PLACE": "102"})
        journald.setblocking(False)
        try:
            journald.recv(1)
        except BlockingIOError:
            tell("nothing")
        """,
        environment={} if stream is None else {"JOURNAL_STREAM": stream},
    )
    assert (answer.returncode, answer.stdout) == (0, '"nothing"\n')
    assert answer.stderr == "<3>x: two\n<3>lines \\udcff\n"


def test_a_stderr_that_is_closed_is_no_journal(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as stream:
        there = os.fstat(stream.fileno())
        environment = {"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}
        assert logs.is_journal(stream, environment)
    assert not logs.is_journal(stream, environment)
    assert not logs.is_journal(io.StringIO(), environment)


@pytest.mark.parametrize(("level", "priority"), [(logging.DEBUG, 7), (logging.CRITICAL, 2), (25, 6)])
def test_each_level_has_its_priority(level: int, priority: int) -> None:
    record = logging.LogRecord("x", level, __file__, 1, "text", None, None)
    assert logs.JournalFormatter("%(name)s: %(message)s").format(record) == f"<{priority}>x: text"
