"""The product's main job, shown on a terminal: `python -m tests.lab.demo [--once] [--out DIR]` (see `scripts/demo`)."""

import argparse
import signal
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from appliance.errors import ParkdeckError
from tests.lab import demo_lamps, demo_shop, demo_story
from tests.lab.demo_live import Live, keyboard
from tests.lab.demo_screen import Screen, clock
from tests.lab.demo_shop import Shop
from tests.lab.demo_step import Step, table
from tests.lab.process import LabError

WELL, FAILED, INTERRUPTED = 0, 1, 130
RECORDING = "loudspeaker.wav"
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code: 0 when everything was seen as it should be."""
    arguments = _parser().parse_args(argv)
    for number in _ENDS:
        signal.signal(number, _interrupt)
    screen = Screen()
    try:
        return _run(screen, _folder(arguments.out), once=arguments.once)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (LabError, ParkdeckError) as error:
        screen.line(("bad", "This did not work: "), str(error))
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="Calls are parked, announced and taken: a real PBX, phones and a loudspeaker."
    )
    parser.add_argument("--once", action="store_true", help="end after the story; exit code 1 when a step went wrong")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where recording and logs go (a new folder in /tmp)")
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _folder(out: Path | None) -> Path:
    """Return the folder of this run, new: its logs are its own."""
    if out is None:
        return Path(tempfile.mkdtemp(prefix="parkdeck-demo-"))
    out.mkdir(parents=True, exist_ok=True)
    return out.resolve()


def _run(screen: Screen, folder: Path, *, once: bool) -> int:
    lab = Path(tempfile.mkdtemp(prefix="lab-", dir=folder))
    with keyboard(), ExitStack() as stack:
        try:
            return _show(stack, screen, folder, lab, once=once)
        finally:  # whoever is impatient now would leave something behind
            for number in _ENDS:
                signal.signal(number, signal.SIG_IGN)
            if sys.exc_info()[0] is KeyboardInterrupt:
                screen.line()
                screen.line("interrupted, everything is being stopped")


def _show(stack: ExitStack, screen: Screen, folder: Path, lab: Path, *, once: bool) -> int:
    screen.line()
    screen.line(("title", " Parkdeck"), "   A call is parked. The loudspeaker says so. A lit button brings it back.")
    screen.line()
    shop = _start(stack, screen, lab)
    _introduce(screen, shop)
    began = time.monotonic()
    try:
        with screen.live(lambda: demo_lamps.office(shop)):
            steps = demo_story.tell(shop, screen)
        _conclude(screen, steps, time.monotonic() - began)
        if not once:
            Live(shop, screen).run()
    finally:
        _leave(screen, folder / RECORDING, demo_shop.save(shop, folder / RECORDING), lab)
    return WELL if all(step.good for step in steps) else FAILED


def _start(stack: ExitStack, screen: Screen, lab: Path) -> Shop:
    starting = ""

    def tell(name: str) -> None:
        nonlocal starting
        starting = name

    with screen.live(lambda: [("dim", f" starting: {starting} ...")]):
        return demo_shop.start(stack, lab, tell)


def _introduce(screen: Screen, shop: Shop) -> None:
    version = shop.pbx.cli("core show version").split("+")[0].split("~")[0]
    text = (
        f"A small company with a real PBX ({version}), SIP phones, and a loudspeaker that is recorded; only the pins "
        "are simulated. Each phone says a tone of its own, so that one hears who hears whom."
    )
    for line in textwrap.wrap(text, screen.width - 2):
        screen.line(f" {line}")
    screen.line()
    room = (screen.width - 2) // 3 - 5
    for row in _PEOPLE:
        screen.line(" ", *(piece for number, name in row for piece in (("where", f"{number:>4}"), f" {name:<{room}}")))
    screen.line()
    started = clock(sum(shop.took.values()))
    text = f" Started in {started}. Times count from what the line in bold tells; what is heard is exact to 40 ms."
    screen.line(("dim", text))


_PEOPLE = (
    (("100", "Reception"), ("101", "Peter, counter"), ("102", "Anna")),
    (("103", "Jens, office"), ("850", "all three of them"), ("800", "Parkdeck, the box")),
    (("*58", "parks to the group"), ("*68", "parks on an extension"), ("*88", "fetches")),
)


def _conclude(screen: Screen, steps: list[Step], took: float) -> None:
    table(screen, steps)
    screen.rule()
    good = sum(step.good for step in steps)
    text = f"{good} of {len(steps)} steps as they should be"
    screen.line("  ", ("good" if good == len(steps) else "bad", text), ("dim", f", told in {clock(took)}"))


def _leave(screen: Screen, recording: Path, length: float, lab: Path) -> None:
    screen.line()
    screen.line("  ", ("where", "listen  "), str(recording), ("dim", f"   {clock(length)} of loudspeaker"))
    screen.line("  ", ("where", "logs    "), str(lab), ("dim", "   box/log  pbx/log/full  phones/*/sip.log"))


if __name__ == "__main__":
    sys.exit(main())
